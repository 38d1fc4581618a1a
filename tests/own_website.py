"""A website of an organisation's own for tests: the API on a port, and people to hand in.

Knows how such a website would speak. Must never know what a test expects of the answers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from config.scopes import Scope
from feeds.push.api import PushApi
from feeds.push.receive import PushedItems
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.bearer_api import Bearer, api_app
from notifier.api.new_subscriber import Offered
from notifier.api.subscribers_api import SubscribersApi
from notifier.model import Shown
from notifier.subscribers.importing import Importing
from notifier.subscribers.preferences import Preferences
from notifier.subscribers.sign_up import SignUp
from notifier.web.private_pages import PrivatePages
from tests.outbox import KEYED
from tests.pushing import a_receiver, bearer
from tests.serving import SITE, Clock, a_sign_up, serving

ASKING, VOUCHING, PUSHING = (f"the token of one who {does}, long" for does in ("ask", "vouch", "x"))
BEARERS = {
    ASKING: Bearer(name="site", scopes=frozenset({Scope.SUBSCRIBERS_ASK})),
    VOUCHING: Bearer(
        name="office", scopes=frozenset({Scope.SUBSCRIBERS_ASK, Scope.SUBSCRIBERS_VOUCH})
    ),
    PUSHING: Bearer(name="press", scopes=frozenset({Scope.ITEMS_PUSH})),
}
TEXT = "Yes, send me news of Policing once a week."
SOURCE = "https://www.example.org/newsletter"


def somebody(**changes: Any) -> dict[str, Any]:
    """Who is to be subscribed, as JSON; a change to None leaves a member out."""
    body = {
        "address": "anna@example.org",
        "topics": ["Policing"],
        "frequency": "weekly",
        "at": "06:30",
        "on": ["thursday"],
        "timezone": "Europe/Vienna",
        "language": "de",
        "consent": {"source": SOURCE, "text": TEXT, "version": "3"},
        "network": "192.0.2.7",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


class Website:
    """A website with tokens."""

    def __init__(self, base: str) -> None:
        self.base = base

    def post(self, token: str = ASKING, **changes: Any) -> httpx2.Response:
        """Has somebody asked, unless it is said otherwise."""
        at, body = f"{self.base}/api/subscribers", somebody(**changes)
        return httpx2.post(at, json=body, headers=bearer(token), timeout=30)

    def vouch(self, **changes: Any) -> httpx2.Response:
        """Vouches for somebody, by a token that is for it."""
        return self.post(VOUCHING, double_opt_in=False, **changes)


@contextmanager
def a_subscribers_api(
    database: Database,
    taxonomy: Taxonomy,
    clock: Clock,
    wake: Callable[[], object] = lambda: None,
) -> Iterator[Website]:
    """What speaks to a server with the API of publishers and of websites, as one."""
    numbers = count()

    def new_id() -> str:
        return f"id-{next(numbers)}"

    sign_up = a_sign_up(database, PrivatePages(SITE, taxonomy), wake, keeps_network=True)
    people = SubscribersApi(
        sign_up=sign_up,
        offered=Offered(taxonomy=taxonomy, assumed=sign_up.assumed),
        importing=lambda source, shown: _importing(sign_up, source, shown, new_id, clock),
        new_id=new_id,
        clock=clock,
    )
    pushed = PushedItems(receiver=a_receiver(database, taxonomy), clock=clock, page_of=str)
    items = PushApi(pushed=pushed, max_bytes=50_000, on_change=lambda: None)
    app = Starlette(routes=[Mount("/api", api_app("0.1.0", BEARERS, items, people))])
    with serving(app) as base:
        yield Website(base)


def _importing(
    sign_up: SignUp, source: str, shown: Shown, new_id: Callable[[], str], clock: Clock
) -> Importing:
    return Importing(
        database=sign_up.database,
        taxonomy=sign_up.taxonomy,
        assumed=sign_up.assumed,
        keyed=KEYED,
        otherwise=Preferences(),
        source=source,
        vouched=True,
        shown=shown,
        new_id=new_id,
        clock=clock,
    )
