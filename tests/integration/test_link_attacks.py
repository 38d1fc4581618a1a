"""Attacks on the token of each link: altered, of another purpose, of somebody else, over, replayed.

Each is tried at every address that takes such a link, and what the store holds is as before.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from feeds.storage.database import Database
from notifier.model import Frequency, Shown, Subscriber
from notifier.storage import subscribers, tables
from notifier.storage.consent import requests
from notifier.storage.consent.requests import Asked
from notifier.subscribers.links import LinkScope, MailLinks
from notifier.web.forms import minted
from tests.builders import a_subscriber
from tests.outbox import subscribe
from tests.serving import NOW, SECRET, SITE, Clock

LINKS = MailLinks(base_url="", secret=SECRET)
UNTIL = NOW + timedelta(minutes=30)
#: Every address that takes a token of a purpose.
PLACES: Mapping[LinkScope, Sequence[str]] = {
    LinkScope.UNSUBSCRIBE: ("/u/{}",),
    LinkScope.VIEW: ("/d/{}",),
    LinkScope.MANAGE: (
        "/manage/{}",
        "/manage/{}/data",
        "/manage/{}/address",
        "/manage/{}/erase",
    ),
    LinkScope.CONFIRM: ("/confirm/{}",),
    LinkScope.UNDO: ("/undo/{}",),
    LinkScope.ADDRESS: ("/address/{}",),
}
#: Those that change something, and end by themselves.
EXPIRING = (LinkScope.MANAGE, LinkScope.CONFIRM, LinkScope.UNDO, LinkScope.ADDRESS)
#: What is answered where a link is over, or it leads to the page that says so.
OVER = {404, 405, 410}
LEADS_ON = {LinkScope.MANAGE, LinkScope.UNDO}
CHANGES = (tables.subscribers, tables.subscriptions, tables.consents, tables.requests)


@pytest.fixture
def anna(database: Database) -> Subscriber:
    """She is subscribed, asked for more, and for another address: nothing of it is confirmed."""
    anna, _ = subscribe(
        database,
        a_subscriber(address="anna@example.org", public_id="id-anna"),
        a_subscriber(address="ben@example.org", public_id="id-ben"),
    )
    more = Asked(
        queries=("field=elections",),
        frequency=Frequency.WEEKLY,
        timezone="Europe/Vienna",
        language="en",
    )
    other = Asked(
        queries=(),
        frequency=Frequency.DAILY,
        timezone="Europe/Vienna",
        language="en",
        address="anna@example.net",
    )
    with database.writing() as connection:
        for asked in (more, other):
            requests.ask(connection, {anna.id: asked}, Shown(), NOW)
    return anna


def tokens(
    public_id: str, epoch: int, *, more: str = "1", other: str = "2", links: MailLinks = LINKS
) -> Mapping[LinkScope, str]:
    """One of each purpose, of the same person."""
    made = {
        LinkScope.UNSUBSCRIBE: links.unsubscribe(public_id, epoch),
        LinkScope.VIEW: links.view(public_id, epoch, "daily-2026-11-24"),
        LinkScope.MANAGE: links.manage(public_id, epoch, UNTIL),
        LinkScope.CONFIRM: links.confirm(public_id, epoch, more, UNTIL),
        LinkScope.UNDO: links.undo(public_id, epoch, UNTIL),
        LinkScope.ADDRESS: links.address(public_id, epoch, other, UNTIL),
    }
    return {scope: link.rpartition("/")[2] for scope, link in made.items()}


def held(database: Database) -> list[list[tuple[object, ...]]]:
    """All that links may change."""
    with database.reading() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in CHANGES
        ]


def tried(client: httpx2.Client, scope: LinkScope, token: str, clock: Clock) -> set[int]:
    """What is answered at each address, asked as a reader's browser would."""
    form = {
        "token": minted(SECRET, clock.now),
        "select": "field=elections",
        "often": "weekly",
        "address": "eve@example.org",
        "fewer": "",
    }
    return {
        answer.status_code
        for place in PLACES[scope]
        for answer in (
            client.get(place.format(token)),
            client.post(place.format(token), data=form),
        )
    }


def left(database: Database, person: Subscriber, scope: LinkScope) -> None:
    """Whoever may take back that they left has left."""
    if scope is LinkScope.UNDO:
        with database.writing() as connection:
            subscribers.leave(connection, person.public_id, NOW)


