"""What makes two items one: pure, below storage.

Knows names, texts and what is remembered of items. Must never know rows, sources or the clock.
"""
