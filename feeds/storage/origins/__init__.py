"""What is known of where documents come from: how sources do, and what publishers pushed.

Knows its rows, one file a noun. Must never know what a document says.
"""
