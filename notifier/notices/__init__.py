"""Mails that are no digests: to confirm, to manage, to welcome."""
