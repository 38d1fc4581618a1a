"""A published site as readers meet it: both seeds and some more, served over HTTP.

Knows how a site is put up. Must never know what readers expect of it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from feeds.model import Item
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from notifier.storage import VERSIONS
from tests.builders import a_draft, a_label
from tests.items import NOON, a_site, issued, store
from tests.pages import PLENARY, TRAINING, draft_of
from tests.serving import serving

RIGHTS = a_label("Human rights", "human-rights")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSite:
    """Where the site answers, and what it shows, newest first."""

    url: str
    items: tuple[Item, ...]

    def item(self, title: str) -> str:
        """The address of the page of the item whose title starts so."""
        found = next(item for item in self.items if item.title.startswith(title))
        return f"{self.url}/items/{found.slug}/"


@contextmanager
def served_site(folder: Path, osce: Taxonomy) -> Iterator[ServedSite]:
    """A site that is up until the block ends."""
    public = folder / "public"
    public.mkdir()
    files = PublishedFiles(Directory(public, limit_bytes=1_000_000, clock=lambda: NOON))
    with (
        serving(Starlette(routes=[Route("/{path:path}", files)])) as url,
        closing(Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)) as database,
    ):
        database.migrate()
        items = _stored(database, osce)
        publish(database, osce, Files(public), a_site(url=url, has_search=False, has_sign_up=True))
        yield ServedSite(url=url, items=items)


def _stored(database: Database, osce: Taxonomy) -> tuple[Item, ...]:
    seeds = [draft_of(body, osce) for body in (TRAINING, PLENARY)]
    foreign = a_draft(
        title="Конференция по вопросам безопасности в Центральной Азии",
        summary="Участники обсудили вопросы сотрудничества.",
        language="ru",
        issued=issued("2026-11-18"),
        fields=(RIGHTS, a_label("Astrography", None)),
    )
    elsewhere = a_draft(
        title="Representative calls for release of journalist",
        url="https://www.osce.org/representative/123456",
        issued=issued("2026-11-19"),
        fields=(RIGHTS,),
    )
    own = store(database, osce, [*seeds, foreign])
    fetched = store(database, osce, [elsewhere], source="web", at=NOON + timedelta(hours=1))
    return (*own, *fetched)[::-1]
