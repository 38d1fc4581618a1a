"""Publishers hand items in: parsed once, judged once, one transaction.

Knows the body of a push, who may push and what is answered. Must never know who composes it.
"""
