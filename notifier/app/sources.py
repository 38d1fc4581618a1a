"""From settings to the sources of an installation, and how each one's documents are read.

Knows which setting means what to which kind of source. Must never look at a source.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from config.values import host_of
from feeds.errors import SourceError
from feeds.identity.ownership import OWN_RANK, WEBSITE_RANK, Ownership
from feeds.ingest import Terms
from feeds.model import SourceKind
from notifier.app import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from threading import Event

    from config.settings import Settings, SourceSettings
    from feeds.fetch.client import Fetcher
    from feeds.identity.ids import Identity
    from feeds.ingest import Reader
    from feeds.sources import Source
    from feeds.sources.ask import Asking
    from feeds.sources.folder import FolderSource
    from feeds.sources.website import WebSource
    from feeds.storage.database import Database
    from feeds.taxonomy import Taxonomy
    from feeds.websub.subscriber import RenewReport
    from notifier.app.house import House

#: Guesses at the address a hub calls us back at, and at its secret, are hopeless.
CALLBACK_BYTES = 32

#: Who is told of a change says little, and soon: 5 seconds without a word and 20 in all are longer
#: than any that works takes, and short enough that who makes us wait cannot hold up the others.
CALL_TIMEOUT_SECONDS = 5
CALL_SECONDS = 20
#: Who is told of an event may have work to do before the answer ("a timeout of 15 to 30 seconds",
#: Standard Webhooks); others need not wait for that.
EVENT_TIMEOUT_SECONDS = 15
CALL_ANSWER_BYTES = 65_536


def chosen(
    names: Sequence[str], settings: Settings, website: Callable[[SourceSettings], WebSource | None]
) -> Iterator[Source]:
    """All that are due, or those that were named, each by its name or by a path.

    Raises SourceError where a name is neither, or of a source that cannot be polled.
    """
    configured = {source.name: source for source in settings.sources}
    for name in names or configured:
        source = configured.get(name)
        if source is None:
            yield _at(name, settings)
            continue
        kind = SourceKind(source.kind)
        if kind is SourceKind.FOLDER:
            yield _folder(source, settings)
        elif kind is SourceKind.PUSH and names:
            raise SourceError(name, "is pushed to; there is nowhere to look for its news")
        elif kind is SourceKind.WEB and (its := website(source)):
            yield its


def website(
    source: SourceSettings,
    *,
    settings: Settings,
    database: Database,
    terms: Callable[[str], Terms],
    fetcher: Callable[[], Fetcher],
    since: date | None,
    jitter: Callable[[], float],
    only_due: bool,
    stopping: Event,
) -> WebSource | None:
    """The website, a backfill as far back as ``since``; None where it is not due."""
    from feeds.ingest.read import understood
    from feeds.sources import CrawlScope
    from feeds.sources.website import WebSource
    from feeds.standing import is_due
    from feeds.storage import documents
    from feeds.storage.origins import standings

    its = terms(source.name)
    with database.reading() as connection:
        standing = standings.of(connection, source.name)
        if only_due and not is_due(standing, source.url, its.now):
            return None
        set_aside = documents.set_aside(connection, source.name)
    return WebSource(
        url=source.url,
        asking=_asking(source.name, database, fetcher(), set_aside),
        understand=partial(understood, terms=its, stopping=stopping),
        scope=CrawlScope(
            follow=source.follow,
            listing_pages=source.listing_pages,
            complete=source.complete,
            backfill=its.backfill,
            since=since,
        ),
        every=timedelta(seconds=settings.fetch.every_seconds),
        jitter=jitter(),
        standing=standing,
        stopping=stopping,
    )


def _asking(
    name: str,
    database: Database,
    fetcher: Fetcher,
    set_aside: Mapping[str, str],
) -> Asking:
    """What asks for a website's documents, and remembers what is stored of them."""
    from feeds.sources.ask import Asking
    from feeds.storage import documents

    def original(document: str) -> bytes | None:
        with database.reading() as connection:
            return documents.latest(connection, name, document)

    return Asking(
        source=name,
        fetcher=fetcher,
        originals=original,
        set_aside=set_aside,
    )


def _folder(source: SourceSettings, settings: Settings) -> FolderSource:
    """A configured folder."""
    from feeds.sources.folder import FolderSource

    assert source.path is not None  # noqa: S101 - the settings see to it, as it is a folder
    return FolderSource(
        name=source.name,
        root=source.path,
        pattern=source.pattern,
        max_bytes=settings.ingest.max_document_bytes,
        settle_seconds=source.settle_seconds,
        complete=source.complete,
    )


