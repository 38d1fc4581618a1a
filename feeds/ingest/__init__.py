"""From a source's documents to items in the store.

Knows how documents are found, understood and judged. Must never know how items are shown.
"""
