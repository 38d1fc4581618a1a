"""How what was understood of one document is reported.

Knows drafts and how they are written down. Must never know how they are understood.
"""

from collections.abc import Sequence
from dataclasses import asdict

from rich.markup import escape

from feeds.draft import Draft, Parsed, Refused
from feeds.model import Label
from notifier.cli.output import console, write_lines

__all__ = ["as_json", "show"]


def as_json(file: str, result: Parsed | Refused) -> dict[str, object]:
    """For programs: what was understood of ``file``, or why nothing was."""
    if isinstance(result, Refused):
        said = {"form": None, "refused": str(result), "reason": result.reason.value}
        return {"document": file, **said, "items": []}
    return {
        "document": file,
        "form": result.form,
        "refused": None,
        "reason": None,
        "list": result.is_list,
        "next_page": result.next_page,
        "hub": asdict(result.hub) if result.hub else None,
        "locations": [asdict(location) for location in result.locations],
        "items": [_draft_json(draft) for draft in result.drafts],
    }


def show(result: Parsed | Refused) -> None:
    """For people: each item, and what a list leads to."""
    if isinstance(result, Refused):
        console.print(escape(f"refused: {result}"))
        return
    for draft in result.drafts:
        shown = {name: value for name, value in _draft_json(draft).items() if value}
        write_lines({"form": result.form, **shown})
    if result.is_list:
        rest = f"; older ones at {result.next_page}" if result.next_page else ""
        places = f", {len(result.locations)} addresses" if result.locations else ""
        console.print(escape(f"a list of {len(result.drafts)} items{places}{rest}"))


def _draft_json(draft: Draft) -> dict[str, object]:
    issued = draft.issued
    return {
        "title": draft.title,
        "url": draft.url,
        "issued": issued.day.isoformat() if issued else None,
        "issued_at": issued.at.isoformat() if issued and issued.at else None,
        "issued_from": issued.origin.value if issued else None,
        "dateline": draft.dateline,
        "summary": draft.summary,
        "body": draft.body,
        "markup": draft.markup,
        "partial": draft.partial,
        "language": draft.language,
        "content_type": draft.content_type.text if draft.content_type else None,
        "issuers": _labels(draft.issuers),
        "fields": _labels(draft.fields),
        "countries": _labels(draft.countries),
        "guid": draft.guid,
        "also_at": list(draft.also_at),
        "alternates": {each.language: each.url for each in draft.alternates},
        "enclosures": [asdict(enclosure) for enclosure in draft.enclosures],
        "marks": sorted(mark.value for mark in draft.marks),
    }


def _labels(labels: Sequence[Label]) -> list[dict[str, str | None]]:
    return [{"label": label.text, "slug": label.slug} for label in labels]
