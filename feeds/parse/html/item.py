"""An item's page: title, issue date, topics, addresses and text put together, or why it holds none.

Knows which source of a fact goes before which, and pages that ask to log in, check a browser, are
cut off or are of another kind. Must never know how the facts are read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dateline
from feeds.parse.bytes import excerpt
from feeds.parse.html import (
    boilerplate,
    content,
    issue_date,
    metadata,
    page_links,
    printed,
    title,
)
from feeds.parse.html.content import BarePage
from feeds.parse.html.metadata import HtmlPage, Metadata
from feeds.parse.html.tree import (
    Tree,
    absolute,
    attribute,
    find,
    find_all,
    one_line,
    said,
    take_out,
)
from feeds.parse.impostors import impostor
from feeds.parse.sanitise import blocks, sanitised
from feeds.parse.text import labels, signs
from feeds.parse.words import any_of
from feeds.taxonomy import Slot, Taxonomy
from feeds.taxonomy.naming import fold

_MOST_LINES_AROUND_TITLE = 6
# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200
_SIGNS_OF_NEWS = 2
# An article that has a form to log in beside it is longer.
_SHORT_CHARS = 1_000
_CHALLENGES = (
    'script[src*="challenge-platform"], #challenge-form, #cf-wrapper, .g-recaptcha, .h-captcha'
)
_CLOSED = re.compile(r"</(?:html|body|main|article)\s*>|<footer\b", re.IGNORECASE)
_HOLDER = re.compile(r"<(/?)(?:div|section|article|main)\b", re.IGNORECASE)
_WITHIN_A_TAG = re.compile(r"<[a-z/][^<>]{0,2000}\Z", re.IGNORECASE)
_IS_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_SHORTEST_LOOK_CHARS = 4_096


@cache
def _shows_its_day() -> re.Pattern[str]:
    return re.compile(rf"{any_of('shown_on', str)}\b.*\d", re.IGNORECASE)


def parse(
    page: HtmlPage, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Parsed | Refused:
    """The item of a page, or why it has none; the page's tree is used up."""
    tree, known = page.tree, metadata.read(page)
    base = page_links.base_of(tree, document.url)
    links = page_links.read(tree, base)
    if named_url := absolute(base, known.url):
        links.append(("canonical", named_url, ""))
    # What the page shows with its furniture, as far as a line goes; the scripts within it go.
    take_out(find_all(tree, "script:not([src]), style, template"))
    shown, window = said(tree.body), said(find(tree, "title"))
    issued = _issued_at(tree, known, habits)
    named = title.title_of(tree, known, base, document.lead, habits.selectors.page_title)
    told_in_front = _front(tree, shown)
    boilerplate.strip(tree)
    whole = sanitised(tree.body.html or "", base) if tree.body is not None else ""
    found = blocks(whole)
    bare = BarePage(
        title=title.by_the_text(named, found),
        metadata=known,
        issued=issued,
        base=base,
        whole=whole,
        blocks=found,
        lines=tuple(line for block in found for line in block.text.split("\n")),
        printed=printed.read(found, taxonomy),
    )
    if not habits.forced and (
        refused := told_in_front or _unlike_news([window, *bare.lines], known)
    ):
        return refused
    article = content.read(tree, bare, taxonomy, habits)
    if not article.paragraphs:
        return _empty(page.text, shown)
    if not bare.title:
        return _untitled(article.paragraphs[0])
    draft = _completed(article, bare, taxonomy, habits)
    if not habits.forced and (refused := _no_news(draft, bare, page.text, document, taxonomy)):
        return refused
    draft = page_links.placed(draft, links, document.url)
    return Parsed(form=draft.form, drafts=(draft,), hub=page_links.hub(links, document.url))


