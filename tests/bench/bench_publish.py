"""How fast feeds are published, beside plain feedgen in the same run.

Run it with ``python -m tests.bench.bench_publish``. The peer builds each feed from the same
finished entries with feedgen alone, and neither packs nor writes what comes of it, so that it is
beside ours without what these are packed to, which follows; it knows two of the three forms, and
no page. The floor packs and writes the very files, in as many threads as ours are packed by, and
does nothing else. So that disks are not what is compared, a rebuild's files go to a file system in
memory where there is one: a new file on ext4 costs the more, the more were deleted in the minute
before, whoever deleted them.
"""

import gc
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import structlog
from feedgen.feed import FeedGenerator

from feeds.model import Label, TopicKind
from feeds.publish.build import SiteBuilder
from feeds.publish.entry import PublishedEntry, compose
from feeds.publish.feed import ATOM, CHANGES, FORMS, FeedRef, is_feed
from feeds.publish.files import PACKED, PACKING_THREADS, Document, Files
from feeds.publish.pages import renderer
from feeds.publish.rebuild import publish
from feeds.publish.site import INDEX
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy
from tests.bench.archive import (
    TOPICS_OF_AN_ITEM,
    fill,
    many_topics,
    opened,
    osce,
    settle,
    touch,
)
from tests.builders import a_draft
from tests.items import NOON, a_site, store

SITE = a_site()
FEEDS = 500
ENTRIES = SITE.entries_per_feed
ARCHIVES = (30_000, 300_000)
NEW_ITEMS = 15
ROUNDS = 9
# A file system without a disk, where there is one.
MEMORY = Path("/dev/shm")

#: What is asked for: so many times the peer's pace, and no more than so much beyond the floor.
LEAST_RATIO = 5
MOST_OVER_FLOOR = 0.3
MOST_MILLISECONDS = 30


