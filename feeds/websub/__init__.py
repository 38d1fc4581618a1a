"""WebSub: news the moment a hub has it, in both directions.

Knows what hubs and we say to each other. Must never know what an item says.

We are a subscriber (W3C Recommendation, sections 5 and 7): `lease` decides, `subscriber` asks hubs
for leases and renews them, `callback` is where they answer and send news. We are a publisher
(section 4): `ping` tells hubs which feeds changed, as the log of publications has it. `outbound`
calls hosts, each by itself.

A hub of our own (sections 6 and 7) belongs here as distribute.py. It will need: an address that
takes requests to subscribe, verified by the answer of the subscriber's callback before anything is
kept, as `lease` has them verified here; rows of who subscribed to which feed until when, beside
storage/leases.py; a cursor of its own in the numbered changes of the items, and after each publish
the feeds that changed, signed and sent through feeds.fetch, each subscriber by itself and tried
again as storage of deliveries does it; and a Link with rel="hub" in every feed.
"""
