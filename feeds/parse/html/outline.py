"""The elements of a page with how much each says: its characters, those in links, its prose.

Knows how text is spread over a tree, in any script. Must never know what a page calls its parts, or
what is done with them.
"""

import re
from collections.abc import Iterator

from feeds.parse.html.tree import Node

# What stands within a line; the text in it is its block's.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
# What readers do not see, with scripts at work.
_UNSHOWN = frozenset({"script", "style", "noscript", "template"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# A sign of these scripts says as much as three letters do.
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_LETTERS_OF_A_WIDE_SIGN = 3
# Elements without text, or that left, between one and what stands in front of it.
_MOST_BETWEEN = 8
# A block of running text, not a label or a title.
_FEWEST_CHARS_OF_PROSE = 60
_MOST_OF_PROSE_IN_LINKS = 0.5


class Part:
    """One element: ``own`` is what stands in it and in no block within it; ``chars``, ``linked``
    and ``prose`` are what it says with all it holds; a ``block`` is no part of a line.
    """

    __slots__ = (
        "_place", "block", "chars", "has_title", "held", "in_link", "linked", "node", "own",
        "own_linked", "prose", "tag", "up",
    )  # fmt: skip

    def __init__(self, node: Node, up: "Part | None") -> None:
        self.node = node
        self.up = up
        self.tag: str = node.tag or ""
        self.block = self.tag not in _INLINE
        self.has_title = self.tag == "h1"
        self.in_link: bool = self.tag == "a" or (up is not None and up.in_link)
        self.own = self.own_linked = self.chars = self.linked = self.prose = 0
        self.held: list[Part] = []
        self._place = 0
        if up is not None:
            self._place = len(up.held)
            up.held.append(self)

    @property
    def parts(self) -> "list[Part]":
        """The elements in it that have not left."""
        return [part for part in self.held if part.up is self]

    @property
    def holds_blocks(self) -> bool:
        """Whether it is more than a line."""
        return any(part.block and part.up is self for part in self.held)

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
            waiting.extend(reversed(part.parts))

    def is_below(self, whole: "Part") -> bool:
        """Whether it still stands there, and in another one."""
        return any(above is whole for above in self.around())

    def leave(self) -> None:
        """Takes it out of its page."""
        if self.up is None:
            return
        for above in self.around():
            above.chars -= self.chars
            above.linked -= self.linked
            above.prose -= self.prose
        self.node.decompose()
        self.up = None


def outline(root: Node) -> Part:
    """What stands below an element, measured."""
    top = Part(root, None)
    known = {root.mem_id: top}
    order = [top]
    for node in root.traverse(include_text=True):
        above = node.parent
        up = known.get(above.mem_id) if above is not None else None
        if up is None:
            continue
        if node.is_text_node and up.tag not in _UNSHOWN:
            _tell(up, (node.text_content or "").strip())
        elif node.is_element_node:
            part = known[node.mem_id] = Part(node, up)
            order.append(part)
    for part in reversed(order):
        said = part.own - part.own_linked
        if said >= _FEWEST_CHARS_OF_PROSE and part.own_linked <= _MOST_OF_PROSE_IN_LINKS * part.own:
            part.prose += said
        part.chars += part.own
        part.linked += part.own_linked
        if part.up is not None:
            part.up.chars += part.chars
            part.up.linked += part.linked
            part.up.prose += part.prose
            part.up.has_title |= part.has_title
    return top


def _tell(part: Part, text: str) -> None:
    """Adds a text to the block it stands in."""
    if not text:
        return
    length = len(text)
    if not text.isascii():
        length += (_LETTERS_OF_A_WIDE_SIGN - 1) * len(_WIDE.findall(text))
    is_link = part.in_link
    while not part.block and part.up is not None:
        part = part.up
    part.own += length
    if is_link:
        part.own_linked += length
