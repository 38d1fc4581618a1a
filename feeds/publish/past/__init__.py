"""What is shown of the past: the pages of a feed's history, and feeds that ended.

Knows months and ends. Must never know where items come from, or a format.
"""
