"""Items in, mail out.

Knows subscribers, digests and deliveries. Must never be imported by feeds.
"""