def _at(name: str, settings: Settings) -> FolderSource:
    """A path someone names is complete; one below a configured source is that source's."""
    path = Path(name)
    if not path.exists():
        known = ", ".join(source.name for source in settings.sources) or "none"
        raise SourceError(name, f"no such file, and no source of that name (known: {known})")
    absolute = path.resolve()
    whole = _around(absolute, settings)
    return replace(whole, settle_seconds=0, only=absolute if absolute != whole.root else None)


def _around(path: Path, settings: Settings) -> FolderSource:
    from feeds.sources.folder import FolderSource

    for source in settings.sources:
        root = source.path.resolve() if source.path else None
        if SourceKind(source.kind) is SourceKind.FOLDER and root and path.is_relative_to(root):
            return replace(_folder(source, settings), root=root)
    above = path if path.is_dir() else path.parent
    return FolderSource(
        name=SourceKind.PATH.named(above),
        root=above,
        pattern="*",
        max_bytes=settings.ingest.max_document_bytes,
        settle_seconds=0,
    )


def terms(
    settings: Settings,
    name: str,
    taxonomy: Taxonomy,
    identity: Identity,
    now: datetime,
    *,
    reader: Reader,
) -> Terms:
    """What holds for all that a source shows now."""
    return Terms(
        source=name,
        taxonomy=taxonomy,
        identity=identity,
        now=now,
        zone=settings.site.timezone,
        batch=settings.ingest.batch,
        archive_after_days=settings.ingest.archive_after_days,
        habits=parts.habits(settings, name),
        reader=reader,
        ownership=ownership(settings.sources),
    )


def ownership(sources: Sequence[SourceSettings]) -> Ownership:
    """Whose word counts: websites on their hosts, each source by its rank."""
    websites = {each.name for each in sources if SourceKind(each.kind) is SourceKind.WEB}
    return Ownership(
        hosts={each.name: host_of(each.url) for each in sources if each.name in websites},
        ranks={
            each.name: each.rank or (WEBSITE_RANK if each.name in websites else OWN_RANK)
            for each in sources
        },
    )


def fetcher(settings: Settings, *, clock: Callable[[], datetime], stopping: Event) -> Fetcher:
    """What asks websites, for all sources together: one request a host, whoever wants it."""
    from importlib.metadata import version

    from feeds.fetch import Limits
    from feeds.fetch.client import Fetcher, user_agent
    from feeds.fetch.guard import Guard

    fetch = settings.fetch
    limits = Limits(
        timeout_seconds=fetch.timeout_seconds,
        document_seconds=fetch.document_seconds,
        pause_seconds=fetch.pause_seconds,
        max_redirects=fetch.max_redirects,
        max_bytes=settings.ingest.max_document_bytes,
        max_list_bytes=settings.ingest.max_list_bytes,
    )
    ours = user_agent(version("fieldfare"), settings.site.url, settings.site.contact or None)
    return Fetcher(
        limits,
        fetch.user_agent or ours,
        clock=clock,
        stopping=stopping,
        guard=Guard.of(fetch.private_hosts),
        proxy=fetch.proxy or None,
    )


def caller(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    stopping: Event,
    timeout_seconds: int = CALL_TIMEOUT_SECONDS,
) -> Fetcher:
    """What tells hubs and their subscribers of changed feeds: at once, and nobody for long."""
    usual = settings.fetch
    limits = {
        "timeout_seconds": min(usual.timeout_seconds, timeout_seconds),
        "document_seconds": min(usual.document_seconds, CALL_SECONDS),
        "pause_seconds": 0,
    }
    ingest = settings.ingest.model_copy(update={"max_document_bytes": CALL_ANSWER_BYTES})
    brief = {"fetch": usual.model_copy(update=limits), "ingest": ingest}
    return fetcher(settings.model_copy(update=brief), clock=clock, stopping=stopping)


def renew(house: House, jitter: Callable[[], float], stopping: Event) -> RenewReport:
    """Hubs know that we want to hear of the sources that offer one. Raises StoreBusy."""
    import secrets

    from feeds.websub.subscriber import CallbackAddresses, renew

    return renew(
        house.database,
        house.fetcher,
        [source.name for source in house.settings.sources if source.websub],
        CallbackAddresses(
            address=lambda token: f"{house.settings.site.url}/websub/{token}",
            new_token=lambda: secrets.token_urlsafe(CALLBACK_BYTES),
        ),
        now=house.clock(),
        jitter=jitter,
        stopping=stopping,
    )
