"""Entries of a listing that nothing repeats around: too few of them, or without an element each.

Knows that a heading which leads to another page opens an entry, and that a term does in a list of
definitions. Must never know what an entry says beyond its links and dates.
"""

from collections import Counter
from collections.abc import Iterator

from feeds.parse import dates
from feeds.parse.html.repetition import Grove
from feeds.parse.html.tree import Node, Tree, absolute, attribute, find, find_all, lines_in

_HEADINGS = "h2, h3, h4, h5, h6"
# Without a date they must be more than a remark or two beside something else.
_FEWEST_UNDATED = 3
_FEWEST_CHARS_UNDATED = 60
_MOST_OPENERS = 300
# More is no lead but an article, whose heading only seems to lead elsewhere.
_LONGEST_ENTRY_CHARS = 1_000
_LONGEST_DATE_CHARS = 60


def entries(tree: Tree, base: str | None) -> list[Node]:
    """The elements of all entries, [] where there are none; flat ones get an element each.

    An entry has a link to another page, and a date; without one there are several, with texts.
    """
    grove = Grove()
    terms = [node for node in find_all(tree, "dl > dt")[:_MOST_OPENERS] if grove.path(node)]
    headings = find_all(tree, _HEADINGS)[:_MOST_OPENERS]
    linked = [node for node in headings if _leads_away(node, base) and grove.path(node)]
    for openers in (linked, terms):
        parts = list(_parts(tree, openers, grove))
        dated = [part for part in parts if _is_linked(part, base) and _is_dated(part)]
        if dated:
            return [_around(tree, part) for part in dated]
        if len(linked) >= _FEWEST_UNDATED and openers is linked and all(map(_is_told, parts)):
            return [_around(tree, part) for part in parts]
    return []


def _parts(tree: Tree, openers: list[Node], grove: Grove) -> Iterator[list[Node]]:
    """For each opener the largest element that holds no other, or all up to the next one."""
    held: Counter[int] = Counter()
    for opener in openers:
        held.update(above.mem_id for above in grove.path(opener))
    for title in find_all(tree, "h1")[:_MOST_OPENERS]:
        # What holds the page's title is no entry.
        held.update(2 * [above.mem_id for above in grove.path(title)])
    for opener in openers:
        alone = [above for above in grove.path(opener) if held[above.mem_id] == 1]
        alone = [node for node in alone if node.tag not in {"main", "dl"}]
        if not alone:
            # It holds the page's title, or another opener, itself.
            continue
        largest = alone[-1]
        holds_more = largest.mem_id != opener.mem_id and largest.tag != "a"
        yield [largest] if holds_more else list(_up_to_next(largest, held, grove))


def _up_to_next(opener: Node, held: Counter[int], grove: Grove) -> Iterator[Node]:
    yield opener
    at = opener.next
    while at is not None and not held[at.mem_id]:
        if at.is_element_node and grove.is_furniture(at):
            return
        yield at
        at = at.next


def _leads_away(heading: Node, base: str | None) -> bool:
    above = heading.parent
    links = [above] if above is not None and above.tag == "a" else find_all(heading, "a[href]")
    return any(_target(link, base) for link in links)


def _target(link: Node, base: str | None) -> bool:
    url = absolute(base, attribute(link, "href"))
    return url is not None and url != base


def _is_linked(part: list[Node], base: str | None) -> bool:
    return any(
        _target(link, base) for node in part if node.is_element_node for link in _links(node)
    )


def _links(node: Node) -> list[Node]:
    return [node] if node.tag == "a" else find_all(node, "a[href]")


def _is_dated(part: list[Node]) -> bool:
    if _chars(part) > _LONGEST_ENTRY_CHARS:
        return False
    lines = [line for node in part for line in lines_in(node)]
    if any(dates.mentions(line) for line in lines if len(line) <= _LONGEST_DATE_CHARS):
        return True
    return any(find(node, "time[datetime]") for node in part if node.is_element_node)


def _is_told(part: list[Node]) -> bool:
    return _FEWEST_CHARS_UNDATED <= _chars(part) <= _LONGEST_ENTRY_CHARS


def _chars(part: list[Node]) -> int:
    return sum(len(node.text()) for node in part)


def _around(tree: Tree, part: list[Node]) -> Node:
    """The element around all of an entry, put there where the page has none."""
    if len(part) == 1:
        return part[0]
    wrapper = tree.create_node("div")
    part[0].insert_before(wrapper, move=True)
    for node in part:
        wrapper.insert_child(node, move=True)
    return wrapper
