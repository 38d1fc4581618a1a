"""A listing of items: which elements of its page are entries, and what each of them says.

Knows when a page is a listing, as its entries say more than the rest of it does. Must never know
how an entry is put together, what leads to older ones, or what an item's page holds.
"""

from collections.abc import Iterator

from feeds.draft import Document, Habits, Parsed, Selectors
from feeds.parse import dateline
from feeds.parse.html import page_links
from feeds.parse.html.listing import listed_entry, repetition
from feeds.parse.html.listing.listed_entry import EntryParts
from feeds.parse.html.listing.repetition import Surroundings, shared
from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.tree import (
    Node,
    Tree,
    find,
    find_all,
    said,
)
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_DATES = 'time, [class*="date" i], [class*="publish" i], [class*="posted" i]'
_ARTICLE = 'meta[property="og:type"][content="article" i], meta[property="article:published_time"]'
# Texts shorter than this are introductions, notes and buttons.
_FEWEST_CHARS_OF_A_PARAGRAPH = 80
_FEWEST_CHARS_OF_AN_ARTICLE = 100
_PROSE = ("p", "div", "td", "section", "article", "blockquote")


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
    drafts = [draft for each in parts if (draft := listed_entry.read(each, base, taxonomy, habits))]
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
