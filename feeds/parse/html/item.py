"""An item's page: title, issue date, topics, addresses and text put together, or why it holds none.

Knows which source of a fact goes before which. Must never know how the facts are read, or what
speaks against an article.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from config.values import host_of
from feeds.draft import DateStyle, Document, Draft, Habits, Parsed, Refused
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dateline, dates
from feeds.parse.html import (
    address_day,
    boilerplate,
    content,
    embedded,
    issue_date,
    metadata,
    page_links,
    printed,
    refusals,
    state,
    title,
)
from feeds.parse.html.content import BarePage
from feeds.parse.html.embedded import stated
from feeds.parse.html.metadata import HtmlPage, Metadata
from feeds.parse.html.tree import absolute, attribute, find, said
from feeds.parse.language import spoken
from feeds.parse.sanitise import blocks, sanitised
from feeds.parse.syndication.people import authors_of
from feeds.parse.text import labels
from feeds.taxonomy import Slot, Taxonomy

_MOST_LINES_AROUND_TITLE = 6
# Farther behind an article stand other items.
_MOST_LINES_BEHIND = 2
# Names and buttons are shorter than what tells a language.
_FEWEST_CHARS_OF_PROSE = 80
# A line of kinds, topics and a day names no more.
_LONGEST_KINDS_CHARS = 500


def parse(
    page: HtmlPage, base: str | None, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Parsed | Refused:
    """The item of a page, or why it has none; the page's tree is used up."""
    tree, known = page.tree, metadata.read(page, document.url)
    links = page_links.read(tree, base)
    if named_url := absolute(base, known.url):
        links.append(("canonical", named_url, ""))
    # What the page shows with its furniture, as far as a line goes; the scripts within it go.
    page.take_out_scripts()
    front, window = refusals.PageFront(page), said(find(tree, "title"))
    habits = _ordered(page, known, document, dates.habits_in(habits, known.language))
    named = title.title_of(tree, known, base, document, habits)
    bare = _bare(page, known, base, named, document=document, taxonomy=taxonomy, habits=habits)
    article = content.read(page, bare, taxonomy, habits)
    asked = refusals.instead(front, bare, window, article.paragraphs)
    if asked and not habits.forced:
        return asked
    if not article.paragraphs:
        return refusals.empty(front)
    if not bare.title:
        return refusals.untitled(article.paragraphs[0])
    draft = _completed(article, bare, taxonomy, habits)
    if known.images:
        draft = stated.opened(draft, known.images, base)
    if not habits.forced and (
        refused := refusals.afterwards(draft, bare, front, document, taxonomy)
    ):
        return refused
    draft = page_links.placed(draft, links, document.url)
    return Parsed(form=draft.form, drafts=(draft,), hub=page_links.hub(links, document.url))


def _bare(
    page: HtmlPage,
    known: Metadata,
    base: str | None,
    named: str,
    *,
    document: Document,
    taxonomy: Taxonomy,
    habits: Habits,
) -> BarePage:
    """The page without its furniture, and the dates it showed before."""
    tree = page.tree
    embeds = embedded.place(page, base)
    boilerplate.strip_unread(page)
    issued, changed = _issued_at(page, known, named, document, habits)
    boilerplate.strip(page)
    whole = sanitised(tree.body.html or "", base) if tree.body is not None else ""
    found = blocks(whole)
    return BarePage(
        source=page.text,
        address=document.url or base or "",
        embeds=embeds,
        title=named,
        metadata=known,
        issued=issued,
        dated=_dated(known, document, habits.date_style),
        latest=document.latest,
        changed=changed,
        base=base,
        whole=whole,
        blocks=found,
        lines=tuple(line for block in found for line in block.text.split("\n")),
        printed=printed.read(found, taxonomy),
    )


def _ordered(page: HtmlPage, known: Metadata, document: Document, habits: Habits) -> Habits:
    """The habits, with the order of numbers that the page's words, its other dates or its address
    tell, where it prints one that needs it and states no language that has one.
    """
    if habits.date_style.order or page.tree.body is None:
        return habits
    text = page.tree.body.text(separator="\n")
    if not dates.is_unordered(text):
        return habits
    prose = [line for line in text.split("\n") if len(line) > _FEWEST_CHARS_OF_PROSE]
    language = spoken(" ".join(prose[:3]), known.language, is_whole=True).language
    habits = dates.habits_in(habits, language)
    order, said = habits.date_style
    month = address_day.month_of_address(document.url)
    order = order or dates.order_among(text, month) or dates.order_at(host_of(document.url or ""))
    return replace(habits, date_style=DateStyle(order, said))


def _dated(known: Metadata, document: Document, style: DateStyle) -> Issued | None:
    """The day of a page that prints none: by its file's name, or by metadata that may mean a
    change, or today.
    """
    told = (address_day.of_file_name(url, document.latest) for url in (document.url, known.url))
    named = next(filter(None, told), None)
    return named or issue_date.stated(known.dated, style, IssuedFrom.PAGE, document.latest)


