"""What is known of the files that were published.

Knows paths and digests. Must never know where they lie.
"""
