"""Receivers of webhooks, and what they are told of, as rows."""
