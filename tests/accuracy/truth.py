"""The labelled corpus: documents, the truth about them, and how far an understanding is from it.

Knows what a careful person reads in every document of ``tests/corpus``. Must never know how a
document is understood. Beside a document stands its truth, ``NAME.toml``:

- ``news``, and where it is false ``reasons``, any of which will do; ``locations`` and when
  they were ``modified``, ``next_page`` and ``hub`` of a list; ``[document]`` and ``[habits]``, how
  it came and how to read it;
- ``[[items]]`` in their order, with ``title``, ``issued`` (a day or ""), ``issuers`` and
  ``fields`` (slugs, with ``unknown_issuers`` and ``unknown_fields`` as printed), ``kind`` (a
  slug, "" for none, "? NAME" for one nobody knows) and ``language``. ``a|b`` leaves a choice.
- Details: ``issued_from``, ``at`` (the instant), ``updated`` (the day), ``url``, ``also_at``,
  ``alternates``, ``guid``, ``summary``, ``countries``, ``authors`` (their names), ``enclosures``,
  ``rights`` (what is said of them, and the licence's address), ``feed`` (its title and when it
  was changed), ``paragraphs`` (how many), what the markup must hold and lack, and what the body
  must start and end with, hold and lack.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from feeds.draft import (
    DateOrder,
    DateStyle,
    Document,
    Draft,
    Habits,
    Parsed,
    Reason,
    Refused,
)
from feeds.model import Label
from feeds.parse import understand
from feeds.taxonomy import Taxonomy

CORPUS = Path(__file__).parents[1] / "corpus"
TAXONOMY = Path(__file__).parents[2] / "config" / "taxonomies" / "osce.toml"
#: What an item is measured by; everything else an expectation says is a detail.
FIELDS = ("title", "date", "issuers", "fields", "kind", "language")
#: Where an expectation leaves a choice to the reader.
OR = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document, how its source says to read it, and the truth about it."""

    name: str
    document: Document
    habits: Habits
    truth: dict[str, Any]

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_news(self) -> bool:
        return bool(self.truth["news"])

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.truth.get("items", []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One field of one item, or one detail of a document, as it is and as it should be."""

    document: str
    field: str
    got: str
    expected: str
    right: bool

    @property
    def is_invented(self) -> bool:
        """Whether a day of issue was said that the document does not say."""
        return self.field == "date" and not self.right and self.got not in {"", _MISSING}

    def __str__(self) -> str:
        return f"{self.document}: {self.field}: got {self.got!r}, expected {self.expected!r}"


_MISSING = "(no item)"


@cache
def cases() -> tuple[Case, ...]:
    """Every document of the corpus, by name."""
    return tuple(_case(path) for path in sorted(CORPUS.glob("*/*.toml")))


def _case(path: Path) -> Case:
    truth = tomllib.loads(path.read_text("utf-8"))
    where = path.with_suffix("")
    name = where.relative_to(CORPUS).as_posix()
    document = Document(
        source="corpus",
        name=name,
        body=where.read_bytes(),
        **_how_it_came(truth.get("document", {})),
    )
    return Case(name=name, document=document, habits=_habits(truth.get("habits", {})), truth=truth)


def _how_it_came(given: dict[str, Any]) -> dict[str, Any]:
    """Address and media type, and the listing's entry that led there, by its title."""
    title = given.get("lead")
    lead = Draft(form="listing", title=title, partial=True) if title else None
    return {**given, "lead": lead}


def _habits(given: dict[str, Any]) -> Habits:
    order = given.get("date_order")
    return Habits(
        form=given.get("form", ""),
        date_style=DateStyle(DateOrder(order) if order else None),
        language=given.get("language", "en"),
        **given.get("selectors", {}),
    )


@cache
def _taxonomy() -> Taxonomy:
    return Taxonomy.from_toml(TAXONOMY.read_text("utf-8"))


def understood(case: Case) -> Parsed | Refused:
    """What is made of the document; a fault of the program is a refusal, as in the pipeline."""
    try:
        return understand(case.document, _taxonomy(), case.habits)
    except Exception as fault:  # noqa: BLE001 - one bad document never hides the others
        return Refused(reason=Reason.FAILED, evidence=repr(fault))


def judged(case: Case) -> tuple[Finding, ...]:
    """All there is to say about how the document was understood."""
    outcome = understood(case)
    return tuple(_findings(case, outcome))


def _findings(case: Case, outcome: Parsed | Refused) -> Iterator[Finding]:
    said = f"refused: {outcome}" if isinstance(outcome, Refused) else "news"
    is_news = isinstance(outcome, Parsed)
    yield _finding(
        case, "news", said, "news" if case.is_news else "refused", case.is_news is is_news
    )
    if not case.is_news and isinstance(outcome, Refused):
        reasons = case.truth["reasons"]
        yield _finding(case, "reason", outcome.reason, OR.join(reasons), outcome.reason in reasons)
    if case.is_news:
        drafts = outcome.drafts if isinstance(outcome, Parsed) else ()
        for truth, draft in _paired(case.items, drafts):
            yield from _of_item(case, truth, draft)
        if len(drafts) > len(case.items):
            yield _finding(case, "items", str(len(drafts)), str(len(case.items)), False)
    if case.is_news and isinstance(outcome, Parsed):
        yield from _of_list(case, outcome)


def _finding(case: Case, field: str, got: str, expected: str, right: bool | None = None) -> Finding:
    """``expected`` may leave a choice; ``right`` says it where comparing does not."""
    fits = got in expected.split(OR) if right is None else right
    return Finding(document=case.name, field=field, got=got, expected=expected, right=fits)


def _paired(
    truths: list[dict[str, Any]], drafts: tuple[Draft, ...]
) -> Iterator[tuple[dict[str, Any], Draft | None]]:
    """Each truth with the draft of its title, the others in the order they stand in."""
    left = list(drafts)
    named: dict[int, Draft] = {}
    for place, truth in enumerate(truths):
        same = next((draft for draft in left if draft.title == truth["title"]), None)
        if same:
            left.remove(same)
            named[place] = same
    for place, truth in enumerate(truths):
        yield truth, named.get(place) or (left.pop(0) if left else None)


def _of_item(case: Case, truth: dict[str, Any], draft: Draft | None) -> Iterator[Finding]:
    expected = {
        "title": truth["title"],
        "date": truth["issued"],
        "issuers": _set(truth["issuers"], truth.get("unknown_issuers", [])),
        "fields": _set(truth["fields"], truth.get("unknown_fields", [])),
        "kind": truth["kind"],
        "language": truth["language"],
    }
    if draft is None:
        for field in FIELDS:
            yield _finding(case, field, _MISSING, expected[field], False)
        return
    got = _said(draft)
    yield _finding(case, "title", got["title"], truth["title"], got["title"] == truth["title"])
    for field in FIELDS[1:]:
        yield _finding(case, field, got[field], expected[field])
    yield from _details(case, truth, draft)


def _said(draft: Draft) -> dict[str, str]:
    kind = draft.content_type
    return {
        "title": draft.title,
        "date": draft.issued.day.isoformat() if draft.issued else "",
        "issuers": _labels(draft.issuers),
        "fields": _labels(draft.fields),
        "kind": (kind.slug or f"? {kind.text}") if kind else "",
        # Nobody who follows a language asks in which country it is spoken.
        "language": (draft.language or "").partition("-")[0],
    }


def _fits(got: str | list[str], expected: str | list[str]) -> bool:
    return got == expected or (isinstance(expected, str) and got in expected.split(OR))


def _said_beside(draft: Draft) -> dict[str, str | list[str]]:
    at = draft.issued.at if draft.issued else None
    return {
        "at": at.isoformat() if at else "",
        "updated": draft.updated.isoformat() if draft.updated else "",
        "url": draft.url or "",
        "also_at": list(draft.also_at),
        "alternates": [f"{each.language} {each.url}" for each in draft.alternates],
        "guid": draft.guid or "",
        "feed": " ".join(filter(None, _feed_of(draft))),
        "summary": draft.summary,
        "countries": [each.slug or each.text for each in draft.countries],
        "authors": [each.name for each in draft.authors],
        "enclosures": [
            f"{each.url} {each.media_type} {each.length or 0} {each.title}".strip()
            for each in draft.enclosures
        ],
        "rights": list(draft.rights),
    }


def _feed_of(draft: Draft) -> tuple[str, str]:
    """What is known of the feed an entry came from: its title, and when it was changed."""
    known = draft.provenance
    if known is None:
        return "", ""
    return known.feed_title, known.feed_updated.isoformat() if known.feed_updated else ""


def _labels(labels: Iterable[Label]) -> str:
    known = [label.slug for label in labels if label.slug]
    return _set(known, [label.text for label in labels if not label.slug])


def _set(slugs: Iterable[str], unknown: Iterable[str]) -> str:
    return "; ".join([*sorted(set(slugs)), *sorted({f"? {_folded(name)}" for name in unknown})])


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _details(case: Case, truth: dict[str, Any], draft: Draft) -> Iterator[Finding]:
    body, start = draft.body, draft.body[:60]
    if "issued_from" in truth:
        origin = draft.issued.origin if draft.issued else ""
        yield _finding(case, "issued_from", origin, truth["issued_from"])
    yield from (
        _finding(case, detail, str(got), str(truth[detail]), _fits(got, truth[detail]))
        for detail, got in _said_beside(draft).items()
        if detail in truth
    )
    if "paragraphs" in truth:
        count = str(len(draft.paragraphs))
        yield _finding(case, "paragraphs", count, str(truth["paragraphs"]))
    if opening := truth.get("body_starts"):
        yield _finding(case, "starts", start, opening, body.startswith(tuple(opening.split(OR))))
    if ending := truth.get("body_ends"):
        yield _finding(case, "ends", body[-60:], ending, body.endswith(ending))
    for held in truth.get("body_holds", ()):
        yield _finding(case, "holds", start, held, held in body)
    for held in truth.get("markup_holds", ()):
        yield _finding(case, "markup holds", draft.markup[:60], held, held in draft.markup)
    for noise in truth.get("markup_lacks", ()):
        lacks = noise not in draft.markup
        yield _finding(case, "markup lacks", noise, f"without {noise}", lacks)
    for noise in truth.get("body_lacks", ()):
        yield _finding(case, "lacks", noise, f"without {noise}", noise not in body)


def _of_list(case: Case, outcome: Parsed) -> Iterator[Finding]:
    if "locations" in case.truth:
        got, expected = sorted(place.url for place in outcome.locations), case.truth["locations"]
        yield _finding(case, "locations", str(got), str(sorted(expected)), got == sorted(expected))
    if "modified" in case.truth:
        moments = (place.modified for place in outcome.locations)
        modified = [moment.isoformat() if moment else "" for moment in moments]
        right = modified == case.truth["modified"]
        yield _finding(case, "modified", str(modified), str(case.truth["modified"]), right)
    if "next_page" in case.truth:
        yield _finding(case, "next page", outcome.next_page or "", case.truth["next_page"])
    if "hub" in case.truth:
        yield _finding(case, "hub", outcome.hub.url if outcome.hub else "", case.truth["hub"])
