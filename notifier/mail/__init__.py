"""Finished messages on their way out, and what becomes of each."""
