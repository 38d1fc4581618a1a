"""Items as a publisher's own system pushes them: one draft, or every fault.

Knows how the members of a pushed item become a draft, and entries of Atom that come alone. Must
never know who pushed it, or over what.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

from config import values
from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.model import Enclosure, Label, TopicKind
from feeds.parse import syndication
from feeds.parse.push.members import Fault
from feeds.parse.push.pushed_item import PushedItem, item_of
from feeds.parse.push.strict_json import NotStrictJson, loaded
from feeds.parse.sanitise import blocks, sanitised
from feeds.parse.syndication.embeds import filled, placed
from feeds.taxonomy import Taxonomy

FORM = "push"

#: What may be pushed.
JSON = "application/json"
ATOM = "application/atom+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty(Refused):
    """JSON that is no item, and every reason why not."""

    faults: tuple[Fault, ...]


def parse(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """The one item of the document; its own id is ``guid``, or the document's name is.

    What is no item is `Faulty`, what cannot be read only refused.
    """
    if values.media_type(document.media_type) == ATOM:
        return _entry(document, taxonomy, habits)
    try:
        item = item_of(loaded(document.body))
    except NotStrictJson as error:
        return Refused(reason=Reason.MALFORMED, evidence=str(error))
    if isinstance(item, PushedItem):
        return Parsed(form=FORM, drafts=(_draft(item, document, taxonomy),))
    return Faulty(reason=Reason.MALFORMED, evidence="; ".join(map(str, item)), faults=item)


def _entry(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """The entry as one of an Atom feed would be; but it is all there is to say of the item."""
    parsed = syndication.parse(document, taxonomy, habits)
    if isinstance(parsed, Refused):
        return parsed
    if len(parsed.drafts) != 1:
        evidence = f"one atom:entry was expected, and {len(parsed.drafts)} came"
        return Refused(reason=Reason.MALFORMED, evidence=evidence)
    return Parsed(form=FORM, drafts=(replace(parsed.drafts[0], form=FORM, partial=False),))


def _draft(item: PushedItem, document: Document, taxonomy: Taxonomy) -> Draft:
    html, embeds = placed(item.html, item.url) if item.html else ("", {})
    markup = sanitised(html, item.url, page=item.url or "", with_places=True) if html else ""
    draft = Draft(
        form=FORM,
        title=item.title,
        summary=item.summary,
        paragraphs=tuple([each.line for each in blocks(markup)] if markup else _plain(item)),
        markup=filled(markup, embeds),
        url=item.url,
        guid=item.id or document.name,
        issued=item.issued,
        language=values.canonical_language(item.language) if item.language else None,
        enclosures=tuple(Enclosure(**dict(each)) for each in item.enclosures),
    )
    return draft.filed(_labels(item, taxonomy))


def _plain(item: PushedItem) -> Sequence[str]:
    """The paragraphs of plain text, which empty lines part; each on one line."""
    if not item.text:
        return item.paragraphs
    parts = groupby(map(str.split, item.text.splitlines()), bool)
    return [" ".join(chain.from_iterable(lines)) for is_said, lines in parts if is_said]


def _labels(item: PushedItem, taxonomy: Taxonomy) -> Iterator[Label]:
    """The topics of the names it gives; a name nobody knows is kept."""
    if name := item.content_type:
        yield taxonomy.kind_label(name) or Label(kind=TopicKind.TYPE, text=name, slug=None)
    given = {
        TopicKind.ISSUER: item.issuers,
        TopicKind.FIELD: item.fields,
        TopicKind.COUNTRY: item.countries,
    }
    for kind, names in given.items():
        for name in names:
            labels = taxonomy.resolve(kind, name)
            # A member of the array is one name: its commas part nothing that is not understood.
            is_known = labels and all(label.slug for label in labels)
            yield from labels if is_known else [Label(kind=kind, text=name, slug=None)]
