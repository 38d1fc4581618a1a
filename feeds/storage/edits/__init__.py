"""What people decided about items, as rows: hidden ones, corrections, and the history of all.

Knows the columns and tables of these. Must never know who may decide what.
"""
