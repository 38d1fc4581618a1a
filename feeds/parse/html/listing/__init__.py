"""A listing of items: which elements of its page are entries, and what each of them says.

Knows when a page is a listing, as its entries say more than the rest of it does. Must never know
how an entry is put together, what leads to older ones, or what an item's page holds.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice

from config.values import wide
from feeds.draft import Document, Draft, Habits, Parsed
from feeds.parse import dateline
from feeds.parse.html import issue_date, page_links
from feeds.parse.html.listing import listed_entry, repetition
from feeds.parse.html.listing.listed_entry import EntryParts
from feeds.parse.html.listing.repetition import Ancestors, shared
from feeds.parse.html.metadata import MARKS, HtmlPage
from feeds.parse.html.outline import Part
from feeds.parse.html.tree import Node, Tree, find, find_all, said
from feeds.parse.prose import is_headline, letters
from feeds.parse.text import genre
from feeds.parse.words import plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_DATES = 'time, [class*="date" i], [class*="publish" i], [class*="posted" i]'
# A page with a headline of its own, and so much text in one place, tells that story.
_FEWEST_CHARS_OF_A_STORY = 300
_FEWEST_CHARS_BELOW_A_NAME = 900
# Texts shorter than this are introductions, notes and buttons.
_FEWEST_CHARS_OF_AN_ARTICLE = 100
_LONGEST_TEASER_CHARS = 600
# A teaser has a title and a lead, which may be as long.
_FEWEST_LINES = 3
_FEWEST_PARAGRAPHS = 2
# A page has few lists, and a heading stands near the first entry of its own.
_MOST_GROUPS = 6
_MOST_ABOVE = 3
_PART_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_FEWEST_CHARS_OF_A_TITLE = 12
_UNSHOWN = "script, style, noscript, template"
#: For each element, and how far was looked above it, those in it.
_Headed = dict[tuple[int, int], frozenset[int]]
# What runs on for so long is no label, link or remark; in these scripts for a third of it.
_FEWEST_CHARS_OF_A_LINE = 60
_FEWEST_WIDE_CHARS = 20


def parse(
    page: HtmlPage, base: str | None, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Parsed | None:
    """The entries of a listing; None for a page that is none.

    The teasers of other items on an item's page are taken out of the tree.
    """
    tree, ancestors = page.tree, Ancestors()
    is_chosen = bool(habits.listing_entry)
    nodes = find_all(tree, habits.listing_entry) if is_chosen else []
    if is_chosen and (not nodes or _is_page_of(tree, habits)):
        return None
    groups = [nodes] if nodes else repetition.entries(tree, base, ancestors)
    if groups and not is_chosen and _is_item(page, document, groups[0], ancestors):
        _take_out(page, groups[0])
        return None
    groups = groups or [_few(page, document, base)]
    drafts = _news_of(tree, groups, base, taxonomy, habits)
    if not drafts:
        return None
    return Parsed(
        form=listed_entry.FORM,
        # Each address once, at its first place: pictures and titles often link to the same item.
        drafts=tuple({draft.url: draft for draft in reversed(drafts)}.values())[::-1],
        is_list=True,
        next_page=page_links.next_page(tree, base),
        hub=page_links.hub(page_links.read(tree, base), document.url),
    )


def _news_of(
    tree: Tree, groups: list[list[Node]], base: str | None, taxonomy: Taxonomy, habits: Habits
) -> list[Draft]:
    """What the first group says that holds news, without the events in it; where all of them lead
    to events, what the first one says.
    """
    first: list[Draft] = []
    for nodes in groups[:_MOST_GROUPS]:
        own = nodes if habits.listing_entry else _below_news(nodes)
        parts = _parts(tree, own, habits) if own else []
        told = (listed_entry.read(each, base, taxonomy, habits) for each in parts)
        drafts = [draft for draft in told if draft]
        first = first or drafts
        folders = [(draft.url or "").rpartition("/")[0] for draft in drafts]
        events = set(filter(_is_of_events, set(folders)))
        if news := [each for each, at in zip(drafts, folders, strict=True) if at not in events]:
            return news
    return first


def _below_news(nodes: list[Node]) -> list[Node]:
    """The entries whose part of the page is not headed as one of another kind: "Events"."""
    known: _Headed = {}
    # Most stand in one element.
    around = {above.mem_id: above for node in nodes if (above := node.parent) is not None}
    others = frozenset().union(*(_headed_as_other(above, known) for above in around.values()))
    return [node for node in nodes if node.mem_id not in others] if others else nodes


def _headed_as_other(
    around: Node | None, known: _Headed, most: int = _MOST_ABOVE
) -> frozenset[int]:
    """Which of the elements in one stand below a heading of another kind: the last one above them,
    beside them or beside what is around them; ``known`` is what was learnt of other elements.
    """
    if around is None or not around.is_element_node or most == 0:
        return frozenset()
    place = around.mem_id, most
    if place not in known:
        outer = _headed_as_other(around.parent, known, most - 1)
        known[place] = frozenset(_below_others(around, is_other=around.mem_id in outer))
    return known[place]


def _below_others(around: Node, *, is_other: bool) -> Iterator[int]:
    for node in around.iter():
        if node.tag in _PART_HEADINGS:
            is_other = node.tag != "h1" and genre.is_other_kind(said(node))
        elif is_other:
            yield node.mem_id


# The entries of a list stand in few folders.
@lru_cache(maxsize=256)
def _is_of_events(folder: str) -> bool:
    """Whether an address in a folder says that an event is told of there: "/events/12"."""
    return not plain("event_folders", str.casefold).isdisjoint(folder.casefold().split("/")[3:])


def _is_page_of(tree: Tree, habits: Habits) -> bool:
    """Whether the source's selectors find an item's text: news may be listed beside it."""
    return bool(habits.page_text) and find(tree, habits.page_text) is not None


def _is_item(page: HtmlPage, document: Document, nodes: list[Node], ancestors: Ancestors) -> bool:
    """Whether a page says more itself than its entries do, or at least that it is an article.

    It says so in its metadata, by the title its lead promised, or by a dateline of its own.
    """
    lead = document.lead
    if lead is not None:
        promised = fold(lead.title)
        if any(fold(said(heading)) == promised for heading in find_all(page.tree, "h1")):
            return True
    body = page.tree.body
    may_be = body is not None and _may_be_item(page, body, nodes)
    if not may_be or (whole := page.whole) is None:
        return False
    entries = {node.mem_id for node in nodes}
    prose, teasers = [], []
    for part, is_teaser in _told_apart(whole, entries, ancestors):
        if is_teaser:
            teasers.append(part)
        else:
            prose.append(part)
    run = _longest_run(prose)
    if _is_story(page, whole, run):
        return True
    own = sum(part.own - part.own_linked for part in prose)
    if own >= _FEWEST_CHARS_OF_AN_ARTICLE and (
        _is_article(page)
        or _is_marked(prose, page)
        or any(dateline.find(said(part.node)) for part in prose)
    ):
        return True
    if own > sum(part.chars for part in teasers):
        return True
    # Columns that are menus say next to nothing beside one running text.
    return 2 * run > own > sum(map(_told_by, teasers))


def _told_by(teaser: Part) -> int:
    """How much a teaser says: its words and the longest of its links, as a menu has many."""
    links = (letters(said(link)) for link in find_all(teaser.node, "a[href]"))
    return teaser.chars - teaser.linked + min(teaser.linked, max(links, default=0))


def _is_marked(prose: Sequence[Part], page: HtmlPage) -> bool:
    """Whether prose of a page stands in the only element it marks as the text of an article."""
    for mark in MARKS:
        if nodes := find_all(page.tree, mark):
            return len(nodes) == 1 and any(
                nodes[0].mem_id in {above.node.mem_id for above in (part, *part.around())}
                for part in prose
            )
    return False


def _longest_run(prose: Sequence[Part]) -> int:
    """The characters of the longest text of paragraphs beside each other, or in one element."""
    runs: Counter[int] = Counter()
    for part in prose:
        around = part if part.up is None or part.holds_blocks else part.up
        runs[id(around)] += part.own - part.own_linked
    return max(runs.values(), default=0)


def _is_story(page: HtmlPage, whole: Part, chars: int) -> bool:
    """Whether a page shows, in no link, the title that its head gives it, and tells so much in one
    place: a headline needs less of it than what may be a name.
    """
    if chars < _FEWEST_CHARS_OF_A_STORY:
        return False
    stated = set(map(fold, page.metas.get("og:title", ())))
    window = fold(said(find(page.tree, "title")))
    for part in whole.within():
        is_line = part.block and not part.linked and not part.holds_blocks
        if is_line and _FEWEST_CHARS_OF_A_TITLE <= part.own <= _LONGEST_TEASER_CHARS:
            text = said(part.node)
            is_told = chars >= _FEWEST_CHARS_BELOW_A_NAME or is_headline(text)
            if is_told and ((words := fold(text)) in stated or window.startswith(words)):
                return True
    return False


def _may_be_item(page: HtmlPage, body: Node, nodes: list[Node]) -> bool:
    """Whether more running text stands beside the entries than a remark, or much in one of them.

    A quick look: to measure a page takes longer than to read a listing.
    """
    if _is_article(page):
        return True
    within = 0
    for node in nodes:
        lines = _long_lines(node)
        chars = sum(lines)
        if len(lines) >= _FEWEST_LINES or chars >= _LONGEST_TEASER_CHARS:
            return True
        within += chars
    beside = sum(_long_lines(body)) - within
    if beside >= _FEWEST_CHARS_OF_AN_ARTICLE:
        beside -= sum(chain.from_iterable(map(_long_lines, find_all(body, _UNSHOWN))))
    return beside >= _FEWEST_CHARS_OF_AN_ARTICLE


def _long_lines(node: Node) -> list[int]:
    """How long those lines of an element are that run on."""
    text = node.text(separator="\n")
    lines = text.split("\n")
    if text.isascii():
        return [length for length in map(len, lines) if length >= _FEWEST_CHARS_OF_A_LINE]
    return [
        len(line)
        for line in lines
        if len(line) >= _FEWEST_CHARS_OF_A_LINE
        or (len(line) >= _FEWEST_WIDE_CHARS and wide(line) > 0)
    ]


def _told_apart(
    whole: Part, entries: set[int], ancestors: Ancestors
) -> Iterator[tuple[Part, bool]]:
    """The teasers of a page (True), and the blocks of prose in none of them and in no furniture."""
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        is_teaser = part.node.mem_id in entries and _is_titled(part)
        if is_teaser and not _is_article_itself(part, whole):
            yield part, True
            continue
        if not part.chars or _is_furniture(part, whole, ancestors):
            continue
        if part.prose > sum(each.prose for each in part.parts):
            yield part, False
        waiting.extend(reversed(part.parts))


def _is_furniture(part: Part, whole: Part, ancestors: Ancestors) -> bool:
    """Whether a part is furniture; what holds the title or the article of a page is none."""
    if part is whole or part.has_title or _is_article_itself(part, whole):
        return False
    return ancestors.is_furniture(part.node)


def _is_titled(entry: Part) -> bool:
    """Whether an entry leads to another page by its title: a heading, or a line that is a link."""
    return any(
        part.is_heading or part.own_linked >= max(_FEWEST_CHARS_OF_A_TITLE, part.own / 2)
        for part in entry.within()
    )


def _is_article_itself(part: Part, whole: Part) -> bool:
    """Whether a part holds most of the prose of its page, in several paragraphs: where such parts
    repeat, it is the layout that does.
    """
    if 2 * part.prose <= whole.prose:
        return False
    paragraphs = (
        each for each in part.within() if each.prose > sum(below.prose for below in each.parts)
    )
    first = list(islice(paragraphs, _FEWEST_PARAGRAPHS))
    return len(first) == _FEWEST_PARAGRAPHS or any(map(_is_broken, first))


def _is_broken(block: Part) -> bool:
    """Whether a block is as long as a story and breaks its lines, as old pages set paragraphs."""
    return block.own - block.own_linked >= _FEWEST_CHARS_OF_A_STORY and any(
        part.tag == "br" for part in block.parts
    )


def _few(page: HtmlPage, document: Document, base: str | None) -> list[Node]:
    """Entries nothing repeats around, on a page that says nothing beside them."""
    if _is_article(page):
        return []
    nodes = repetition.unrepeated(page.tree, base)
    return nodes if nodes and not _is_item(page, document, nodes, Ancestors()) else []


def _take_out(page: HtmlPage, nodes: list[Node]) -> None:
    """Removes teasers of other items; list items of the article itself have no headings."""
    places: dict[int, int | None] = {node.mem_id: at for at, node in enumerate(nodes)}
    marked = shared(find_all(page.tree, "h2, h3, h4, h5, h6, time"), places)
    if len(marked) == len(nodes) and all(find(node, "h1") is None for node in nodes):
        page.take_out_others(nodes)


def _is_article(page: HtmlPage) -> bool:
    kinds = map(str.casefold, page.metas.get("og:type", ()))
    is_dated = "article:published_time" in page.metas
    return is_dated or "article" in kinds or len(page.articles) == 1


def _parts(tree: Tree, nodes: list[Node], habits: Habits) -> list[EntryParts]:
    """The parts of all entries; each kind of part is looked for once in the whole page."""
    places: dict[int, int | None] = {node.mem_id: at for at, node in enumerate(nodes)}
    # Where one element holds all entries, the menus around it are not searched.
    above = {at.mem_id: at for node in nodes if (at := node.parent) is not None}
    root = tree if len(above) != 1 else next(iter(above.values()))
    titles = shared(find_all(root, habits.listing_title or _HEADINGS), places)
    days = find_all(root, habits.listing_date or _DATES)
    if not habits.listing_date:
        days = [node for node in days if not issue_date.is_misnamed(node)]
    dated = shared(days, places)
    leads = habits.listing_lead
    told = shared(find_all(root, leads) if leads else [], places)
    # A title tells the link by itself.
    is_titled = all(titles[at] for at in range(len(nodes)))
    links = shared([] if is_titled else find_all(root, "a[href]"), places)
    return [
        EntryParts(whole=node, titles=titles[at], links=links[at], dates=dated[at], leads=told[at])
        for at, node in enumerate(nodes)
    ]
