"""The team's pages of a house: what each is given to show, and to do.

Knows which part of a house answers what. Must never know a page, or who may see it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from feeds.selection import Selection
from notifier.admin.gate import Gate
from notifier.admin.items_page import ItemsPage
from notifier.admin.mails_page import MailsPage
from notifier.admin.names_page import NamesPage
from notifier.admin.overview_page import DeedsPage, OverviewPage
from notifier.admin.quarantine_page import QuarantinePage
from notifier.admin.readers_page import ReadersPage
from notifier.admin.sign_in_page import SignInPage
from notifier.admin.sources_page import SourcesPage
from notifier.admin.statistics_page import StatisticsPage
from notifier.admin.team_app import gate_of, team_routes
from notifier.app import nodes, reports
from notifier.app.preview import preview
from notifier.app.sources import ownership
from notifier.digest.named import Named
from notifier.incidents.incident import OF_RELAYS
from notifier.web.view import opened, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.routing import BaseRoute

    from notifier.admin.gate import TeamPage
    from notifier.app.house import House


def team(house: House, publish: Callable[[], None]) -> Iterator[BaseRoute]:
    """Where the team's pages are answered; what is changed there is published at once."""
    hours = house.settings.admin.session_hours
    gate = gate_of(house.database, house.site, house.taxonomy, house.clock, hours)
    yield from team_routes(gate, [*_pages(house, gate, publish)])


def _pages(house: House, gate: Gate, publish: Callable[[], None]) -> Iterator[TeamPage]:
    database, taxonomy, clock = house.database, house.taxonomy, house.clock

    def published() -> int:
        """How many feeds show it nobody waits to know."""
        publish()
        return 0

    def shown(address: str) -> str:
        content = preview(house, address, clock()).envelope.content
        return part(opened(content), "html") or ""

    yield SignInPage(gate=gate, secret=house.settings.signing_key)
    yield OverviewPage(status=partial(_status, house))
    listed = partial(reports.sources, database, house.settings.sources)
    yield SourcesPage(database=database, listed=listed)
    yield ItemsPage(
        database=database,
        taxonomy=taxonomy,
        ownership=ownership(house.settings.sources),
        publish=published,
        clock=clock,
    )
    yield QuarantinePage(database=database, promote=house.receiver.promote)
    yield NamesPage(
        database=database,
        taxonomy=taxonomy,
        unknown=lambda: reports.unknown(database, taxonomy, None),
        publish=published,
        clock=clock,
    )
    yield ReadersPage(
        database=database,
        keyed=house.keyed,
        zone=house.site.timezone,
        change=house.subscribe,
        preview=shown,
        clock=clock,
    )
    mended = partial(house.journal.only, OF_RELAYS, (), "")
    yield MailsPage(database=database, mended=mended, clock=clock)
    yield StatisticsPage(database=database, named=partial(_named, house), clock=clock)
    yield DeedsPage(database=database)


def _status(house: House) -> reports.Status:
    daemon = nodes.running(house.database, house.settings.daemon.node)
    return reports.status(house, daemon=daemon, wrong=house.journal.lasting())


def _named(house: House, query: str) -> str:
    named = Named(house.site, house.taxonomy)
    return named.page(Selection.parse(query), house.site.language).label
