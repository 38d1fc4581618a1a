"""A page as a tree, and the few questions everyone asks of it.

Knows the parser. Must never know what a page is about.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from config.values import WITHOUT_JOINERS, is_web_address
from feeds.parse.bytes import readable
from feeds.parse.href import as_read, joined_plainly
from feeds.parse.prose import is_placeholder

Tree = LexborHTMLParser
Node = LexborNode

# No browser takes a longer one.
_LONGEST_ADDRESS_CHARS = 4_000
_PLAIN_ADDRESS = re.compile(r"https?://[\w.-]++(?>(?:/[\w-][\w.-]*+)*)/?(?:\?[\w=&-]++)?", re.ASCII)
# No title, label or date is longer; a page with one of a megabyte is still read quickly.
LONGEST_LINE_CHARS = 2_000
_WORD_WITHIN = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_OPENS_A_LINE = frozenset('„“«‘¿¡"')
_ENDS_A_LINE = frozenset(".!?…”»")
_TEMPLATE = re.compile(r"<(/?)template\b[^<>]{0,500}>", re.IGNORECASE)
_MOST_SLOTTED = 50
_SRCDOC = " srcdoc="
_QUOTES = ('"', "'")
_MOST_FRAMES = 50
_LONGEST_TAG_CHARS = 1_000
_LONGEST_ADVERTISEMENT_CHARS = 600
# Of an entry of a listing, no more is read.
_LONGEST_TEXT_CHARS = 50_000


def framed(text: str) -> str:
    """Markup in which documents that frames hold as an attribute, longer than an advertisement,
    stand where their frames do.
    """
    parts, at = [], 0
    for _ in range(_MOST_FRAMES):
        start = text.find("<iframe", at)
        named = text.find(_SRCDOC, start, start + _LONGEST_TAG_CHARS) if start >= 0 else -1
        if start < 0:
            break
        first = named + len(_SRCDOC)
        quote = text[first : first + 1]
        end = text.find(quote, first + 1) if named >= 0 and quote in _QUOTES else -1
        behind = text.find(">", max(end, start)) + 1
        if not behind:
            break
        is_long = end - first > _LONGEST_ADVERTISEMENT_CHARS
        parts.append(text[at:start] if is_long else text[at:behind])
        if is_long:
            parts.append(f"<div>{unescape(text[first + 1 : end])}</div>")
        at = behind
    return "".join((*parts, text[at:]))


def composed(text: str) -> Tree:
    """The tree of some markup as a browser shows it: declarative shadow roots are elements like
    others, and what has a slot in one stands in it.
    """
    if "shadowroot" not in text:
        return Tree(text.encode("utf-8", "replace"))
    is_shown: list[bool] = []

    def plain(tag: re.Match[str]) -> str:
        if tag[1]:
            return "</div>" if is_shown and is_shown.pop() else tag[0]
        is_shown.append("shadowroot" in tag[0].lower())
        return "<div data-shadow>" if is_shown[-1] else tag[0]

    tree = Tree(_TEMPLATE.sub(plain, text).encode("utf-8", "replace"))
    for node in find_all(tree, "[data-shadow] ~ [slot]")[:_MOST_SLOTTED]:
        name = attribute(node, "slot")
        root = node.prev
        while root is not None and "data-shadow" not in root.attributes:
            root = root.prev
        for slot in find_all(root, "slot") if root is not None else ():
            if attribute(slot, "name") == name:
                slot.insert_child(node, move=True)
                break
    return tree


def one_line(text: str | None) -> str:
    """A text on one line, as a person reads it."""
    if not text:
        return ""
    return _evened(text[:LONGEST_LINE_CHARS].strip())


def said(node: Node | None) -> str:
    """The text of an element on one line."""
    if node is None:
        return ""
    text = node.text()
    is_even = text.isprintable() and "  " not in text and len(text) <= LONGEST_LINE_CHARS
    return text.strip() if is_even else one_line(text)


def parts_of(node: Node) -> list[str]:
    """What an element says, parted where an element within it begins or ends without a blank, and a
    sentence or a quotation begins: "Politics" and "Bridge opens" in "PoliticsBridge opens".
    """
    parts: list[str] = [""]
    for text in filter(None, node.text(separator="\0")[:_LONGEST_TEXT_CHARS].split("\0")):
        is_quoted = text[0] in _OPENS_A_LINE and text[1:2].isalnum()
        is_end = parts[-1][-1:].islower() or parts[-1][-1:] in _ENDS_A_LINE
        if is_end and (text[0].isupper() or is_quoted):
            parts.append("")
        parts[-1] += text
    return [line for each in parts if (line := one_line(each))]


def lines_in(node: Node) -> list[str]:
    """Each text within an element on a line of its own, without empty ones."""
    # No text of a tree holds a NUL: the parser replaces it.
    whole = node.text(separator="\0")[:_LONGEST_TEXT_CHARS]
    # Many are only what stands between elements, and most others are even.
    lines = [
        text if text.isprintable() and "  " not in text else _evened(text)
        for text in filter(None, map(str.strip, whole.split("\0")))
    ]
    if len(whole) <= LONGEST_LINE_CHARS and all(lines):
        return lines
    return [line[:LONGEST_LINE_CHARS] for line in lines if line]


def _evened(text: str) -> str:
    """A text without white space around it, as a person reads it."""
    # Most texts hold nothing that cannot be seen, and no white space but single blanks.
    if text.isprintable() and "  " not in text:
        return text
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(readable(line))


def attribute(node: Node, name: str) -> str:
    """The value of an attribute on one line, "" without one."""
    value = node.attributes.get(name)
    if not value:
        return ""
    is_even = value.isprintable() and "  " not in value and len(value) <= LONGEST_LINE_CHARS
    return value.strip() if is_even else one_line(value)


def find(root: Tree | Node, selector: str) -> Node | None:
    """The first element a selector matches; a selector that is none matches nothing."""
    if not selector:
        return None
    try:
        return root.css_first(selector)
    except SelectolaxError:
        return None


def find_all(root: Tree | Node, selector: str) -> list[Node]:
    """All elements a selector matches, each once, in the order of the page; a selector that is none
    matches nothing.
    """
    try:
        found = root.css(selector)
    except SelectolaxError:
        return []
    # One that two parts of a selector match stands there twice.
    return list({node.mem_id: node for node in found}.values()) if "," in selector else found


def ancestors(node: Node) -> Iterator[Node]:
    """The elements around one, nearest first, up to the document's."""
    above = node.parent
    while above is not None and above.is_element_node:
        yield above
        above = above.parent


def names(node: Node) -> str:
    """Class, id and role of an element: what its page calls it, "moreFrom" as "more-from"."""
    known = node.attributes
    # Most elements have none.
    if not known:
        return ""
    text = known.get("class") or ""
    # Most of the others have nothing else.
    if "id" in known or "role" in known:
        text = " ".join(filter(None, (text, known.get("id"), known.get("role"))))
    is_plain = not text or text.islower()
    return text if is_plain else _WORD_WITHIN.sub("-", text).casefold()


def absolute(base: str | None, address: str | None) -> str | None:
    """An http(s) address joined to ``base``, without its fragment; None where it is none."""
    if not address or len(address) > _LONGEST_ADDRESS_CHARS:
        return None
    if (joined := joined_plainly(base, address)) is not None:
        return joined
    return None if is_placeholder(address) else _joined(base, address)


def _joined(base: str | None, address: str) -> str | None:
    text = address.strip()
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    if not text.isprintable() or " " in text:
        text = as_read(text)
    try:
        joined = urljoin(base or "", text)
    except ValueError:
        return None
    # Without its fragment.
    is_sound = is_web_address(joined) and joined.translate(WITHOUT_JOINERS).isprintable()
    return joined.partition("#")[0] if is_sound else None
