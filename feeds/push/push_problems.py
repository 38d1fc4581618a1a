"""What is wrong with a push alone.

Knows the words, and the status each is told by. Must never know how one comes about.
"""

from feeds.parse.push import ATOM, JSON
from feeds.web.problems import INSUFFICIENT, ProblemKind

_ACCEPTED = {"Accept": f"{JSON}, {ATOM};type=entry", "Accept-Encoding": "identity"}


class PushProblem(ProblemKind):
    """Why an item is not taken, beside what may be wrong with any request."""

    OTHER_SOURCE = 403, "This token is for another source than the one you name.", INSUFFICIENT
    NO_ITEM = 404, "You have pushed no item under this id."
    OTHER_ITEM = (
        409,
        "An item with this id is there and says something else; PUT /items/{id} revises it.",
    )
    WITHDRAWN = 409, "The item with this id was withdrawn; PUT /items/{id} brings it back."
    GONE = 410, "The item under this id was withdrawn; PUT by whoever withdrew it brings it back."
    ENCODED = 415, "Send the document as it is, without Content-Encoding.", _ACCEPTED
    OTHER_TYPE = 415, f"Send {JSON} or {ATOM}, and say which as Content-Type.", _ACCEPTED
    KEY_REUSED = 422, "This Idempotency-Key was another request's; a new request needs a new one."
