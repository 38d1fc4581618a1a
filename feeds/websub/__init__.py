"""WebSub: news the moment a hub has it, in both directions.

Knows what hubs and we say to each other. Must never know what an item says.

We are a subscriber (W3C Recommendation, sections 5 and 7): `lease` decides, `subscriber` asks hubs
for leases and renews them, `callback` is where they answer and send news. We are a publisher
(section 4): `ping` tells hubs which feeds changed, as the log of publications has it. `outbound`
calls hosts, each by itself. And we are a hub (sections 5 to 7): `hub_requests` decides, `hub` is
where subscribers ask, `distribute` has them confirm it and sends them each feed as it changes.
"""
