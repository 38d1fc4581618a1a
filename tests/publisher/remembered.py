"""What a store would hold of a website: the least that lets a source be looked at again.

Knows what to remember of each thing seen. Must never know how it was had.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import assert_never

from feeds.draft import Draft, Refused
from feeds.errors import SourceError
from feeds.fetch import Limits
from feeds.fetch.client import Fetcher
from feeds.fetch.guard import Guard
from feeds.sources import (
    Absent,
    CrawlScope,
    Fetched,
    Gone,
    LeadOnly,
    Refusal,
    Same,
    Seen,
    Unlisted,
    Waiting,
)
from feeds.sources.ask import Asking
from feeds.sources.website import WebSource
from feeds.standing import Standing
from tests.publisher.reading import understood

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as the store would show it."""

    title: str
    day: date | None
    text: str


@dataclass(slots=True)
class FakeStore:
    """Signatures, originals and items of one source, as they are after what was taken."""

    signatures: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    originals: dict[str, bytes] = field(default_factory=dict)
    items: dict[str, Kept] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    standing: Standing | None = None

    @property
    def judged(self) -> dict[str, str]:
        """The signatures of what need not be read: as it is, or as it was refused."""
        return {**self.signatures, **{n: text for n, text in self.refused.items() if text}}

    def take(self, seen: Seen) -> None:
        """What was seen is remembered."""
        match seen:
            case Fetched():
                self._fetched(seen)
            case Same(name=name, signature=signature):
                if signature is not None and name in self.signatures:
                    self.signatures[name] = signature
            case LeadOnly(name=name, lead=lead, signature=signature):
                self.signatures[name] = signature
                self._tell(lead.url or name, lead)
            case Gone(name=name):
                self.signatures.pop(name, None)
                self.withdrawn.add(name)
            case Refusal(name=name):
                self.refused[name] = ""
            case Unlisted():
                return
            case Waiting() | Absent():
                raise AssertionError("nothing waits on the web")
            case _:
                assert_never(seen)

    def _fetched(self, seen: Fetched) -> None:
        self.originals[seen.name] = seen.document.body
        read = understood(seen.document)
        if isinstance(read, Refused):
            self.refused[seen.name] = seen.signature
            return
        self.refused.pop(seen.name, None)
        self.signatures[seen.name] = seen.signature
        for draft in () if seen.is_listing else read.drafts:
            self._tell(draft.url or seen.name, draft)

    def _tell(self, name: str, draft: Draft) -> None:
        day = draft.issued.day if draft.issued else None
        self.items[name] = Kept(draft.title, day, draft.body)


@dataclass(slots=True, kw_only=True)
class Watched:
    """A website looked at again and again; ``store`` is what came of it."""

    url: str
    fetcher: Fetcher
    scope: CrawlScope = field(default_factory=CrawlScope)
    store: FakeStore = field(default_factory=FakeStore)
    stopping: Event = field(default_factory=Event)
    now: datetime = NOW

    def source(self, **scope: object) -> WebSource:
        return WebSource(
            url=self.url,
            asking=Asking(
                source="news",
                fetcher=self.fetcher,
                originals=self.store.originals.get,
                set_aside=self.store.refused,
            ),
            understand=understood,
            scope=CrawlScope(**scope) if scope else self.scope,  # type: ignore[arg-type]
            every=EVERY,
            standing=self.store.standing,
            stopping=self.stopping,
        )

    def look(self, **scope: object) -> list[Seen]:
        """One look to its end; everything seen is taken, and the standing recorded.

        What it saw of documents, without what lists no longer show.
        """
        source = self.source(**scope)
        seen: list[Seen] = []
        try:
            for one in source.scan(self.store.judged, self.now):
                self.store.take(one)
                if not isinstance(one, Unlisted):
                    seen.append(one)
        finally:
            self.store.standing = source.standing
            self.now += EVERY
        return seen

    def killed_look(self, after: int, **scope: object) -> bool:
        """A look whose process dies once it saw so much, its standing never recorded.

        Whether it would have gone on.
        """
        scan = self.source(**scope).scan(self.store.judged, self.now)
        for _ in range(after):
            one = next(scan, None)
            if one is None:
                return False
            self.store.take(one)
        return True

    def failing_look(self, **scope: object) -> str:
        """Why the source as a whole could not be read."""
        try:
            self.look(**scope)
        except SourceError as error:
            return str(error)
        raise AssertionError("the source could be read")


@contextmanager
def fetching(
    stopping: Event | None = None, clock: Callable[[], datetime] = lambda: NOW
) -> Iterator[Fetcher]:
    """A fetcher that asks this machine without any pause."""
    limits = Limits(
        timeout_seconds=10,
        document_seconds=20,
        pause_seconds=0,
        max_redirects=5,
        max_bytes=2_000_000,
        max_list_bytes=50_000_000,
    )
    fetcher = Fetcher(
        limits,
        "Fieldfare/1 (+https://example.org)",
        clock=clock,
        stopping=stopping or Event(),
        guard=Guard.of("127.0.0.1"),
    )
    try:
        yield fetcher
    finally:
        fetcher.close()
