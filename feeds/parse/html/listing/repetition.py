"""The entries of a listing by the structure of its page: what repeats, or what headings open.

Knows how entries look alike: the same element with the same class below the same kind of parent;
that a heading which leads to another page opens an entry, and that a term does in a list of
definitions. Must never know what an entry says beyond its links and dates.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from urllib.parse import urlsplit

from config.values import host_of
from feeds.parse import dates
from feeds.parse.html.tree import Node, Tree, absolute, attribute, find, find_all, lines_in, said
from feeds.parse.html.tree import ancestors as ancestors_of
from feeds.parse.prose import width

#: How many members of a group have a date of their own, how many there are, how much they say.
_Weight = tuple[int, int, int]
_FEWEST = 3
# An entry may hold one other: the rest of it, or what is related.
_FEWEST_OF_LAYOUT = 2
_MOST_LINKS = 3_000
_HIGHEST = 60
_TOPS = frozenset({"body", "html"})
_FURNITURE = frozenset({"nav", "header", "footer", "aside", "form"})
# Most links of a page stand in its menus: those are told without climbing from each.
_LINKS = "a[href]:not([rel~=nofollow], nav *, footer *, aside *, form *)"
_MENU = re.compile(
    r"(?:^|[\s_-])(?:menu|nav|navbar|navigation|breadcrumbs?|pager|pagination|sidebar|footer|header|"
    r"related|share|social|tags|cookies?|language|banner|toolbar)(?:$|[\s_-])"
)
_COUNTED = re.compile(r"\d+")
# A word begins with it; asked behind it, as the search is then for two characters.
_DATE_LIKE = re.compile(r"(?:19|20)\d\d\b(?<!\w\d{4})")
_FEWEST_TITLE_CHARS = 12
_FEWEST_TEXT_CHARS = 40
_GOOD = 0.7
_NEVER_FURNITURE = frozenset({"article", "main", "body"})

# Of entries that nothing repeats around.
_HEADINGS = "h2, h3, h4, h5, h6"
# Without a date they must be more than a remark or two beside something else.
_FEWEST_UNDATED = 3
_FEWEST_CHARS_UNDATED = 60
_MOST_OPENERS = 300
# Names of sections have fewer words, and their pages fewer headings.
_FEWEST_HEADLINES = 5
_FEWEST_SPACES_OF_A_HEADLINE = 3
_FEWEST_WIDE_OF_A_HEADLINE = 12
# More is no lead but an article, whose heading only seems to lead elsewhere.
_LONGEST_ENTRY_CHARS = 1_000
_LONGEST_DATE_CHARS = 60


class Ancestors:
    """The elements around others of one page, each looked at once."""

    def __init__(self) -> None:
        self._kinds: dict[int, str | None] = {}

    def is_furniture(self, node: Node) -> bool:
        """Whether an element is a piece of furniture or stands in one."""
        self.climb(node)
        return self._kinds.get(node.mem_id, "") is None

    def path(self, node: Node) -> list[Node]:
        """The element and what is around it below the body; [] within furniture."""
        path: list[Node] = []
        at = None if self.is_furniture(node) else node
        while at is not None and at.tag not in _TOPS and len(path) < _HIGHEST:
            path.append(at)
            at = at.parent
        return path

    def climb(self, node: Node) -> list[tuple[str, str, Node]]:
        """An element and those around it, below the body and seen for the first time.

        Each comes with the kind of what is around it, "" for the body, and its own: element and
        first class, its numbers left out. Furniture and what stands in it is left out.
        """
        passed, kinds = [], self._kinds
        at: Node | None = node
        while at is not None and (name := at.mem_id) not in kinds and at.tag not in _TOPS:
            passed.append((name, at))
            at = at.parent
        around = kinds.get(name, "") if at is not None else ""
        found = []
        while passed:
            name, each = passed.pop()
            kind = _kind(each) if around is not None else None
            kinds[name] = kind
            if around is not None and kind is not None:
                found.append((around, kind, each))
            around = kind
        return found


def shared(nodes: Sequence[Node], owners: dict[int, int | None]) -> defaultdict[int, list[Node]]:
    """Which of some elements are an owner or stand in one, by its place, in the page's order.

    What is learnt of other elements is added to ``owners``.
    """
    found: defaultdict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        passed = []
        at: Node | None = node
        while at is not None and (name := at.mem_id) not in owners:
            passed.append(name)
            at = at.parent
        place = owners[name] if at is not None else None
        for name in passed:
            owners[name] = place
        if place is not None:
            found[place].append(node)
    return found


def entries(tree: Tree, base: str | None, ancestors: Ancestors) -> list[list[Node]]:
    """The groups of repeated elements that hold a link with a title, and a date or a text.

    A link to a part of its own page opens no entry, nor does one its site does not vouch for: those
    stand in comments.

    Those with dates go before others, then the more numerous, then the larger ones; of those
    behind the first only the ones with dates are told.
    """
    groups: defaultdict[tuple[str, str], list[Node]] = defaultdict(list)
    page = urlsplit(base or "").path
    for link in find_all(tree, _LINKS)[:_MOST_LINKS]:
        address = link.attributes.get("href") or ""
        if "#" in address and _is_of_page(address, page):
            continue
        for around, kind, node in ancestors.climb(link):
            groups[around, kind].append(node)
    weighed = [(_weight(group), group) for group in groups.values() if len(group) >= _FEWEST]
    good = [_without_layout(weight, group) for weight, group in weighed if weight[1]]
    good = sorted((each for each in good if each[0][1]), key=itemgetter(0), reverse=True)
    return [group for at, (weight, group) in enumerate(good) if at == 0 or weight[0] >= _FEWEST]


def _is_of_page(address: str, page: str) -> bool:
    """Whether an address with a fragment is of the page with some path: "#comment-7"."""
    before = address.partition("#")[0]
    path = before.partition("?")[0]
    return not before or (len(page) > 1 and path.endswith(page))


def _without_layout(weight: _Weight, group: list[Node]) -> tuple[_Weight, list[Node]]:
    """A group without those that hold several others, or most, and what it then weighs: what
    does is layout.
    """
    members = {node.mem_id for node in group}
    # The members of most groups stand in one element, and nowhere near one another.
    parents = {each.mem_id: each for node in group if (each := node.parent) is not None}
    above = (islice(ancestors_of(parent), _HIGHEST) for parent in parents.values())
    names = (each.mem_id for each in chain.from_iterable(above))
    if members.isdisjoint(parents) and members.isdisjoint(names):
        return weight, group
    held: Counter[int] = Counter()
    for node in group:
        for around in islice(ancestors_of(node), _HIGHEST):
            if (name := around.mem_id) in members:
                held[name] += 1
    most = min(_FEWEST_OF_LAYOUT, (len(group) - 1) / 2)
    left = [node for node in group if not held[node.mem_id] or held[node.mem_id] < most]
    return (weight, group) if len(left) == len(group) else (_weight(left), left)


def _weight(group: list[Node]) -> _Weight:
    """How many members have a date of their own, how many there are, how much they say."""
    texts = [node.text(separator=" ") for node in group]
    lengths = [len(text) for text in texts]
    own = {at for at, text in enumerate(texts) if _DATE_LIKE.search(text)}
    good = [
        at
        for at, length in enumerate(lengths)
        if length >= (_FEWEST_TITLE_CHARS if at in own else _FEWEST_TEXT_CHARS)
    ]
    if len(good) < max(_FEWEST, _GOOD * len(group)):
        return 0, 0, 0
    if len(own) < _FEWEST and sum(lengths) < 2 * _FEWEST_TEXT_CHARS * len(group):
        return 0, 0, 0
    return len(own), len(good), sum(lengths)


def _kind(node: Node) -> str | None:
    tag = node.tag or ""
    if tag in _FURNITURE and not (tag == "header" and _is_in_article(node)):
        return None
    known = node.attributes
    # Many have none.
    if not known:
        return tag
    return _named(tag, known.get("class"), known.get("id"), known.get("role"))


def _is_in_article(node: Node) -> bool:
    above = node.parent
    return above is not None and above.tag == "article"


@lru_cache(maxsize=1_024)
def _named(tag: str, classes: str | None, id_: str | None, role: str | None) -> str | None:
    called = f"{classes or ''} {id_ or ''} {role or ''}".casefold()
    if tag not in _NEVER_FURNITURE and _MENU.search(called):
        return None
    first = (classes or "").split(maxsplit=1)[:1]
    return f"{tag}.{_COUNTED.sub('', first[0])}" if first else tag


def unrepeated(tree: Tree, base: str | None) -> list[Node]:
    """The elements of all entries that nothing repeats around: flat ones, or else the headings of
    a front page that tells nothing but headlines; [] where there are none.
    """
    ancestors = Ancestors()
    headings = find_all(tree, _HEADINGS)[:_MOST_OPENERS]
    linked = [node for node in headings if _leads_away(node, base) and ancestors.path(node)]
    return _flat(tree, linked, base, ancestors) or _headlines(tree, linked, base)


def _flat(tree: Tree, linked: list[Node], base: str | None, ancestors: Ancestors) -> list[Node]:
    """An element for each entry: it has a link to another page, and a date; without one there are
    several, with texts.
    """
    terms = [node for node in find_all(tree, "dl > dt")[:_MOST_OPENERS] if ancestors.path(node)]
    for openers in filter(None, (linked, terms)):
        parts = list(_parts(tree, openers, ancestors))
        dated = [part for part in parts if _is_linked(part, base) and _is_dated(part)]
        if dated:
            return [_wrapped(tree, part) for part in dated]
        if len(linked) >= _FEWEST_UNDATED and openers is linked and all(map(_is_told, parts)):
            return [_wrapped(tree, part) for part in parts]
    return []


def _headlines(tree: Tree, linked: list[Node], base: str | None) -> list[Node]:
    """The headings of a front page, [] for a page of names: most are several words long and lead to
    an address of their own on the same site.
    """
    told = {url: node for node in linked if (url := _headlined(node, base))}
    if len(told) < max(_FEWEST_HEADLINES, _GOOD * len(linked)):
        return []
    # A headline of its own, which leads nowhere, is an article's.
    own = [said(node) for node in find_all(tree, "h1") if not _leads_away(node, base)]
    is_article = any(text.count(" ") >= _FEWEST_SPACES_OF_A_HEADLINE for text in own)
    return [] if is_article else list(told.values())


def _headlined(heading: Node, base: str | None) -> str | None:
    """Where a heading with a headline leads on its site."""
    text, above = said(heading), heading.parent
    is_headline = text.count(" ") >= _FEWEST_SPACES_OF_A_HEADLINE or (
        not text.isascii() and width([text]) >= 2 * _FEWEST_WIDE_OF_A_HEADLINE > len(text)
    )
    links = [above] if above is not None and above.tag == "a" else find_all(heading, "a[href]")
    urls = (absolute(base, attribute(link, "href")) for link in links) if is_headline else ()
    return next((url for url in urls if url and host_of(url) == host_of(base or url)), None)


def _parts(tree: Tree, openers: list[Node], ancestors: Ancestors) -> Iterator[list[Node]]:
    """For each opener the largest element that holds no other, or all up to the next one."""
    held: Counter[int] = Counter()
    for opener in openers:
        held.update(above.mem_id for above in ancestors.path(opener))
    for title in find_all(tree, "h1")[:_MOST_OPENERS]:
        # What holds the page's title is no entry.
        held.update(2 * [above.mem_id for above in ancestors.path(title)])
    for opener in openers:
        alone = [above for above in ancestors.path(opener) if held[above.mem_id] == 1]
        alone = [node for node in alone if node.tag not in {"main", "dl"}]
        if not alone:
            # It holds the page's title, or another opener, itself.
            continue
        largest = alone[-1]
        holds_more = largest.mem_id != opener.mem_id and largest.tag != "a"
        yield [largest] if holds_more else list(_up_to_next(largest, held, ancestors))


def _up_to_next(opener: Node, held: Counter[int], ancestors: Ancestors) -> Iterator[Node]:
    yield opener
    at = opener.next
    while at is not None and not held[at.mem_id]:
        if at.is_element_node and ancestors.is_furniture(at):
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


def _wrapped(tree: Tree, part: list[Node]) -> Node:
    """The element around all of an entry, put there where the page has none."""
    if len(part) == 1:
        return part[0]
    wrapper = tree.create_node("div")
    part[0].insert_before(wrapper, move=True)
    for node in part:
        wrapper.insert_child(node, move=True)
    return wrapper
