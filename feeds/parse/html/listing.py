"""A listing of items: its entries, and title, address, day, lead and labels of each.

Knows when a page is a listing, as its entries say more than the rest of it does, and how an entry
is put together. Must never know what leads to older ones, or what an item's page holds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from feeds.draft import DateOrder, Document, Draft, Habits, Parsed, Selectors
from feeds.model import IssuedFrom, Label, TopicKind
from feeds.parse import dateline, dates
from feeds.parse.html import issue_date, page_links, repetition
from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.repetition import Surroundings, shared
from feeds.parse.html.tree import (
    Node,
    Tree,
    absolute,
    attribute,
    find,
    find_all,
    lines_in,
    one_line,
    said,
)
from feeds.parse.text import labels, signs
from feeds.parse.words import any_of
from feeds.taxonomy import Slot, Taxonomy
from feeds.taxonomy.naming import fold

FORM = "listing"

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_DATES = 'time, [class*="date" i], [class*="publish" i], [class*="posted" i]'
_ARTICLE = 'meta[property="og:type"][content="article" i], meta[property="article:published_time"]'
# Texts shorter than this are introductions, notes and buttons.
_FEWEST_CHARS_OF_A_PARAGRAPH = 80
_FEWEST_CHARS_OF_AN_ARTICLE = 100
_PROSE = ("p", "div", "td", "section", "article", "blockquote")

_DIGIT = re.compile("[0-9]")
_FEWEST_LEAD_CHARS = 30
_LONGEST_LABEL_CHARS = 60
_LONGEST_TOPICS_CHARS = 200
# Lines of these recur from entry to entry, and each time a listing is fetched.
_LONGEST_REMEMBERED_CHARS = 200
_MOST_REMEMBERED = 4_096
# Beside its date a line holds a word or a clock time.
_MOST_BESIDE_DATE_CHARS = 25


@dataclass(slots=True, kw_only=True)
class EntryParts:
    """The elements of one entry, as far as they were told apart."""

    whole: Node
    titles: list[Node] = field(default_factory=list)
    links: list[Node] = field(default_factory=list)
    dates: list[Node] = field(default_factory=list)
    leads: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """What one line of an entry is by itself."""

    text: str
    label: labels.Beside | None
    kind: Label | None
    is_date: bool


def parse(page: HtmlPage, document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | None:
    """The entries of a listing; None for a page that is none.

    The teasers of other items on an item's page are taken out of the tree.
    """
    tree, chosen = page.tree, habits.selectors
    surroundings = Surroundings()
    is_chosen = bool(chosen.listing_entry)
    nodes = find_all(tree, chosen.listing_entry) if is_chosen else []
    if is_chosen and (not nodes or _is_page_of(tree, chosen)):
        return None
    nodes = nodes or repetition.entries(tree, surroundings)
    if nodes and not is_chosen and _is_item(page, document, nodes, surroundings):
        _take_out(page, nodes)
        return None
    if not nodes:
        nodes = _few(page, document)
    if not nodes:
        return None
    base = page_links.base_of(tree, document.url)
    parts = _parts(tree, nodes, chosen)
    drafts = [draft for each in parts if (draft := _draft(each, base, taxonomy, habits))]
    if not drafts:
        return None
    return Parsed(
        form=FORM,
        # Each address once, at its first place: pictures and titles often link to the same item.
        drafts=tuple({draft.url: draft for draft in reversed(drafts)}.values())[::-1],
        is_list=True,
        next_page=page_links.next_page(tree, base),
        hub=page_links.hub(page_links.read(tree, base), document.url),
    )


def _is_page_of(tree: Tree, chosen: Selectors) -> bool:
    """Whether the source's selectors find an item's text: news may be listed beside it."""
    return bool(chosen.page_text) and find(tree, chosen.page_text) is not None


def _is_item(
    page: HtmlPage, document: Document, nodes: list[Node], surroundings: Surroundings
) -> bool:
    """Whether a page says more itself than its entries do, or at least that it is an article.

    It says so in its metadata, by the title its lead promised, or by a dateline of its own.
    """
    lead = document.lead
    if lead is not None:
        promised = fold(lead.title)
        if any(fold(said(heading)) == promised for heading in find_all(page.tree, "h1")):
            return True
    # The paragraphs that stand in none of its entries and in no furniture.
    prose = [
        node
        for node in _beside(nodes, surroundings)
        if _own_chars(node) >= _FEWEST_CHARS_OF_A_PARAGRAPH and not surroundings.is_furniture(node)
    ]
    own = sum(map(_own_chars, prose))
    if own >= _FEWEST_CHARS_OF_AN_ARTICLE and (
        _is_article(page) or any(dateline.find(said(node)) for node in prose)
    ):
        return True
    return own > 0 and own > sum(len(node.text()) for node in nodes)


def _beside(nodes: list[Node], surroundings: Surroundings) -> Iterator[Node]:
    """What may be prose around entries and beside them: of most listings, few elements."""
    around = _around(nodes)
    for holder in filter(None, around.values()):
        if holder.tag in _PROSE:
            yield holder
        for node in holder.iter():
            is_long = node.mem_id not in around and (
                len(node.text()) >= _FEWEST_CHARS_OF_A_PARAGRAPH
            )
            if is_long and not surroundings.is_furniture(node):
                yield from find_all(node, ", ".join(_PROSE))


def _around(nodes: list[Node]) -> dict[int, Node | None]:
    """The elements that hold entries, by name; None for entries and what stands in one."""
    around: dict[int, Node | None] = dict.fromkeys(node.mem_id for node in nodes)
    for node in nodes:
        passed: dict[int, Node | None] = {}
        at = node.parent
        while at is not None and at.is_element_node and (name := at.mem_id) not in around:
            passed[name] = at
            at = at.parent
        is_within = at is not None and at.is_element_node and around[at.mem_id] is None
        around |= dict.fromkeys(passed) if is_within else passed
    return around


def _few(page: HtmlPage, document: Document) -> list[Node]:
    """Entries nothing repeats around, on a page that says nothing beside them."""
    if _is_article(page):
        return []
    nodes = repetition.flat_entries(page.tree, page_links.base_of(page.tree, document.url))
    return nodes if nodes and not _is_item(page, document, nodes, Surroundings()) else []


def _take_out(page: HtmlPage, nodes: list[Node]) -> None:
    """Removes teasers of other items; list items of the article itself have no headings."""
    places: dict[int, int | None] = {node.mem_id: at for at, node in enumerate(nodes)}
    marked = shared(find_all(page.tree, "h2, h3, h4, h5, h6, time"), places)
    if len(marked) == len(nodes) and all(find(node, "h1") is None for node in nodes):
        page.take_out(nodes)


def _own_chars(node: Node) -> int:
    text = node.text() if node.tag == "p" else node.text(deep=False)
    return len(text.strip())


def _is_article(page: HtmlPage) -> bool:
    if find(page.tree, _ARTICLE) is not None:
        return True
    return len(page.articles) == 1


def _parts(tree: Tree, nodes: list[Node], chosen: Selectors) -> list[EntryParts]:
    """The parts of all entries; each kind of part is looked for once in the whole page."""
    places: dict[int, int | None] = {node.mem_id: at for at, node in enumerate(nodes)}
    # Where one element holds all entries, the menus around it are not searched.
    above = {at.mem_id: at for node in nodes if (at := node.parent) is not None}
    root = tree if len(above) != 1 else next(iter(above.values()))
    titles = shared(find_all(root, chosen.listing_title or _HEADINGS), places)
    dated = shared(find_all(root, chosen.listing_date or _DATES), places)
    leads = chosen.listing_lead
    told = shared(find_all(root, leads) if leads else [], places)
    # A title tells the link by itself.
    is_titled = all(titles[at] for at in range(len(nodes)))
    links = shared([] if is_titled else find_all(root, "a[href]"), places)
    return [
        EntryParts(whole=node, titles=titles[at], links=links[at], dates=dated[at], leads=told[at])
        for at, node in enumerate(nodes)
    ]


# -- One entry -------------------------------------------------------------------------------------


def _draft(parts: EntryParts, base: str | None, taxonomy: Taxonomy, habits: Habits) -> Draft | None:
    """What an entry says; None without a title or an address, or for an event."""
    link = _link(parts)
    title = _title(parts, link)
    url = absolute(base, attribute(link, "href")) if link is not None else None
    if not title or url is None:
        return None
    order = habits.date_order
    lines = [
        (_remembered if len(text) <= _LONGEST_REMEMBERED_CHARS else _line)(text, taxonomy, order)
        for text in lines_in(parts.whole)
        if text != title
    ]
    printed = _printed(lines)
    kind = _kind(lines, printed, taxonomy)
    if kind is not None and kind.slug is None and signs.is_other_kind(kind.text):
        return None
    return Draft(
        form=FORM,
        title=title,
        summary=_lead(parts, lines, taxonomy),
        partial=True,
        url=url,
        issued=issue_date.stated(_dates(parts, lines, printed), order, IssuedFrom.LISTING),
        content_type=kind,
        issuers=_topics(TopicKind.ISSUER, printed, lines, taxonomy),
        fields=_topics(TopicKind.FIELD, printed, lines, taxonomy),
    )


def _link(parts: EntryParts) -> Node | None:
    """The link of the title, or around it, or the one that says most."""
    for title in parts.titles[:1]:
        above = title.parent
        if above is not None and above.tag == "a" and above.attributes.get("href"):
            return above
        within = [title] if title.tag == "a" else title.css("a[href]")
        while not within and above is not None and above.is_element_node:
            within = [above] if above.tag == "a" and above.attributes.get("href") else []
            if above.mem_id == parts.whole.mem_id:
                break
            above = above.parent
        if within:
            return within[0]
    if parts.whole.tag == "a":
        return parts.whole
    links = parts.links or parts.whole.css("a[href]")
    return max(links, key=lambda link: len(_own_words(link)), default=None)


def _title(parts: EntryParts, link: Node | None) -> str:
    if parts.titles:
        return said(parts.titles[0])
    if link is None:
        return ""
    if link.mem_id == parts.whole.mem_id:
        lines = [line for line in lines_in(link) if not dates.mentions(line)]
        return lines[0] if lines else ""
    return _own_words(link) or attribute(link, "title")


def _own_words(link: Node) -> str:
    words = said(link)
    return "" if _more().fullmatch(words) else words


@cache
def _more() -> re.Pattern[str]:
    words = any_of("more", str, tail=20)
    return re.compile(rf"{words}|[»›→>\s]*", re.IGNORECASE)


def _line(text: str, taxonomy: Taxonomy, order: DateOrder | None) -> EntryLine:
    return EntryLine(
        text=text,
        label=labels.beside(text, taxonomy) if ":" in text else None,
        kind=taxonomy.kind_label(text) if len(text) <= _LONGEST_LABEL_CHARS else None,
        is_date=_is_date(text, order),
    )


_remembered = lru_cache(maxsize=_MOST_REMEMBERED)(_line)


def _printed(lines: Sequence[EntryLine]) -> list[tuple[Slot, str]]:
    """The labels of an entry, with the value on their line or the next."""
    found = []
    for at, line in enumerate(lines):
        if line.label is not None:
            following = lines[at + 1].text if at + 1 < len(lines) else ""
            found.append((line.label.slot, line.label.value or following))
    return found


def _value(printed: Sequence[tuple[Slot, str]], wanted: Slot) -> str:
    """What the first label of a slot announces, "" without one."""
    for slot, value in printed:
        if slot is wanted:
            return value
    return ""


def _kind(
    lines: Sequence[EntryLine], printed: Sequence[tuple[Slot, str]], taxonomy: Taxonomy
) -> Label | None:
    value = _value(printed, Slot.KIND)
    named = _kind_of(value, taxonomy)
    if named is None:
        named = next((line.kind for line in lines if line.kind is not None), None)
    return named or labels.kind([value], taxonomy)


@lru_cache(maxsize=256)
def _kind_of(text: str, taxonomy: Taxonomy) -> Label | None:
    return taxonomy.kind_label(text) if len(text) <= _LONGEST_LABEL_CHARS else None


def _dates(
    parts: EntryParts, lines: Sequence[EntryLine], printed: Sequence[tuple[Slot, str]]
) -> Iterator[str]:
    """The last text of the date's element, of a label, and each line that is a date."""
    for node in parts.dates:
        # The site of old wrote "Publishing date:" and the date as texts of one element.
        yield attribute(node, "datetime")
        yield from reversed(lines_in(node))
    yield from (_value(printed, Slot.PUBLISHED), _value(printed, Slot.ISSUED))
    yield from (line.text for line in lines if line.is_date)


