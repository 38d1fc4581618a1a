"""The composition root: settings become a house that works."""
