"""What a request may do, by the token in its path.

Knows where the token stands. Must never know what is done with a claim.
"""

from starlette.requests import Request

from notifier.errors import TokenRefused
from notifier.subscribers.links import Claim, Scope, read

__all__ = ["claim_of"]


def claim_of(request: Request, secret: bytes, scope: Scope) -> Claim | None:
    """The claim of the request; None where it was not made here, or is of another scope."""
    try:
        claim = read(request.path_params["token"], secret)
    except TokenRefused:
        return None
    return claim if claim.scope is scope else None
