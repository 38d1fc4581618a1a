"""What a feed reader talks to: the published files over HTTP.

Knows RFC 9110 and the published directory. Must never know what a feed means or who is mailed.
"""
