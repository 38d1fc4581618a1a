"""The made-up news of the demonstration, as documents in the forms that are understood.

Knows how such a document is written. Must never know a folder, nor what becomes of one.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any, Literal, Self, assert_never

from babel.dates import format_date

_FILE = Path(__file__).with_name("examples.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One item as `examples.toml` has it, issued so many days ``ago``."""

    ago: int
    title: str
    lead: str
    text: str = ""
    form: Literal["labels", "newsroom", "dateline", "listing", "page"] = "labels"
    language: str = "en"
    place: str = ""
    issuers: str = ""
    fields: str = ""
    kind: str = "News Item"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleDocument:
    """A file that holds one item, which was issued so many days ``ago``."""

    ago: int
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """All documents, and the one that is kept for whoever tries what comes in."""

    documents: tuple[ExampleDocument, ...]
    draft: ExampleDocument

    @classmethod
    def of(cls, today: date) -> Self:
        """Issued in the two years before ``today``, and on it."""
        data = tomllib.loads(_FILE.read_text("utf-8"))
        items = [Example(**item) for item in data["item"]]
        return cls(
            documents=tuple(_document(item, today, data) for item in items),
            draft=_document(Example(**data["draft"]), today, data),
        )


def _document(item: Example, today: date, words: Mapping[str, Any]) -> ExampleDocument:
    day = format_date(today - timedelta(days=item.ago), "d MMMM y", locale=item.language)
    name = f"{item.ago:03}-{item.language}"
    match item.form:
        case "labels":
            lines = _labelled(item, day, words["labels"][item.language])
        case "newsroom":
            lines = iter(("Newsroom", item.title, f"{item.place} {day}", item.lead, item.text))
        case "dateline":
            lines = iter((item.title, f"{item.place}, {day} – {item.lead}", item.text))
        case "listing":
            lines = _listed(item, day, words["listing"]["lines"])
        case "page":
            page = _page(item, (today - timedelta(days=item.ago)).isoformat(), day)
            return ExampleDocument(ago=item.ago, name=f"{name}.html", text=page)
        case _:
            assert_never(item.form)
    text = "\n".join(line.strip() for line in lines)
    return ExampleDocument(ago=item.ago, name=f"{name}.txt", text=f"{text}\n")


def _labelled(item: Example, day: str, labels: Mapping[str, str]) -> Iterator[str]:
    yield from (item.kind, item.title, item.lead)
    yield from (f"- {labels['issued']}:", f"- {day}")
    yield from (f"- {labels['issuers']}:", f"- {item.issuers}")
    yield from (f"- {labels['fields']}:", f"- {item.fields}")
    yield from (item.lead, item.text)


def _listed(item: Example, day: str, above: Sequence[str]) -> Iterator[str]:
    yield from above
    yield from (item.title, f"Publishing date: {day}", f"Content type: {item.kind}")
    yield from (f"Where we are: {item.issuers}", f"What we do: {item.fields}", item.lead)


def _page(item: Example, iso: str, day: str) -> str:
    paragraphs = "".join(f"<p>{escape(each)}</p>\n" for each in item.text.strip().splitlines())
    return f"""\
<!DOCTYPE html>
<html lang="{item.language}"><head><meta charset="utf-8"><title>{escape(item.title)}</title>
<meta property="og:type" content="article">
<meta name="description" content="{escape(item.lead)}"></head><body><main>
<h1>{escape(item.title)}</h1>
<p>Publishing date: <time datetime="{iso}">{day}</time></p>
<p>Content type: {item.kind}</p>
<p>Where we are: {escape(item.issuers)}</p>
<p>What we do: {escape(item.fields)}</p>
<p>{escape(item.lead)}</p>
{paragraphs}</main></body></html>
"""
