"""The pictures of an article that its page states as data (JSON-LD) and shows in none of its text.

Knows the ways in which schema.org writes a picture. Must never know where its text stands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from config.values import on_one_line
from feeds.draft import Draft
from feeds.markup import in_paragraphs
from feeds.parse.html.tree import absolute
from feeds.parse.syndication.embeds import captioned_apart
from feeds.parse.syndication.entry_pictures import is_called_decoration
from feeds.pictures import Picture, is_below, kept, name_of, pictures, size

# Whoever states less shows an icon, or what pages are shared with that have no picture.
_SMALLEST_PIXELS = 200
_LONGEST_CAPTION_CHARS = 500
# More are the same one in other shapes.
_MOST_LOOKED_AT = 20
# What stands for a picture where an article has none.
_INSTEAD = frozenset("default fallback opengraph share sharing".split())
_ADDRESSES = ("contentUrl", "url")


def opened(draft: Draft, images: Iterable[object], base: str | None) -> Draft:
    """The draft with the images that an article can have in front of its text, unless that shows
    one itself: the first, and of the others, which are mostly the same cut to other shapes, those
    with captions of their own.
    """
    if any(pictures(draft.markup)):
        return draft
    found: dict[str, Picture] = {}
    said = {""}
    for each in _pictures(images, base):
        if not found or each.caption not in said:
            found.setdefault(name_of(each.address), each)
            said.add(each.caption)
    if not found:
        return draft
    figures = "".join(
        kept(captioned_apart(draft.paragraphs, each), is_within_line=False)
        for each in found.values()
    )
    return replace(draft, markup=figures + (draft.markup or in_paragraphs(draft.paragraphs)))


def _pictures(images: Iterable[object], base: str | None) -> Iterator[Picture]:
    waiting = list(images)
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            return
        each = waiting.pop(0)
        if isinstance(each, list):
            waiting[:0] = each[:_MOST_LOOKED_AT]
        elif isinstance(each, str):
            waiting.insert(0, {"url": each})
        elif isinstance(each, dict) and (picture := _picture(each, base)):
            yield picture


def _picture(said: dict[str, Any], base: str | None) -> Picture | None:
    told = {name: str(value) for name, value in said.items() if isinstance(value, str | int)}
    address = next(filter(None, (absolute(base, told.get(each)) for each in _ADDRESSES)), None)
    width, height = (told.get(each, "") for each in ("width", "height"))
    is_small = is_below(width, _SMALLEST_PIXELS) or is_below(height, _SMALLEST_PIXELS)
    if address is None or is_small or is_called_decoration(address, _INSTEAD):
        return None
    return Picture(
        address=address,
        caption=on_one_line(told.get("caption", ""))[:_LONGEST_CAPTION_CHARS],
        width=size(width),
        height=size(height),
    )