def _is_date(line: str, order: DateOrder | None) -> bool:
    if len(line) > 2 * _MOST_BESIDE_DATE_CHARS or not _DIGIT.search(line):
        return False
    found = dates.mentions(line, order)
    return len(found) == 1 and len(line) - (found[0].end - found[0].start) < _MOST_BESIDE_DATE_CHARS


def _lead(parts: EntryParts, lines: Sequence[EntryLine], taxonomy: Taxonomy) -> str:
    if parts.leads:
        return one_line(parts.leads[0].text())
    # The longest one is the lead unless it is something else, so few are looked at.
    long = [line for line in lines if len(line.text) >= _FEWEST_LEAD_CHARS]
    for line in sorted(long, key=lambda line: len(line.text), reverse=True):
        if line.label is None and not line.is_date and not _is_known(line.text, taxonomy):
            return line.text
    return ""


def _topics(
    kind: TopicKind,
    printed: Sequence[tuple[Slot, str]],
    lines: Sequence[EntryLine],
    taxonomy: Taxonomy,
) -> tuple[Label, ...]:
    """What a label names; without any labels, the lines that are nothing but known names."""
    if printed:
        text = _value(printed, Slot.ISSUERS if kind is TopicKind.ISSUER else Slot.FIELDS)
        return taxonomy.resolve(kind, text) if text else ()
    found = []
    for line in lines:
        if len(line.text) <= _LONGEST_TOPICS_CHARS:
            topics = taxonomy.resolve(kind, line.text)
            if topics and all(label.slug for label in topics):
                found.append(line.text)
    return labels.topics(kind, found, taxonomy)


def _is_known(text: str, taxonomy: Taxonomy) -> bool:
    if len(text) > _LONGEST_TOPICS_CHARS:
        return False
    kinds = (TopicKind.ISSUER, TopicKind.FIELD)
    return any(label.slug for kind in kinds for label in taxonomy.resolve(kind, text)[:1])
