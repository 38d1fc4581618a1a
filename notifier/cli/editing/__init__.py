"""What an editor asks of items: which there are, what was done to each, and to do something."""