def _issued_at(tree: Tree, known: Metadata, habits: Habits) -> Issued | None:
    """By the source's selector, by the metadata, by what stands with the title."""
    chosen = find(tree, habits.selectors.page_date)
    if chosen is not None:
        texts = (attribute(chosen, "datetime"), attribute(chosen, "content"), said(chosen))
        if issued := issue_date.stated(filter(None, texts), habits.date_order, IssuedFrom.PAGE):
            return issued
    stated = issue_date.stated(known.published, habits.date_order, IssuedFrom.PAGE)
    return stated or issue_date.shown(tree, habits.date_order)


def _around_title(page: BarePage) -> tuple[list[str], list[str]]:
    """The lines above the title, nearest first, and those below it.

    Above it without menus: links that follow each other.
    """
    lines = [block.line for block in page.blocks]
    named = fold(page.title)
    at = next((at for at, line in enumerate(lines) if fold(line) == named), None)
    if at is None:
        return [], []
    blocks = page.blocks[max(0, at - 2 * _MOST_LINES_AROUND_TITLE) : at]
    links = [page.whole.startswith("<a ", block.start) for block in blocks]
    beside = zip(blocks, links, [False, *links], [*links[1:], False], strict=False)
    above = [block.line for block, is_link, *near in beside if not (is_link and any(near))]
    nearest = above[: -_MOST_LINES_AROUND_TITLE - 1 : -1]
    return nearest, lines[at + 1 : at + 1 + _MOST_LINES_AROUND_TITLE]


def _completed(article: Draft, page: BarePage, taxonomy: Taxonomy, habits: Habits) -> Draft:
    """The article with all that is told of it around its text."""
    known = page.metadata
    opening = dateline.find(article.paragraphs[0], habits.date_order)
    from_dateline = None
    if opening is not None and opening.day is not None:
        from_dateline = Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    above, below = _around_title(page)
    language = labels.one_language(page.printed.labels, taxonomy)
    return replace(
        article,
        summary=article.summary or known.summary,
        issued=_issued(page, below, habits) or from_dateline,
        dateline=opening.text if opening else None,
        language=known.language or language,
        content_type=_kind(page, (*above, *below), taxonomy),
        issuers=_topics(TopicKind.ISSUER, page, known.publishers, taxonomy),
        fields=_topics(TopicKind.FIELD, page, known.topics, taxonomy),
    )


def _issued(page: BarePage, below: Sequence[str], habits: Habits) -> Issued | None:
    """By a label, by what the page states otherwise, by the line below its title."""
    texts = page.printed.of(Slot.ISSUED, Slot.PUBLISHED)
    if issued := issue_date.stated(texts, habits.date_order, IssuedFrom.LABEL):
        return issued
    if page.issued is not None:
        return page.issued
    for line in below:
        found = dateline.line(line, habits.date_order)
        if found is not None and found.day is not None:
            return Issued(day=found.day, origin=IssuedFrom.LINE)
    return None


def _kind(page: BarePage, around: Sequence[str], taxonomy: Taxonomy) -> Label | None:
    """The kind a label, a line by the title or the metadata name."""
    for line in (*page.printed.of(Slot.KIND), *around, *page.metadata.topics):
        for part in (line, *line.replace("·", "|").split("|")):
            if found := taxonomy.kind_label(part.strip()):
                return found
    unknown = page.printed.of(Slot.KIND)[:1]
    return next((Label(kind=TopicKind.TYPE, text=text, slug=None) for text in unknown), None)


def _topics(
    kind: TopicKind, page: BarePage, meant: Iterable[str], taxonomy: Taxonomy
) -> tuple[Label, ...]:
    """What the page's labels name, known or not; without any, what its metadata name for sure."""
    slot = Slot.ISSUERS if kind is TopicKind.ISSUER else Slot.FIELDS
    texts = page.printed.of(slot)
    if texts:
        return labels.topics(kind, texts, taxonomy)
    meta = (*meant, *page.metadata.topics) if kind is TopicKind.ISSUER else tuple(meant)
    found = labels.topics(kind, meta, taxonomy)
    return tuple(label for label in found if label.slug is not None)


