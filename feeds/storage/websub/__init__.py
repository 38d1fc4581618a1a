"""What WebSub needs kept: who tells us of news, and whom we tell that a feed changed.

Knows its rows, one file a noun. Must never know HTTP, or decide what becomes of a row.
"""
