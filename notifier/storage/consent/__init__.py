"""What somebody asked for and agreed to, and how often anybody asked."""
