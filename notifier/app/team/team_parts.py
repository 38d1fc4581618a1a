"""What the team does in a house, and its pages: what each is given to show, and to do.

Knows which part of a house answers what. Must never know a page, or who may see it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from feeds.selection import Selection
from notifier.admin.gate import Gate
from notifier.admin.items_page import ItemsPage
from notifier.admin.mails_page import MailsPage
from notifier.admin.names_page import NamesPage
from notifier.admin.overview_page import DeedsPage, OverviewPage, SourcesPage, StatisticsPage
from notifier.admin.quarantine_page import QuarantinePage
from notifier.admin.readers_page import ReadersPage
from notifier.admin.team_app import gate_of, team_routes
from notifier.app import nodes, reports
from notifier.app.preview import preview
from notifier.app.sources import ownership
from notifier.app.team import ways_in
from notifier.digest.named import Named
from notifier.incidents.incident import OF_RELAYS
from notifier.team.document_deeds import DocumentDeeds
from notifier.team.item_deeds import ItemDeeds
from notifier.team.mail_deeds import MailDeeds
from notifier.team.reader_deeds import ReaderDeeds
from notifier.team.statistics import Figures, figures
from notifier.web.view import opened, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.routing import BaseRoute

    from notifier.admin.gate import TeamPage
    from notifier.app.house import House


class TeamDeeds(NamedTuple):
    """All that the team does, by its pages or by programs."""

    items: ItemDeeds
    documents: DocumentDeeds
    mails: MailDeeds
    readers: ReaderDeeds


def deeds(house: House, publish: Callable[[], None]) -> TeamDeeds:
    """What a house does for its team; what is changed is published at once."""
    database, taxonomy, clock = house.database, house.taxonomy, house.clock
    # Parts are made by one thread; what is shown of the whole is shown by others.
    _ = house.identity, house.journal, house.planner, house.contents

    def published() -> int:
        """How many feeds show it nobody waits to know."""
        publish()
        return 0

    return TeamDeeds(
        items=ItemDeeds(
            database=database,
            taxonomy=taxonomy,
            ownership=ownership(house.settings.sources),
            read_again=house.receiver.read_again,
            publish=published,
            hold=timedelta(minutes=house.settings.mail.hold_minutes),
            clock=clock,
        ),
        documents=DocumentDeeds(
            database=database,
            taxonomy=taxonomy,
            promote=house.receiver.promote,
            publish=published,
            clock=clock,
        ),
        mails=MailDeeds(
            database=database,
            mended=partial(house.journal.only, OF_RELAYS, (), ""),
            clock=clock,
        ),
        readers=ReaderDeeds(
            database=database,
            keyed=house.keyed,
            zone=house.site.timezone,
            change=house.subscribe,
            clock=clock,
        ),
    )


def team(house: House, publish: Callable[[], None]) -> Iterator[BaseRoute]:
    """Where the team's pages are answered; what is changed there is published at once."""
    admin = house.settings.admin
    gate = gate_of(
        house.database,
        house.site,
        house.taxonomy,
        clock=house.clock,
        hours=admin.session_hours,
        ways=ways_in.open_ways(admin),
        proxy=ways_in.proxy(admin.proxy),
    )
    yield from team_routes(gate, [*_pages(house, gate, deeds(house, publish))])


def _pages(house: House, gate: Gate, does: TeamDeeds) -> Iterator[TeamPage]:
    def shown(address: str) -> str:
        content = preview(house, address, house.clock()).envelope.content
        return part(opened(content), "html") or ""

    yield from ways_in.ways_in(house, gate)
    yield OverviewPage(status=partial(status, house))
    listed = partial(reports.sources, house.database, house.settings.sources)
    yield SourcesPage(deeds=does.documents, listed=listed)
    yield ItemsPage(deeds=does.items)
    yield QuarantinePage(deeds=does.documents)
    unknown = partial(reports.unknown, house.database, house.taxonomy, None)
    yield NamesPage(deeds=does.documents, unknown=unknown)
    yield ReadersPage(deeds=does.readers, preview=shown)
    yield MailsPage(deeds=does.mails)
    yield StatisticsPage(figures=partial(statistics, house))
    yield DeedsPage(database=house.database)


def status(house: House) -> reports.Status:
    """The state of the installation."""
    daemon = nodes.running(house.database, house.settings.daemon.node)
    return reports.status(house, daemon=daemon, wrong=house.journal.lasting())


def statistics(house: House) -> Figures:
    """Who follows what, what comes, and what is mailed."""
    named = Named(house.site, house.taxonomy)

    def label(query: str) -> str:
        return named.page(Selection.parse(query), house.site.language).label

    return figures(house.database, label, house.clock())
