"""Pictures and frames that are no part of an article: logos, icons, buttons, ways to other pages.

Knows how large they are, what they are called and where they lead. Must never know captions.
"""

import re
from collections.abc import Mapping
from itertools import islice
from urllib.parse import urlsplit

from feeds.parse.html.tree import Node, absolute, ancestors, find, names, said
from feeds.parse.syndication.entry_pictures import DECORATIONS
from feeds.pictures import is_below, size

# An icon, the picture of an author, a line: what an article shows is larger.
_SMALLEST_PIXELS = 100
# Players of sounds are as low as this, buttons lower.
_LOWEST_FRAME_PIXELS = 60
# Nothing that decorates a page is as large as this on both sides.
_SURE_PIXELS = 200
# Frames to press and to write in.
_BUTTONS = frozenset(
    "banner button captcha comments follow like likebox login newsletter recaptcha share "
    "subscribe".split()
)
_WORD = re.compile("[a-z]+")
_FILE = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE)
_DRAWING = ".svg"
# Shorter ones stand in any address.
_FEWEST_CHARS_OF_A_NAME = 4
_MOST_LEVELS = 4


def is_small(told: Mapping[str, str], tag: str) -> bool:
    """Whether an element with these attributes is too small for what an article shows."""
    lowest = _SMALLEST_PIXELS if tag == "img" else _LOWEST_FRAME_PIXELS
    width, height = (told.get(each, "").strip() for each in ("width", "height"))
    return is_below(width, _SMALLEST_PIXELS) or is_below(height, lowest)


def leads_on(node: Node, address: str, base: str | None) -> bool:
    """Whether a picture at an address is the way to another page, and not to itself in large."""
    if node.tag != "img":
        return False
    links = (each for each in islice(ancestors(node), _MOST_LEVELS) if each.tag == "a")
    link = next(links, None)
    to = absolute(base, link.attributes.get("href")) if link is not None else None
    if to is None or _FILE.search(to.partition("?")[0]) or to == (base or "").partition("#")[0]:
        return False
    name = urlsplit(address).path.lower().rpartition("/")[2].rpartition(".")[0]
    return len(name) < _FEWEST_CHARS_OF_A_NAME or name not in to


def is_decoration(node: Node, box: Node, address: str) -> bool:
    """Whether what an element in a ``box`` shows, a picture or frame at an address, is none of what
    an article shows. What is larger than decoration, or has a caption, is none, whatever it and
    its file are called.
    """
    path = urlsplit(address).path.lower()
    words = set(_WORD.findall(path.rpartition("/")[2]))
    if node.tag != "img":
        return not _BUTTONS.isdisjoint(_WORD.findall(path))
    if _is_large(node) or said(find(box, "figcaption")):
        return False
    for each in (node, *islice(ancestors(node), _MOST_LEVELS)):
        words |= {*_WORD.findall(names(each))}
        if each.mem_id == box.mem_id:
            break
    return path.endswith(_DRAWING) or not DECORATIONS.isdisjoint(words)


def _is_large(node: Node) -> bool:
    sizes = (size(node.attributes.get(each) or "") for each in ("width", "height"))
    return min(sizes) >= _SURE_PIXELS
