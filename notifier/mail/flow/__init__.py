"""How mails flow: through which sessions, in whose turn, how fast."""
