"""Small builders: each gives a valid object, and a test names only what it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from feeds.draft import Draft
from feeds.model import Fresh, Issued, IssuedFrom, Item, Label, TopicKind, TopicRef
from feeds.selection import Selection
from notifier.mail.message import Sender
from notifier.model import (
    Cadence,
    Envelope,
    Followed,
    Frequency,
    Subscriber,
    SubscriberState,
)

POLICING = TopicRef.parse("field:policing")
HUMAN_RIGHTS = TopicRef.parse("field:human-rights")
SECRETARIAT = TopicRef.parse("issuer:secretariat")
#: Noon before the digests of the reader below are due.
SEEN_AT = datetime(2026, 11, 23, 11, tzinfo=UTC)


def a_label(text: str, slug: str | None, kind: TopicKind = TopicKind.FIELD) -> Label:
    """A name as printed, of a field unless told otherwise."""
    return Label(kind=kind, text=text, slug=slug)


def a_draft(**changes: Any) -> Draft:
    """A news item of form A as understood: no issue date, one issuer, one field."""
    subtitle = "Twenty officers practised how to secure electronic evidence."
    draft = Draft(
        form="A",
        title="Police officers trained in digital investigations",
        summary=subtitle,
        paragraphs=(subtitle, "The course was held in Vienna."),
        content_type=a_label("News Item", "news", TopicKind.TYPE),
        issuers=(a_label("OSCE Secretariat", "secretariat", TopicKind.ISSUER),),
        fields=(a_label("Policing", "policing"),),
    )
    return replace(draft, **changes)


DAILY = Cadence(frequency=Frequency.DAILY, minute=7 * 60, zone=ZoneInfo("Europe/Vienna"))
DUE_AT = datetime(2026, 11, 24, 6, tzinfo=UTC)


def only(*topics: TopicRef) -> Selection:
    """What is filed under all of these topics."""
    return Selection(frozenset(topics))


def a_subscriber(
    *,
    topics: Iterable[TopicRef] = (POLICING,),
    follows: Iterable[Selection] = (),
    cadence: Cadence = DAILY,
    due_at: datetime | None = DUE_AT,
    **changes: Any,
) -> Subscriber:
    """An active reader in Vienna who follows policing every day at seven."""
    often = cadence.frequency
    selections = [*map(only, topics), *follows]
    reader = Subscriber(
        id=1,
        public_id="a1b2c3d4e5f6",
        address="reader@example.org",
        language="en",
        zone=cadence.zone,
        followed=tuple(Followed(selection=each, frequency=often) for each in selections),
        cadences={often: cadence},
        state=SubscriberState.ACTIVE,
        epoch=1,
        due={} if due_at is None else {often: due_at},
    )
    return replace(reader, **changes)


def some_news(
    *,
    number: int = 1,
    issuers: Iterable[str] = ("OSCE Secretariat",),
    content_type: str | None = "News Item",
    **changes: Any,
) -> Item:
    """An English item on policing with a known issue date; its address follows its number."""
    item = Item(
        number=number,
        change=number,
        uid=f"tag:news.example.org,2026-01-01:item/slug{number}",
        slug=f"slug{number}",
        source="test",
        title=f"Police officers trained in digital investigations, course {number}",
        summary="Twenty officers practised how to secure electronic evidence.",
        body="",
        url=f"https://news.example.org/items/{number}",
        issued=Issued(day=date(2026, 11, 23), origin=IssuedFrom.LABEL),
        dateline=None,
        language="en",
        content_type=a_label(content_type, None, TopicKind.TYPE) if content_type else None,
        issuers=tuple(a_label(issuer, None, TopicKind.ISSUER) for issuer in issuers),
        fields=(),
        topics=frozenset({POLICING, SECRETARIAT}),
        freshness=Fresh.NEWS,
        revision=1,
        first_seen_at=SEEN_AT,
        updated_at=SEEN_AT + timedelta(microseconds=number),
        content_hash=f"1:{number}",
    )
    return replace(item, **changes)


def an_envelope(**changes: Any) -> Envelope:
    """A short message that nobody has tried to send yet."""
    envelope = Envelope(
        delivery=1,
        message_id="<1@news.example.org>",
        sender="digest@news.example.org",
        recipient="reader@example.org",
        content=b"To: reader@example.org\r\nSubject: News\r\n\r\n.one\r\ntwo\r\n",
        attempts=0,
        in_doubt=0,
        first_at=datetime(2026, 11, 23, 11, tzinfo=UTC),
    )
    return envelope._replace(**changes)


def a_sender(**changes: Any) -> Sender:
    """An installation that only sends: nobody reads replies."""
    sender = Sender(
        name="Fieldfare",
        address="digest@example.org",
        list_id="digest.news.example.org",
        site_title="Fieldfare",
        site_url="https://news.example.org",
    )
    return replace(sender, **changes)
