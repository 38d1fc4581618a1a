"""Items in, feeds and pages out.

Knows how news is shown. Must never know where it came from or who gets it by mail.
"""
