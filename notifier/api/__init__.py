"""What programs of an organisation's own talk to, beside those that push.

Knows HTTP, and what may be asked for. Must never know who composes it.
"""
