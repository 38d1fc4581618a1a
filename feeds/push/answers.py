"""What a publisher's system is answered: its item, or the problem with its request.

Knows verdicts and how they are told. Must never know how a verdict was reached.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import assert_never
from urllib.parse import quote

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from feeds.model import TopicKind
from feeds.push.problems import Problem
from feeds.push.receipt import (
    AlreadyThere,
    Faults,
    KeyReused,
    NotThere,
    Outcome,
    Receipt,
    Unreadable,
    Verdict,
    Withdrawn,
)

__all__ = ["ItemShown", "ReceiptShown", "Told"]


class TopicShown(BaseModel):
    """A topic the item belongs to."""

    kind: TopicKind
    slug: str
    label: str = Field(description="The name it was given by.")


class NameShown(BaseModel):
    """A name that stands for no topic we know; it is kept with the item."""

    kind: TopicKind
    label: str


class ItemShown(BaseModel):
    """An item as it stands."""

    id: str = Field(description="Your id.")
    uid: str = Field(description="Its permanent id in feeds (atom:id).")
    page: str = Field(description="The address of its page.")
    title: str
    revision: int = Field(ge=1, description="1 when it was new; one more with every change.")
    updated_at: datetime = Field(description="When it last changed significantly.")
    topics: list[TopicShown] = Field(description="The topics understood.")
    unknown_topics: list[NameShown] = Field(description="The names nobody knows.")


class ReceiptShown(ItemShown):
    """An item as it stands, and what the request did to it."""

    outcome: Outcome = Field(
        description="`linked` says that the same item was known from another source already."
    )


class Told:
    """Verdicts as answers; ``page_of`` gives the address of an item's page by its slug."""

    def __init__(self, at: str, page_of: Callable[[str], str]) -> None:
        self._at = at
        self._page_of = page_of

    def response(self, verdict: Verdict) -> Response:
        """The answer. Raises Problem for a verdict that is none."""
        if not isinstance(verdict, Receipt):
            raise _problem(verdict)
        is_new = verdict.outcome is not None and verdict.outcome.is_new
        location = f"{self._at}/items/{quote(verdict.id, safe='')}"
        return JSONResponse(
            self._shown(verdict).model_dump(mode="json"),
            status_code=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
            headers={"Location": location} if is_new else {"Content-Location": location},
        )

    def _shown(self, receipt: Receipt) -> ItemShown:
        shown = ItemShown(
            id=receipt.id,
            uid=receipt.uid,
            page=self._page_of(receipt.slug),
            title=receipt.title,
            revision=receipt.revision,
            updated_at=receipt.updated_at,
            topics=[
                TopicShown(kind=label.kind, slug=label.slug, label=label.text)
                for label in receipt.labels
                if label.slug
            ],
            unknown_topics=[
                NameShown(kind=label.kind, label=label.text)
                for label in receipt.labels
                if not label.slug
            ],
        )
        if receipt.outcome is None:
            return shown
        return ReceiptShown(**dict(shown), outcome=receipt.outcome)


_Failure = Unreadable | Faults | KeyReused | AlreadyThere | NotThere | Withdrawn


def _problem(verdict: _Failure) -> Problem:
    match verdict:
        case Unreadable(problem=problem):
            return Problem(HTTPStatus.BAD_REQUEST, problem[:1].upper() + problem[1:] + ".")
        case Faults(faults=faults):
            detail = f"The item cannot be taken as it is: {len(faults)} fault(s), listed here."
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults)
        case KeyReused():
            detail = "This Idempotency-Key was another request's; a new request needs a new one."
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        case AlreadyThere(withdrawn=withdrawn):
            return Problem(HTTPStatus.CONFLICT, _WITHDRAWN if withdrawn else _OTHER)
        case NotThere():
            return Problem(HTTPStatus.NOT_FOUND, "You have pushed no item under this id.")
        case Withdrawn():
            detail = "The item under this id was withdrawn; PUT brings it back."
            return Problem(HTTPStatus.GONE, detail)
        case _:
            assert_never(verdict)


_OTHER = "An item with this id is there and says something else; PUT /items/{id} revises it."
_WITHDRAWN = "The item with this id was withdrawn; PUT /items/{id} brings it back."
