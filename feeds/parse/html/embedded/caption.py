"""The box that a picture or a film stands in, with the words that its page has for it.

Knows how pages build such boxes. Must never know which of them are shown.
"""

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice

from feeds.parse.html.boilerplate import is_called_beside, is_called_furniture
from feeds.parse.html.tree import Node, ancestors, attribute, find, find_all, names, one_line, said
from feeds.parse.words import any_of

#: What may be seen, but for what stands there for browsers without scripts.
_SEEN = ":is(audio, embed, iframe, img, object, video):not(noscript *)"
# Elements that may hold nothing but what is shown, and its caption.
_BOXES = frozenset("a b button center div em figure i noscript p picture span strong".split())
_MOST_LEVELS = 6
_LONGEST_CAPTION_CHARS = 500
_LONGEST_BUTTON_CHARS = 30
# What pages call a box with a picture and its caption, or the caption; some of these are names of
# furniture where they stand alone.
_PICTURED = re.compile(
    r"(?:^|(?<=[\s_-]))(?:captions?|photos?|photo-details|pictures?|images?|img|figure|media|videos?|"
    r"embed|credits?|copyright|legende?|enlarge|foto|bild|illustrations?)(?=$|[\s_-])"
)


def said_by(node: Node) -> Mapping[str, str]:
    """The attributes of an element that shows something; the first file of several is its own."""
    told = {name: value or "" for name, value in node.attributes.items()}
    if node.tag in {"audio", "video"} and not told.get("src"):
        source = find(node, "source[src]")
        return told | {"src": attribute(source, "src") if source is not None else ""}
    return told


#: What is known of elements around others: whether each shows one thing at most, and says what.
Held = dict[int, tuple[bool, str]]


def box_of(node: Node, held: Held) -> Node:
    """The outermost element around one that holds nothing beside it but words for it. Many stand in
    the same elements: what is ``held`` there is asked once.
    """
    # What a browser says that cannot show it is none of it.
    box, words = node, said(node)
    for around in islice(ancestors(node), _MOST_LEVELS):
        called = names(around)
        if around.tag not in _BOXES or _is_furniture(_PICTURED.sub("", called)):
            break
        if around.mem_id not in held:
            held[around.mem_id] = len(find_all(around, _SEEN)) <= 1, said(around)
        is_alone, told = held[around.mem_id]
        is_figure = around.tag == "figure" and box.tag != "figure"
        if not is_figure and not is_alone:
            break
        is_caption = is_figure or _PICTURED.search(called) is not None
        if told != words and not (is_caption and len(told) <= _LONGEST_CAPTION_CHARS):
            break
        box, words = around, told
    return box


def caption_in(box: Node, node: Node) -> str:
    """What is said in such a box: its caption, or all of it unless that is a link to press."""
    words = said(find(box, "figcaption")) or _said_beside(node, box)
    is_short = len(words) <= _LONGEST_BUTTON_CHARS
    if is_short and words == " ".join(filter(None, map(said, find_all(box, "a")))):
        return ""
    return _behind_words().sub("", words)


def _said_beside(node: Node, box: Node) -> str:
    """What a box says but for what stands in a node of it for who cannot see that."""
    if not said(node):
        return said(box)
    within = {each.mem_id for each in node.traverse(include_text=True)}
    texts = (each for each in box.traverse(include_text=True) if each.mem_id not in within)
    return one_line("".join(each.text() for each in texts if each.is_text_node))


@cache
def _behind_words() -> re.Pattern[str]:
    """What sites write behind a caption, for more of it."""
    return re.compile(rf"\s?{any_of('behind_credit', str)}$")


def _is_furniture(called: str) -> bool:
    return is_called_furniture(called, is_paragraph=False) or is_called_beside(called)