def _no_news(
    draft: Draft, page: BarePage, text: str, document: Document, taxonomy: Taxonomy
) -> Refused | None:
    """Why what was read is no item after all."""
    topics = len(draft.issuers) + len(draft.fields)
    if topics > _MOST_TOPICS:
        return _of_another_kind(f"it names {topics} issuers and fields of work")
    if cut := _cut_off(text):
        return cut
    is_known_kind = draft.content_type is not None and draft.content_type.slug is not None
    if is_known_kind or Slot.ISSUERS in page.printed.slots or document.lead is not None:
        return None
    against = signs.event(page.lines, taxonomy)
    if not page.metadata.is_described:
        # Where the issue date stands, the words around it are those of news as well.
        is_shown = draft.issued is not None and draft.issued.origin is IssuedFrom.PAGE
        lines = [line for line in page.lines if not (is_shown and _shows_its_day().match(line))]
        against = against or signs.against(draft.title, lines, taxonomy)
    if against:
        return _of_another_kind(against)
    is_dated = draft.issued is not None or page.metadata.is_article
    if not is_dated and len(list(signs.for_news(draft.title, draft.paragraphs))) < _SIGNS_OF_NEWS:
        return _of_another_kind(f"nothing says that {excerpt(draft.title)} is news")
    return None


# -- Why a page holds none -------------------------------------------------------------------------


@cache
def _consent() -> re.Pattern[str]:
    return re.compile(any_of("consent", str), re.IGNORECASE)


def _front(tree: Tree, shown: str) -> Refused | None:
    """What the markup of a page that shows little tells, its furniture still there."""
    if len(shown) > _SHORT_CHARS:
        return None
    if find(tree, 'input[type="password" i]') is not None:
        return Refused(reason=Reason.LOGIN, evidence="it has a field for a password")
    if find(tree, _CHALLENGES) is not None:
        return Refused(reason=Reason.CHALLENGE, evidence=f"it says {excerpt(shown)}")
    if len(shown) > _SHORT_CHARS // 2:
        return None
    if found := _consent().search(shown):
        return _of_another_kind(f"it asks for consent: {excerpt(found[0])}")
    return impostor([line for node in find_all(tree, "noscript") if (line := said(node))])


def _unlike_news(lines: Sequence[str], metadata: Metadata) -> Refused | None:
    """What a page says of itself, or its words, its furniture gone."""
    if metadata.other:
        return _of_another_kind(metadata.other)
    return impostor([line for line in lines if line])


def _of_another_kind(evidence: str) -> Refused:
    """The refusal of a page that is whole and of another kind."""
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence)


def _untitled(text: str) -> Refused:
    """The refusal of a text nobody could find in a list."""
    return Refused(reason=Reason.INCOMPLETE, evidence=f"no title stands above {excerpt(text)}")


def _empty(text: str, shown: str) -> Refused:
    """Why nothing was left of a page; ``shown`` is what it showed with its furniture."""
    if cut := _cut_off(text):
        return cut
    if shown:
        return Refused(reason=Reason.MENU_ONLY, evidence=f"it ends with {excerpt(shown[-50:])}")
    return Refused(reason=Reason.EMPTY, evidence="its markup holds no text")


def _cut_off(text: str) -> Refused | None:
    """The refusal of a page whose markup ends within its article, with elements open that nothing
    lets stay open; None for a whole one.
    """
    if not _IS_PAGE.search(text[:_SHORTEST_LOOK_CHARS]) or _CLOSED.search(text):
        return None
    if not _WITHIN_A_TAG.search(text[-_SHORTEST_LOOK_CHARS:]):
        # In a page whose writer leaves end tags out, paragraphs and list items stay open, no more.
        steps = _HOLDER.findall(text)
        if steps.count("") <= steps.count("/"):
            return None
    return Refused(
        reason=Reason.INCOMPLETE, evidence=f"it ends with {excerpt(one_line(text[-60:]))}"
    )
