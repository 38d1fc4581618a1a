"""The team's pages as one: where each is, and in which order they are named.

Knows paths and roles. Must never know what a page shows.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from feeds.publish.site import Site
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.account import TeamRole, Way
from notifier.admin.gate import Gate, TeamPage
from notifier.admin.sign_in.proxied import NamingProxy
from notifier.web.private_pages import PrivatePages

_TEMPLATES: Final = Path(__file__).parent / "templates"
#: The words of commands, of the log and of these pages.
_LANGUAGE: Final = "en"

#: Where somebody goes, what it is called, and whose it is.
PLACES: Final = (
    ("/", "Overview", TeamRole.EDITOR),
    ("/items", "Items", TeamRole.EDITOR),
    ("/sources", "Sources", TeamRole.EDITOR),
    ("/quarantine", "Quarantine", TeamRole.EDITOR),
    ("/names", "Names", TeamRole.EDITOR),
    ("/readers", "Readers", TeamRole.OPERATOR),
    ("/mails", "Mails", TeamRole.OPERATOR),
    ("/statistics", "Statistics", TeamRole.EDITOR),
    ("/deeds", "Who did what", TeamRole.OPERATOR),
)


def gate_of(
    database: Database,
    site: Site,
    taxonomy: Taxonomy,
    *,
    clock: Callable[[], datetime],
    hours: int,
    ways: Collection[Way],
    proxy: NamingProxy | None,
) -> Gate:
    """What lets people in for so many ``hours`` by these ``ways``, and shows pages in the look of
    all others.
    """
    pages = PrivatePages(replace(site, language=_LANGUAGE), taxonomy, _TEMPLATES)
    shared = {"places": PLACES, "minute": partial(_minute, site.timezone)}
    return Gate(
        database=database,
        pages=pages,
        clock=clock,
        hours=hours,
        shared=shared,
        ways=ways,
        proxy=proxy,
    )


def _minute(zone: ZoneInfo, moment: datetime) -> str:
    """A moment by the site's clock."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def team_routes(gate: Gate, pages: Sequence[TeamPage]) -> Iterator[BaseRoute]:
    """Where each of the pages is answered."""
    for page in pages:
        yield from page.routes(gate)
    yield Route("/admin/team.css", _style)


async def _style(_request: Request) -> Response:
    content = (_TEMPLATES / "team.css").read_bytes()
    return Response(content, headers={"cache-control": "max-age=3600"}, media_type="text/css")
