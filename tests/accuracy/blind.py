"""How well pages are understood that were written by others before anybody looked, beside peers.

Knows the pages of ``tests/blind`` with the truth about them, and how the peers are asked. Must
never know how a page is understood.

Beside a page stands its truth, ``NAME.toml``, as in ``tests/corpus``; of the text it names passages
that belong to it (``body_holds``) and passages that do not (``body_lacks``).
"""

import json
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import feedparser
import trafilatura

from feeds.draft import Document, Habits, Parsed
from feeds.parse import understand
from feeds.parse.bytes import decode_page
from feeds.parse.syndication import feed_dates
from feeds.taxonomy import Taxonomy
from tests.accuracy.truth import OR, TAXONOMY, cases

PAGES = Path(__file__).parents[1] / "blind"
PEERS = Path(__file__).parents[2] / ".venv-peers"
LIST = "a list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and the truth about it; ``item`` is None where it is no article."""

    name: str
    document: Document
    item: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What somebody made of a page; ``day`` is ISO 8601 or ""."""

    title: str
    day: str
    text: str


#: What is made of a page: an article, a list, or nothing.
Reader = Callable[[Document], Read | str | None]


@cache
def pages() -> tuple[Page, ...]:
    """Every page, by name."""
    return tuple(map(_page, sorted(PAGES.glob("*/*.toml"))))


def _page(path: Path) -> Page:
    truth = tomllib.loads(path.read_text("utf-8"))
    where = path.with_suffix("")
    name = where.relative_to(PAGES).as_posix()
    body = where.read_bytes()
    document = Document(source="blind", name=name, body=body, **truth["document"])
    return Page(name=name, document=document, item=truth["items"][0] if truth["news"] else None)


def fieldfare(document: Document) -> Read | str | None:
    found = understand(document, _taxonomy(), Habits(language="en"))
    if not isinstance(found, Parsed):
        return None
    if found.is_list:
        return LIST
    draft = found.drafts[0]
    day = draft.issued.day.isoformat() if draft.issued else ""
    return Read(title=draft.title, day=day, text=" ".join(draft.paragraphs))


def by_trafilatura(document: Document) -> Read | str | None:
    found = trafilatura.bare_extraction(_html(document), url=document.url, with_metadata=True)
    if found is None:
        return None
    told = found if isinstance(found, dict) else found.as_dict()
    title, day, text = (str(told.get(name) or "") for name in ("title", "date", "text"))
    return Read(title=title, day=day, text=text) if text else None


def by_newspaper(document: Document) -> Read | str | None:
    told = _newspaper()[document.name]
    return Read(**told) if told and told["text"] else None


@cache
def _newspaper() -> Mapping[str, dict[str, str]]:
    """What newspaper4k answers, by the names of pages; all are asked for at once."""
    documents = [page.document for page in pages()]
    asked = ({"url": each.url or "", "html": _html(each)} for each in documents)
    answers = subprocess.run(
        [PEERS / "bin" / "python", Path(__file__).with_name("by_newspaper.py")],
        input="\n".join(map(json.dumps, asked)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()
    names = (each.name for each in documents)
    return dict(zip(names, map(json.loads, answers), strict=True))


READERS: Mapping[str, Reader] = {
    "fieldfare": fieldfare,
    "trafilatura": by_trafilatura,
    "newspaper4k": by_newspaper,
}


def _html(document: Document) -> str:
    text = decode_page(document)
    assert isinstance(text, str)
    return text


@cache
def _taxonomy() -> Taxonomy:
    return Taxonomy.from_toml(TAXONOMY.read_text("utf-8"))


@cache
def counted(name: str) -> Counter[str]:
    """What the reader of this name makes of all pages."""
    counts: Counter[str] = Counter()
    for page in pages():
        read = READERS[name](page.document)
        if page.item is None:
            counts["others"] += 1
            counts["others taken for articles"] += isinstance(read, Read)
        else:
            counts["articles"] += 1
            counts.update(_judged(page.item, read))
    return counts


def _judged(item: Mapping[str, Any], read: Read | str | None) -> Iterator[str]:
    """What is to be counted of one article."""
    if read is None or isinstance(read, str):
        yield "lists" if read else "refused"
        return
    yield "items"
    if _even(read.title) == _even(item["title"]):
        yield "titles right"
    if read.day == item["issued"]:
        yield "dates right"
    elif not read.day:
        yield "dates unknown"
    else:
        yield "dates other" if item["issued"] else "dates invented"
    text = _even(read.text)
    for passage in item["body_holds"]:
        yield "wanted"
        if _even(passage) in text:
            yield "wanted there"
    for passage in item["body_lacks"]:
        yield "unwanted"
        if _even(passage) in text:
            yield "unwanted there"


def _even(text: str) -> str:
    # Who breaks lines where has nothing to do with what is understood.
    return "".join(text.split())


_COLUMNS = ("items", "lists", "refused", "titles right", "dates right", "dates other")
_MORE_COLUMNS = ("dates unknown", "dates invented", "others taken for articles")


def table() -> Iterator[str]:
    """A line for each reader, and what feeds say beside feedparser."""
    some = counted("fieldfare")
    yield f"{some['articles']} blind article pages, {some['others']} others"
    for name, reader in READERS.items():
        if reader is by_newspaper and not PEERS.is_dir():
            yield f"{name:<12}  not asked: `make accuracy` installs it in {PEERS.name}"
            continue
        counts = counted(name)
        yield "  ".join(
            (
                f"{name:<12}",
                *(f"{column} {counts[column]}" for column in (*_COLUMNS, *_MORE_COLUMNS)),
                f"wanted there {share(counts, 'wanted'):.1%}",
                f"unwanted there {share(counts, 'unwanted'):.1%}",
            )
        )
    yield from _feeds()


def share(counts: Counter[str], passages: str) -> float:
    """How many of the passages, wanted or unwanted, are in the texts of what became an item."""
    return counts[f"{passages} there"] / max(counts[passages], 1)


def _feeds() -> Iterator[str]:
    entries, titles, dates = 0, 0, 0
    for case in cases():
        if case.family != "feed" or case.name.endswith(".json"):
            continue
        found = feedparser.parse(case.document.body).entries
        for item, entry in zip(case.items, found, strict=False):
            issued = feed_dates.issued(entry.get("published", ""))
            titles += _even(entry.get("title", "")) in map(_even, item["title"].split(OR))
            dates += (issued.day.isoformat() if issued else "") in item["issued"].split(OR)
        entries += len(case.items)
    yield f"feedparser on the {entries} entries of feeds in XML: titles {titles}, dates {dates}"
