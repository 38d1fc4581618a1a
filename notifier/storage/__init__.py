"""What the notifier remembers, one file a noun; every function takes a Connection first.

Knows SQL on both engines. Must never know when something is due or what a reply means.
"""
