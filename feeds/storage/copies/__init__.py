"""Whole stores: copied into a file, put back, moved, and looked through.

Knows each engine's own means, and that tables have names, keys and rows. Must never know what a row
means: a table that is new tomorrow is copied as those of today are.
"""
