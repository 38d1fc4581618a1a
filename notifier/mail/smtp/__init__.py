"""Messages to a mail server (RFC 5321)."""
