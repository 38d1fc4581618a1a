"""What programs of an organisation's own talk to, beside those that push.

Knows HTTP, and what may be asked for. Must never know who composes it.
"""

from typing import Final

#: What a token is for by which people are asked to confirm, and what it has to be for to vouch.
SUBSCRIBE: Final = "subscribers"
VOUCH: Final = "subscribers:vouch"
