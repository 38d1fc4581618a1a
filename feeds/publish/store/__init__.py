"""Where published files are kept, and what is known of those.

Knows files by path and digest. Must never know what is in one.
"""
