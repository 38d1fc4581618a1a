"""An item's page: title, issue date, topics, addresses and text put together.

Knows which source of a fact goes before which. Must never know how any of them is read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from feeds.draft import Document, Draft, Habits, Parsed, Refused
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dateline
from feeds.parse.bytes import excerpt
from feeds.parse.html import (
    body,
    content,
    hrefs,
    issue_date,
    metadata,
    printed,
    refusal,
    title,
)
from feeds.parse.html.body import Body, Page
from feeds.parse.html.metadata import Metadata
from feeds.parse.html.printed import Printed
from feeds.parse.html.tree import Tree, attribute, find, said
from feeds.parse.text import facts, signs
from feeds.taxonomy import Slot, Taxonomy

FORM = "html"

_MOST_LINES_AROUND_TITLE = 6
# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200
_SIGNS_OF_NEWS = 2
_POSTED = re.compile(r"posted on\b.*\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known of a page beside its text; its title stands between ``above`` and ``below``."""

    metadata: Metadata
    issued: Issued | None
    printed: Printed
    lines: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]


def parse(
    tree: Tree, text: str, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Parsed | Refused:
    """The item of a page, or why it has none; the tree is used up."""
    known = metadata.read(tree)
    addresses = hrefs.of(tree, document.url, known.url)
    shown = refusal.visible(tree)
    window = said(find(tree, "title"))
    issued = _issued_at(tree, known, habits)
    named = title.of(tree, known, habits.selectors.page_title)
    told_in_front = refusal.front(tree, shown)
    page = _page(tree, named, known, document)
    if not habits.forced:
        lines = [line for block in page.blocks for line in block.text.split("\n")]
        refused = told_in_front or refusal.unlike_news([window, *lines], known)
        if refused is not None:
            return refused
    article = body.read(tree, page, taxonomy, habits)
    if not article.paragraphs:
        return refusal.empty(text, shown)
    if not named:
        return refusal.untitled(article.paragraphs[0])
    told = _facts(page, known, issued, taxonomy)
    draft = _draft(named, article, told, taxonomy, habits)
    if not habits.forced and (refused := _no_news(draft, told, text, document, taxonomy)):
        return refused
    return Parsed(form=FORM, drafts=(hrefs.placed(draft, addresses),), hub=addresses.hub)


def _page(tree: Tree, named: str, known: Metadata, document: Document) -> Page:
    content.strip(tree)
    base = hrefs.base_of(tree, document.url)
    whole, found = content.page_of(tree, base)
    return Page(title=named, base=base, said_body=known.body, whole=whole, blocks=found)


def _issued_at(tree: Tree, known: Metadata, habits: Habits) -> Issued | None:
    """By the source's selector, by the metadata, by what stands with the title."""
    chosen = find(tree, habits.selectors.page_date)
    if chosen is not None:
        texts = (attribute(chosen, "datetime"), attribute(chosen, "content"), said(chosen))
        if issued := issue_date.stated(filter(None, texts), habits.date_order, IssuedFrom.PAGE):
            return issued
    stated = issue_date.stated(known.published, habits.date_order, IssuedFrom.PAGE)
    return stated or issue_date.shown(tree, habits.date_order)


def _facts(page: Page, known: Metadata, issued: Issued | None, taxonomy: Taxonomy) -> _Facts:
    lines = [block.line for block in page.blocks]
    at = next((at for at, line in enumerate(lines) if body.same(line, page.title)), None)
    above = _above(page, at)[-_MOST_LINES_AROUND_TITLE:] if at is not None else []
    below = lines[at + 1 : at + 1 + _MOST_LINES_AROUND_TITLE] if at is not None else []
    return _Facts(
        metadata=known,
        issued=issued,
        printed=printed.read(page.blocks, taxonomy),
        lines=tuple(line for block in page.blocks for line in block.text.split("\n")),
        above=tuple(reversed(above)),
        below=tuple(below),
    )


def _above(page: Page, title_at: int) -> list[str]:
    """The lines above the title without menus: links that follow each other."""
    blocks = page.blocks[max(0, title_at - 2 * _MOST_LINES_AROUND_TITLE) : title_at]
    links = [page.whole.startswith("<a ", block.start) for block in blocks]
    beside = zip(blocks, links, [False, *links], [*links[1:], False], strict=False)
    return [block.line for block, is_link, *near in beside if not (is_link and any(near))]


def _draft(named: str, article: Body, told: _Facts, taxonomy: Taxonomy, habits: Habits) -> Draft:
    known = told.metadata
    opening = dateline.find(article.paragraphs[0], habits.date_order)
    from_dateline = None
    if opening is not None and opening.day is not None:
        from_dateline = Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    language = facts.one_language(told.printed.labels, taxonomy)
    return Draft(
        form=FORM,
        title=named,
        summary=article.subtitle or known.summary,
        paragraphs=article.paragraphs,
        markup=article.markup,
        issued=_issued(told, habits) or from_dateline,
        dateline=opening.text if opening else None,
        language=known.language or language,
        content_type=_kind(told, taxonomy),
        issuers=_topics(TopicKind.ISSUER, told, known.publishers, taxonomy),
        fields=_topics(TopicKind.FIELD, told, known.topics, taxonomy),
    )


def _issued(told: _Facts, habits: Habits) -> Issued | None:
    """By a label, by what the page states otherwise, by the line below its title."""
    texts = told.printed.of(Slot.ISSUED, Slot.PUBLISHED)
    if issued := issue_date.stated(texts, habits.date_order, IssuedFrom.LABEL):
        return issued
    if told.issued is not None:
        return told.issued
    for line in told.below:
        found = dateline.line(line, habits.date_order)
        if found is not None and found.day is not None:
            return Issued(day=found.day, origin=IssuedFrom.LINE)
    return None


def _kind(told: _Facts, taxonomy: Taxonomy) -> Label | None:
    """The kind a label, a line by the title or the metadata name."""
    nearest = (line for line in (*told.above, *told.below))
    for line in (*told.printed.of(Slot.KIND), *nearest, *told.metadata.topics):
        for part in (line, *line.replace("·", "|").split("|")):
            if found := taxonomy.kind_label(part.strip()):
                return found
    unknown = told.printed.of(Slot.KIND)[:1]
    return next((Label(kind=TopicKind.TYPE, text=text, slug=None) for text in unknown), None)


def _topics(
    kind: TopicKind, told: _Facts, meant: Iterable[str], taxonomy: Taxonomy
) -> tuple[Label, ...]:
    """What the page's labels name, known or not; without any, what its metadata name for sure."""
    slot = Slot.ISSUERS if kind is TopicKind.ISSUER else Slot.FIELDS
    texts = told.printed.of(slot)
    if texts:
        return facts.topics(kind, texts, taxonomy)
    meta = (*meant, *told.metadata.topics) if kind is TopicKind.ISSUER else tuple(meant)
    found = facts.topics(kind, meta, taxonomy)
    return tuple(label for label in found if label.slug is not None)


def _no_news(
    draft: Draft, told: _Facts, text: str, document: Document, taxonomy: Taxonomy
) -> Refused | None:
    """Why what was read is no item after all."""
    topics = len(draft.issuers) + len(draft.fields)
    if topics > _MOST_TOPICS:
        return refusal.not_news(f"it names {topics} issuers and fields of work")
    if refusal.is_cut(text):
        return refusal.cut_off(text)
    is_known_kind = draft.content_type is not None and draft.content_type.slug is not None
    if is_known_kind or Slot.ISSUERS in told.printed.slots or document.lead is not None:
        return None
    against = signs.event(told.lines, taxonomy)
    if not told.metadata.is_described:
        # Where the issue date stands, the words around it are those of news as well.
        is_shown = draft.issued is not None and draft.issued.origin is IssuedFrom.PAGE
        lines = [line for line in told.lines if not (is_shown and _POSTED.match(line))]
        against = against or signs.against(draft.title, lines, taxonomy)
    if against:
        return refusal.not_news(against)
    is_dated = draft.issued is not None or told.metadata.is_article
    if not is_dated and len(list(signs.for_news(draft.title, draft.paragraphs))) < _SIGNS_OF_NEWS:
        return refusal.not_news(f"nothing says that {excerpt(draft.title)} is news")
    return None
