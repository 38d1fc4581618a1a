"""What is wrong, since when until when, how often, and what to do about it: one table for all.

Knows what may go wrong (`incident`), how it is noticed and kept (`journal`), what is looked at
(`watch`), and how somebody is told (`tell`). Must never mend anything.
"""