def _issued_at(
    page: HtmlPage, known: Metadata, named: str, document: Document, habits: Habits
) -> tuple[Issued | None, frozenset[date]]:
    """By the source's selector, by the metadata, by what stands with the title, by data for
    scripts; and days of changes that were met on the way.
    """
    tree, style, latest = page.tree, habits.date_style, document.latest
    chosen = find(tree, habits.page_date)
    if chosen is not None:
        texts = (attribute(chosen, "datetime"), attribute(chosen, "content"), said(chosen))
        if issued := issue_date.stated(filter(None, texts), style, IssuedFrom.PAGE):
            return issued, frozenset()
    stated = issue_date.stated(known.published, style, IssuedFrom.PAGE, latest)
    if stated is not None and stated.at is not None and not issue_date.is_in_utc(stated):
        return stated, frozenset()
    places = issue_date.places(tree)
    changed = issue_date.of_changes(places.changed, style)
    told = (address_day.of_address(url, latest) for url in (document.url, known.url))
    in_address = next(filter(None, told), None)
    month = address_day.month_of_address(document.url)
    shown = issue_date.shown(places.dated, named, style, changed, near=in_address, month=month)
    if stated is not None:
        return issue_date.as_printed(stated, shown, in_address), changed
    if shown or in_address:
        return shown or in_address, changed
    kept = state.published_in(page.text, named) if page.had_code else ""
    return issue_date.stated((kept,), style, IssuedFrom.PAGE, latest), changed


def _around_title(page: BarePage) -> tuple[list[str], list[str]]:
    """The lines above the title, nearest first, and those below it.

    Above it without menus: links that follow each other.
    """
    placed = [(line, block.start) for block in page.blocks for line in title.lines_of(block)]
    at = next((at for at, (line, _) in enumerate(placed) if title.is_in(line, page.title)), None)
    if at is None:
        return [], []
    lines = placed[max(0, at - 2 * _MOST_LINES_AROUND_TITLE) : at]
    links = [page.whole.startswith("<a ", start) for _, start in lines]
    beside = zip(lines, links, [False, *links], [*links[1:], False], strict=False)
    above = [line for (line, _), is_link, *near in beside if not (is_link and any(near))]
    nearest = above[: -_MOST_LINES_AROUND_TITLE - 1 : -1]
    return nearest, [line for line, _ in placed[at + 1 : at + 1 + _MOST_LINES_AROUND_TITLE]]


def _completed(article: Draft, page: BarePage, taxonomy: Taxonomy, habits: Habits) -> Draft:
    """The article with all that is told of it around its text."""
    known = page.metadata
    opening = dateline.find(article.paragraphs[0], habits.date_style)
    from_dateline = None
    if opening is not None and opening.day is not None:
        from_dateline = Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    above, below = _around_title(page)
    language = labels.one_language(page.printed.labels, taxonomy)
    return replace(
        article,
        summary=article.summary or known.summary,
        issued=_issued(page, above, below, habits)
        or from_dateline
        or _announced(_at_end(article, page), habits.date_style)
        or page.dated,
        dateline=opening.text if opening else None,
        language=known.language or language,
        content_type=_kind(page, (*above, *below), taxonomy),
        authors=authors_of((name, None) for name in known.authors) if known.authors else (),
        issuers=_topics(TopicKind.ISSUER, page, known.publishers, taxonomy),
        fields=_topics(TopicKind.FIELD, page, known.topics, taxonomy),
    )


def _at_end(article: Draft, page: BarePage) -> tuple[str, ...]:
    """The lines that an article ends with, and those right behind it."""
    last = article.paragraphs[-1].rpartition("\n")[2]
    at = page.lines.index(last) if last in page.lines else len(page.lines)
    return page.lines[max(at - 1, 0) : at + 1 + _MOST_LINES_BEHIND]


def _announced(lines: Iterable[str], style: DateStyle) -> Issued | None:
    """The one day that lines which begin with a word for publication name, and not as any date may
    begin; None where they name several.
    """
    days: dict[date, Issued] = {}
    for line in lines:
        if len(line) <= printed.LONGEST_DAY_LABEL_CHARS and printed.label_of(line) == "published":
            issued, is_labelled = printed.in_line(line, style)
            days |= {issued.day: issued} if issued is not None and is_labelled else {}
    return next(iter(days.values())) if len(days) == 1 else None


def _issued(
    page: BarePage, above: Sequence[str], below: Sequence[str], habits: Habits
) -> Issued | None:
    """By a label beside its title, by what the page states otherwise, by a line below its title or
    a label far from it.
    """
    style = habits.date_style
    texts = page.printed.of(Slot.ISSUED, Slot.PUBLISHED)
    labelled = issue_date.stated(texts, style, IssuedFrom.LABEL)
    if page.issued is not None:
        is_by = any(text in line for line in (*above, *below) for text in texts)
        return labelled if labelled is not None and is_by else page.issued
    if labelled is not None:
        return labelled
    for line in below:
        found = dateline.line(line, style)
        if found is not None and found.day is not None:
            return Issued(day=found.day, origin=IssuedFrom.LINE)
    # What stands farther above is today's date.
    by_title = (printed.beside(lines, style, page.changed) for lines in (below, above[:1]))
    return next(filter(None, by_title), None)


def _kind(page: BarePage, around: Sequence[str], taxonomy: Taxonomy) -> Label | None:
    """The kind a label, a line by the title or the metadata name."""
    for line in (*page.printed.of(Slot.KIND), *around, *page.metadata.topics):
        parts = line.replace("·", "|").split("|") if len(line) <= _LONGEST_KINDS_CHARS else ()
        for part in dict.fromkeys(map(str.strip, (line, *parts))):
            if found := taxonomy.kind_label(part):
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
