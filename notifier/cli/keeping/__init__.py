"""Commands that keep an installation safe.

Knows how those are asked for and reported. Must never know how they are done.
"""