@pytest.mark.parametrize("scope", LinkScope)
def test_an_altered_token_does_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    """Any part of it: the signature, the purpose, whose it is, of which consent, until when."""
    left(database, anna, scope)
    whole, before = tokens(anna.public_id, anna.epoch)[scope], held(database)
    mac, *claimed = whole.split(".")
    forged = [
        whole[:-1],
        f"{whole}1",
        f"{whole}.1",
        f"{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}.{'.'.join(claimed)}",
        mac,
        f".{'.'.join(claimed)}",
    ]
    for place, part in enumerate(claimed):
        other = "9" if part.isdecimal() else f"{part}x"
        parts = [mac, *claimed[:place], other, *claimed[place + 1 :]]
        forged.append(".".join(parts))
    for token in forged:
        assert tried(client, scope, token, clock) <= {404, 405}, token
    assert held(database) == before


@pytest.mark.parametrize("scope", LinkScope)
def test_a_token_of_another_purpose_does_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    """Each of the others, of the same person, with its own signature and that of this one."""
    left(database, anna, scope)
    made, before = tokens(anna.public_id, anna.epoch), held(database)
    mine = made[scope].partition(".")[0]
    for other, token in made.items():
        if other is not scope:
            claimed = token.partition(".")[2]
            assert tried(client, scope, token, clock) <= {404, 405}, other
            assert tried(client, scope, f"{mine}.{claimed}", clock) <= {404, 405}, other
    assert held(database) == before


@pytest.mark.parametrize("scope", LinkScope)
def test_a_token_of_another_installation_does_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    left(database, anna, scope)
    before = held(database)
    theirs = MailLinks(base_url="", secret=SECRET[::-1])
    token = tokens(anna.public_id, anna.epoch, links=theirs)[scope]
    assert tried(client, scope, token, clock) <= {404, 405}
    assert held(database) == before


@pytest.mark.parametrize("scope", EXPIRING)
def test_a_token_that_is_over_does_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    """From the moment on that it names."""
    left(database, anna, scope)
    token, before = tokens(anna.public_id, anna.epoch)[scope], held(database)
    clock.now = UNTIL
    answers = tried(client, scope, token, clock)
    assert answers <= OVER | ({303} if scope in LEADS_ON else set()), answers
    assert held(database) == before


@pytest.mark.parametrize("scope", EXPIRING)
def test_a_token_of_an_earlier_consent_or_of_nobody_does_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    left(database, anna, scope)
    before = held(database)
    for public_id, epoch in ((anna.public_id, anna.epoch - 1), ("nobody", anna.epoch)):
        answers = tried(client, scope, tokens(public_id, epoch)[scope], clock)
        assert answers <= OVER | ({303} if scope in LEADS_ON else set()), answers
    assert held(database) == before


@pytest.mark.parametrize("scope", [LinkScope.CONFIRM, LinkScope.ADDRESS])
def test_a_token_of_somebody_does_not_what_another_asked_for(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    """Nor one thing in place of another of one's own."""
    before = held(database)
    for public_id, more, other in (("id-ben", "1", "2"), (anna.public_id, "7", "1")):
        token = tokens(public_id, anna.epoch, more=more, other=other)[scope]
        assert tried(client, scope, token, clock) <= OVER
    assert held(database) == before


@pytest.mark.parametrize(
    "scope", [LinkScope.UNSUBSCRIBE, LinkScope.CONFIRM, LinkScope.UNDO, LinkScope.ADDRESS]
)
def test_a_token_that_is_replayed_does_nothing_more(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, scope: LinkScope
) -> None:
    """Nor does it after whoever it is of has left, which a replay would undo."""
    left(database, anna, scope)
    token = tokens(anna.public_id, anna.epoch)[scope]
    place = PLACES[scope][0].format(token)
    before = held(database)
    assert client.post(place).status_code in {200, 303}
    once = held(database)
    assert once != before
    clock.now = NOW + timedelta(minutes=1)
    for _ in range(2):
        client.post(place)
    assert held(database) == once
    with database.writing() as connection:
        subscribers.leave(connection, anna.public_id, clock.now)
    gone = held(database)
    if scope is not LinkScope.UNDO:
        client.post(place)
        assert held(database) == gone


def test_whoever_is_erased_is_not_brought_back_by_any_link(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    made = tokens(anna.public_id, anna.epoch)
    erase = f"/manage/{made[LinkScope.MANAGE]}/erase"
    client.post(erase, data={"token": minted(SECRET, clock.now)})
    before = held(database)
    with database.reading() as connection:
        assert subscribers.by_address(connection, anna.address, SITE.timezone) is None
    for scope, token in made.items():
        tried(client, scope, token, clock)
    assert held(database) == before
