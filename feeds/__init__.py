"""Documents in, feeds out.

Knows news items, topics and the feeds made of them. Must never know who reads them or that
there is mail.
"""
