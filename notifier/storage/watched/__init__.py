"""What is wrong, and how mail servers that do not take our mails are tried again, as rows."""
