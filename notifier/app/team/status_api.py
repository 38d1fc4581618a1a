"""How an installation does, for programs of the team; and all that they may ask for, as one.

Knows which part of a house answers what. Must never know who asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Query
from pydantic import AfterValidator

from config.scopes import Scope
from feeds.publish.site import item_page
from notifier.api.documents_api import DocumentsApi
from notifier.api.items_api import ItemsApi
from notifier.api.keyset import Cursor, Limit, ListPart, key_in, number, part_of, placed
from notifier.api.mails_api import MailsApi
from notifier.api.operations import Doing, Reading, TeamApi
from notifier.api.readers_api import DigestShown, ReadersApi
from notifier.app import reports
from notifier.app.preview import preview
from notifier.app.reports import SourceRow, Status
from notifier.app.team.team_parts import TeamDeeds, deeds, statistics, status
from notifier.incidents.incident import Incident
from notifier.storage.team import deeds as stored
from notifier.storage.team.deeds import TeamDeed
from notifier.team.statistics import Figures
from notifier.web.view import opened, part

if TYPE_CHECKING:
    from notifier.app.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusApi:
    """The requests that tell of the whole of a house."""

    house: "House"

    def operations(self) -> Sequence[Reading | Doing]:
        reading = partial(Reading, scope=Scope.STATUS_READ)
        deeds = Scope.DEEDS_READ
        return (
            reading("/admin/status", "readStatus", self.status, Status),
            reading("/admin/incidents", "listIncidents", self.incidents, list[Incident]),
            reading("/admin/sources", "listSources", self.sources, list[SourceRow]),
            reading("/admin/statistics", "readStatistics", self.figures, Figures),
            Reading("/admin/deeds", "listDeeds", self.deeds, list[TeamDeed], deeds),
        )

    def status(self) -> Status:
        """Show the state of the installation in numbers, and what is wrong."""
        return status(self.house)

    def incidents(
        self,
        since: Annotated[
            Annotated[datetime, AfterValidator(placed)] | None,
            Query(description="What was wrong since then, over or not."),
        ] = None,
    ) -> Sequence[Incident]:
        """List what is wrong, and what to do about it."""
        if since is None:
            return self.house.journal.lasting()
        return self.house.journal.since(since)

    def sources(self) -> Sequence[SourceRow]:
        """List the sources, each with how it does, since when and why."""
        return reports.sources(self.house.database, self.house.settings.sources)

    def figures(self) -> Figures:
        """Tell who follows what, what comes and what is mailed; opens are not tracked."""
        return statistics(self.house)

    def deeds(self, limit: Limit = 50, cursor: Cursor = "") -> ListPart[TeamDeed]:
        """List who did what, the latest first."""
        key = key_in(cursor, number)
        with self.house.database.reading() as connection:
            found = stored.latest(connection, limit + 1, key[0] if key else None)
        return part_of(found, limit, lambda each: [str(each.number)])


def team_api(house: "House", publish: Callable[[], None], scopes: frozenset[Scope]) -> TeamApi:
    """What programs ask for of what the team does, as far as anybody has a token for it."""
    does = deeds(house, publish)
    return TeamApi(
        parts=[StatusApi(house=house), *_parts(house, does)],
        scopes=scopes,
        database=house.database,
        clock=house.clock,
    )


def _parts(
    house: "House", does: TeamDeeds
) -> Sequence[ItemsApi | DocumentsApi | ReadersApi | MailsApi]:
    site = house.site

    def shown(address: str) -> DigestShown:
        found = preview(house, address, house.clock())
        message = opened(found.envelope.content)
        text, html = (part(message, kind) or "" for kind in ("plain", "html"))
        return DigestShown(is_new=found.is_new, text=text, html=html)

    return (
        ItemsApi(deeds=does.items, page=lambda slug: f"{site.url}/{item_page(slug)}"),
        DocumentsApi(
            deeds=does.documents,
            unknown=partial(reports.unknown, house.database, house.taxonomy, None),
        ),
        ReadersApi(deeds=does.readers, preview=shown),
        MailsApi(deeds=does.mails),
    )