def rebuild(folder: Path, public: Path) -> None:
    """All feeds are replaced by newer ones, each with its page, from entries made before."""
    taxonomy = Taxonomy.from_toml(many_topics(FEEDS - 1))
    with opened(folder) as database:
        fill(database, taxonomy, FEEDS * ENTRIES // TOPICS_OF_AN_ITEM)
        settle(database, taxonomy, SITE)
        touch(database, taxonomy)
        publish(database, taxonomy, Files(public), SITE)
        documents = _documents(taxonomy, public)
        # By turns, so that whatever else the machine does slows down all.
        rounds = [
            (
                (_rebuilt(database, taxonomy, Files(public), documents),),
                _made(database, taxonomy, public, documents),
                (_floor(documents),),
                (_by_feedgen(database, taxonomy),),
            )
            for _ in range(ROUNDS)
        ]
    best = (min(each) for each in zip(*rounds, strict=True))
    ours, there, page, floor, peer = (seconds * 1e3 for seconds in chain.from_iterable(best))
    forms = ", ".join(form.name for form in FORMS)
    print(f"rebuild of {FEEDS} feeds of {ENTRIES} entries as {forms} and page")
    print(f"  {ours:.2f} ms a feed, with {', '.join(PACKED)} of each file")
    print(f"  to pack and write alone, in {PACKING_THREADS} threads as well, {floor:.2f} ms")
    print(f"  {ours / floor - 1:.0%} more ({MOST_OVER_FLOOR:.0%} allowed)")
    print(
        f"  {there:.2f} ms until it is there, before it is packed; its page is {page:.2f} ms of it"
    )
    print(f"  plain feedgen {peer:.2f} ms for the bytes of the {len(_BY_FEEDGEN)} forms it knows")
    ratio = peer / len(_BY_FEEDGEN) * len(FORMS) / (there - page)
    print(f"  {ratio:.1f} x its pace, form by form, without the page ({LEAST_RATIO} x asked for)")


def one_new_item(folder: Path, places: Mapping[str, Path], archive: int) -> None:
    """From the commit of an item in 12 feeds until all of them show it."""
    taxonomy = osce()
    print(f"one new item in 12 feeds, {archive:,} items stored, from commit to published")
    with opened(folder) as database:
        for place in places.values():
            publish(database, taxonomy, Files(place / folder.name), SITE)
        fill(database, taxonomy, archive)
        settle(database, taxonomy, SITE)
        for round_, (name, place) in enumerate(places.items()):
            files = _Watched(place / folder.name)
            touch(database, taxonomy)
            publish(database, taxonomy, files, SITE)
            numbers = range(round_ * NEW_ITEMS, (round_ + 1) * NEW_ITEMS)
            rounds = [_one(database, taxonomy, files, number) for number in numbers]
            feeds, pages = ([second * 1e3 for second in each] for each in zip(*rounds, strict=True))
            print(
                f"  {name:<8}{median(feeds):6.1f} ms, {max(feeds):.1f} at most"
                f" ({MOST_MILLISECONDS} allowed); with all that leads to them {median(pages):.1f}"
            )


class _Watched(Files):
    """Keeps when the last document of a feed was there, and when the last page was."""

    feeds_at = pages_at = 0.0

    def write(self, path: str, *how: Any) -> bool:
        is_written = super().write(path, *how)
        type(self).pages_at = time.perf_counter()
        if is_feed(path) and path != CHANGES.file(ATOM):
            type(self).feeds_at = self.pages_at
        return is_written


class _PackedLater(Files):
    """Leaves what files are packed to to whoever asks for it when all of them are there."""

    def _pack_beside(self) -> None:
        self._unpacked.clear()


def _one(database: Database, taxonomy: Taxonomy, files: Files, number: int) -> tuple[float, float]:
    """Seconds until the feeds in each form were there, and until all else was."""
    fields = [topic for topic in taxonomy.of(TopicKind.FIELD) if topic.parent is None][:9]
    labels = tuple(
        Label(kind=each.ref.kind, text=each.label, slug=each.ref.slug) for each in fields
    )
    draft = a_draft(title=f"New item {number}", issuers=(), fields=labels)
    store(database, taxonomy, [draft], at=NOON + timedelta(days=400, minutes=number))
    started = time.perf_counter()
    report = publish(database, taxonomy, files, SITE)
    # That of everything, of its kind and of its language beside those.
    if report.feeds_written != len(fields) + 3:
        raise SystemExit(f"{report.feeds_written} feeds were written instead of 12")
    return _Watched.feeds_at - started, _Watched.pages_at - started


def _rebuilt(
    database: Database, taxonomy: Taxonomy, files: Files, documents: Sequence[Path]
) -> float:
    """Seconds a feed: every one of them is found to be outdated and replaced."""
    for path in documents:
        path.write_bytes(b"outdated")
    touch(database, taxonomy)
    started = time.perf_counter()
    report = publish(database, taxonomy, files, SITE)
    seconds = time.perf_counter() - started
    if report.feeds_written != FEEDS:
        raise SystemExit(f"{report.feeds_written} feeds were written instead of {FEEDS}")
    return seconds / FEEDS


def _made(
    database: Database, taxonomy: Taxonomy, public: Path, documents: Sequence[Path]
) -> tuple[float, float]:
    """Seconds a feed until all is there, before it is packed; and those to make its page."""
    spent: list[float] = []

    def timed(*asked: Any) -> Iterator[Document]:
        started = time.perf_counter()
        made = [*pages(*asked)]
        spent.append(time.perf_counter() - started)
        yield from made

    pages = SiteBuilder.pages
    with patch.object(SiteBuilder, "pages", timed):
        seconds = _rebuilt(database, taxonomy, _PackedLater(public), documents)
    return seconds, sum(spent) / FEEDS


def _floor(documents: Sequence[Path]) -> float:
    """Seconds a feed, to pack its files and to write them each way in place of others."""
    found = [(path, path.read_bytes()) for path in documents]
    started = time.perf_counter()
    with ThreadPoolExecutor(PACKING_THREADS) as threads:
        done = [threads.submit(_pack_and_write, *each) for each in found]
    seconds = time.perf_counter() - started
    for each in done:
        each.result()
    return seconds / FEEDS


def _pack_and_write(path: Path, content: bytes) -> None:
    for end, packed in (("", bytes), *PACKED.items()):
        with open(f"{path}.new", "wb", buffering=0) as file:  # noqa: PTH123 - as Files does
            file.write(packed(content))
        os.replace(f"{path}.new", f"{path}{end}")  # noqa: PTH105 - as Files does


def _documents(taxonomy: Taxonomy, public: Path) -> Sequence[Path]:
    """Each feed in each form and its page, without those of its history."""
    feeds = SiteBuilder(SITE, taxonomy).feeds([])[:FEEDS]
    paths = (path for ref in feeds for path in (*map(ref.file, FORMS), f"{ref.page}{INDEX}"))
    return [public / path for path in paths]


#: The forms that the peer can make.
_BY_FEEDGEN = (FeedGenerator.atom_str, FeedGenerator.rss_str)


def _by_feedgen(database: Database, taxonomy: Taxonomy) -> float:
    """Seconds a feed, for a tenth of them."""
    render = renderer(SITE, taxonomy)
    some = SiteBuilder(SITE, taxonomy).feeds([])[1 : FEEDS // 10 + 1]
    with database.reading() as connection:
        places = [feed.selection.place for feed in some]
        numbers = [entries.latest(connection, place, ENTRIES) for place in places if place]
        found = [whole_items(connection, [item for item, _ in each]) for each in numbers]
    finished = [
        [
            (entry, render("content.html", entry=entry).decode())
            for entry in (compose(item, SITE, taxonomy) for item in each)
        ]
        for each in found
    ]
    started = time.perf_counter()
    for feed, each in zip(some, finished, strict=True):
        for form in _BY_FEEDGEN:
            form(_plain_feed(feed, each))
    return (time.perf_counter() - started) / len(some)


def _plain_feed(ref: FeedRef, finished: Sequence[tuple[PublishedEntry, str]]) -> FeedGenerator:
    feed = FeedGenerator()
    feed.id(SITE.identity.feed(ref.path))
    feed.title(ref.path)
    feed.description(ref.path)
    feed.link(href=f"{SITE.url}/{ref.page}", rel="alternate")
    feed.updated(NOON)
    feed.link(href=f"{SITE.url}/feeds/{ref.path}.atom", rel="self")
    for entry, content in finished:
        one = feed.add_entry(order="append")
        one.id(entry.id)
        one.title(entry.title)
        one.updated(entry.updated)
        one.author([{"name": author.name} for author in entry.authors])
        one.summary(entry.summary)
        one.content(content, type="html")
        one.link(href=entry.address, rel="alternate")
        for each in entry.categories:
            one.category(term=each.term, scheme=each.scheme, label=each.label)
    return feed


def main() -> None:
    # As the daemon does, once all of its code is there.
    gc.freeze()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as folders:
        places = {
            name: Path(folders.enter_context(TemporaryDirectory(prefix="fieldfare-", dir=base)))
            for name, base in (("memory", MEMORY if MEMORY.is_dir() else None), ("disk", None))
        }
        rebuild(places["disk"] / "rebuild", places["memory"] / "rebuild")
        for archive in ARCHIVES:
            one_new_item(places["disk"] / str(archive), places, archive)


if __name__ == "__main__":
    main()
