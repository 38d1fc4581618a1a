"""WebSub: news the moment a hub has it.

Knows leases at hubs and what hubs say to us. Must never know what an item says.
"""
