"""What one subscriber gets for one window: when, what, and how it looks."""
