"""The elements of a page with how much each says: its characters, those in links, its prose.

Knows how text is spread over a tree, in any script. Must never know what a page calls its parts, or
what is done with them.
"""

from collections.abc import Iterator, Mapping, Sequence

from feeds.parse.html.tree import Node, ancestors, find, names
from feeds.parse.prose import ends_sentence, letters

# What stands within a line; the text in it is its block's.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# What readers do not see, with scripts at work.
UNSHOWN = frozenset({"script", "style", "noscript", "template"})
# Nobody looks into them; some may hold the title of a page that is built oddly.
_UNREAD = UNSHOWN | {"nav", "select", "svg"}
_OF_TITLES = frozenset({"nav", "noscript"})
# What the parser calls a text.
TEXT = "-text"
_BREAK = "br"
# Elements without text, or that left, between one and what stands in front of it.
_MOST_BETWEEN = 8
# A block of running text, not a label or a title.
_FEWEST_CHARS_OF_PROSE = 60
# A few lines shorter than that, and without an end, are a foot of a page, an address or a menu.
_FEWEST_LINES = 3
_MOST_CHARS_OF_SHORT_LINES = 300
_MOST_OF_PROSE_IN_LINKS = 0.5


class Part:
    """One element: ``own`` is what stands in it and in no block within it; ``chars``, ``linked``
    and ``prose`` are what it says with all it holds; a ``block`` is no part of a line.
    """

    __slots__ = (
        "_called", "_place", "block", "breaks", "chars", "has_title", "held", "in_link", "linked",
        "node", "own", "own_linked", "prose", "tag", "up",
    )  # fmt: skip

    def __init__(self, node: Node, tag: str, up: "Part | None") -> None:
        self.node = node
        self.up = up
        self.tag = tag
        self.block = tag not in _INLINE
        self.has_title = tag == "h1"
        self.own = self.own_linked = self.chars = self.linked = self.prose = 0
        #: How often its text goes on in another line.
        self.breaks = 0
        self.held: list[Part] = []
        self._called: str | None = None
        self._place = len(up.held) if up is not None else 0
        self.in_link: bool = tag == "a" or (up is not None and up.in_link)
        if up is not None:
            up.held.append(self)

    @property
    def called(self) -> str:
        """What its page calls it."""
        if self._called is None:
            self._called = names(self.node)
        return self._called

    @property
    def line(self) -> "Part":
        """The block whose line it is part of."""
        part = self
        while not part.block and part.up is not None:
            part = part.up
        return part

    @property
    def parts(self) -> "list[Part]":
        """The elements in it that have not left."""
        return [part for part in self.held if part.up is self]

    @property
    def holds_blocks(self) -> bool:
        """Whether it is more than a line."""
        return any(part.block and part.up is self for part in self.held)

    @property
    def is_line(self) -> bool:
        """Whether it is one, and no more."""
        return not self.breaks and not self.holds_blocks

    @property
    def before(self) -> "Part | None":
        """The nearest element in front of it that says something."""
        if self.up is None:
            return None
        near = self.up.held[max(0, self._place - _MOST_BETWEEN) : self._place]
        return next((part for part in reversed(near) if part.up is self.up and part.chars), None)

    @property
    def is_heading(self) -> bool:
        return self.tag in _HEADINGS

    def around(self) -> "Iterator[Part]":
        """The elements around it, nearest first."""
        above = self.up
        while above is not None:
            yield above
            above = above.up

    def within(self) -> "Iterator[Part]":
        """It and all elements in it, in the order of the page."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            # Most hold nothing.
            if part.held:
                waiting += [each for each in reversed(part.held) if each.up is part]

    def is_below(self, whole: "Part") -> bool:
        """Whether it still stands there, and in another one."""
        above = self.up
        while above is not None and above is not whole:
            above = above.up
        return above is not None

    def neighbour(self, node: Node, *, is_behind: bool) -> "Part":
        """An element without text that was put in front of it, or behind it."""
        made = Part(node, node.tag or "", self.up)
        if self.up is not None:
            held = self.up.held
            held.insert(self._place + is_behind, held.pop())
            for place in range(self._place, len(held)):
                held[place]._place = place  # noqa: SLF001 - of its own kind
        return made

    def leave(self) -> None:
        """Takes it out of its page; the line it was part of is as long as before."""
        if self.up is None:
            return
        for above in self.around():
            above.chars -= self.chars
            above.linked -= self.linked
            above.prose -= self.prose
        self.node.decompose()
        self.up = None

    def measure_line(self) -> None:
        """Measures a block anew that has lost parts of its line."""
        chars, linked, prose = self.own, self.own_linked, self._own_prose()
        self.own = self.own_linked = 0
        waiting = [self]
        while waiting:
            part = waiting.pop()
            waiting += [each for each in part.parts if not each.block]
            for node in part.node.iter(include_text=True, skip_empty=True):
                if node.is_text_node:
                    part.tell(letters((node.text_content or "").strip()))
        chars, linked = self.own - chars, self.own_linked - linked
        prose = self._own_prose() - prose
        for part in (self, *self.around()):
            part.chars += chars
            part.linked += linked
            part.prose += prose

    def tell(self, length: int) -> None:
        """Adds letters that stand in it to the block it is part of."""
        line = self if self.block else self.line
        line.own += length
        if self.in_link:
            line.own_linked += length

    def add_up(self) -> None:
        """Adds what it says itself to what it says with all it holds, and that to what is around
        it.
        """
        if own := self.own:
            # Most say too little for prose.
            if own >= _FEWEST_CHARS_OF_PROSE:
                self.prose += self._own_prose()
            self.chars += own
            self.linked += self.own_linked
        up = self.up
        if up is None:
            return
        if self.chars:
            up.chars += self.chars
            up.linked += self.linked
            up.prose += self.prose
        if self.has_title:
            up.has_title = True

    def _own_prose(self) -> int:
        said = self.own - self.own_linked
        is_prose = (
            said >= _FEWEST_CHARS_OF_PROSE and self.own_linked <= _MOST_OF_PROSE_IN_LINKS * self.own
        )
        return said if is_prose and not self._is_of_short_lines(said) else 0

    def _is_of_short_lines(self, said: int) -> bool:
        lines = self.breaks + 1
        return (
            lines >= _FEWEST_LINES
            and said < min(_MOST_CHARS_OF_SHORT_LINES, lines * _FEWEST_CHARS_OF_PROSE)
            and not ends_sentence(self.node.text().rstrip())
        )


def take_out(nodes: Sequence[Node], known: Mapping[int, Part]) -> None:
    """Removes elements from their page, whether or not some stand within others; ``known`` are the
    parts of it that were measured.
    """
    taken = {node.mem_id for node in nodes}
    # What stands within a removed element is gone with it and must not be touched again.
    outer = [node for node in nodes if not any(each.mem_id in taken for each in ancestors(node))]
    for node in outer:
        if part := known.get(node.mem_id):
            part.leave()
        else:
            node.decompose()


def put(node: Node, beside: Node, known: dict[int, Part], *, is_behind: bool = False) -> None:
    """Puts an element without text in front of another one, or behind it; where that is one of the
    ``known`` parts, it is one, too.
    """
    if is_behind:
        beside.insert_after(node, move=True)
    else:
        beside.insert_before(node, move=True)
    if part := known.get(beside.mem_id):
        known[node.mem_id] = part.neighbour(node, is_behind=is_behind)


def outline(root: Node) -> dict[int, Part]:
    """What stands below an element, measured, by its nodes: first itself, then all others as they
    follow.
    """
    whole = Part(root, root.tag or "", None)
    found = {root.mem_id: whole}
    looked_into = dict(found)
    last: dict[int, str] = {}
    # The root comes first, and what is around it is not looked into.
    for node in root.traverse(include_text=True, skip_empty=True):
        up = node.parent
        place = up.mem_id if up is not None else 0
        part = looked_into.get(place)
        if part is None:
            continue
        tag = node.tag or ""
        if tag == TEXT:
            part.tell(letters((node.text_content or "").strip()))
        elif node.is_element_node:
            name = node.mem_id
            found[name] = inner = Part(node, tag, part)
            # Two in a row are a gap.
            if tag == _BREAK != last.get(place):
                part.line.breaks += 1
            # Menus may be most of a page.
            is_titled = tag in _OF_TITLES and find(node, "h1, main") is not None
            if tag not in _UNREAD or is_titled:
                looked_into[name] = inner
        last[place] = tag
    for part in reversed(found.values()):
        part.add_up()
    return found
