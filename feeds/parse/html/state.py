"""The text of an article, and its day, that a page carries as data for its scripts alone.

Knows JSON in script elements and in assignments, and how an article is told in it from its
neighbours: by its title. Must never know what else a page holds.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from feeds.parse.prose import letters
from feeds.taxonomy.naming import fold

_SCRIPT = re.compile(r"<script\b([^<>]{0,500})>", re.IGNORECASE)
_IS_JSON = re.compile(r"application/json|__NEXT_DATA__", re.IGNORECASE)
_ASSIGNED = re.compile(r"[\w.\]]\s{0,5}=\s{0,5}(?=[{\[])")
_MOST_SCRIPTS = 100
_MOST_ASSIGNMENTS = 20
_LONGEST_STATE_CHARS = 1_000_000
_MOST_VALUES = 50_000
_DEEPEST = 60
# So far around its title, "headline" in "headlines" beside "content", stands a text.
_FARTHEST = 4
# What programs call the day of publication, in the order of how surely they do.
_PUBLISHED = (
    "datePublished", "publishedAt", "published_at", "publishDate", "publishedDate",
    "publicationDate", "publication_date", "publish_date", "firstPublished",
    "firstPublishedAt", "first_publish_date", "displayDate", "display_date", "pubDate", "pub_date",
)  # fmt: skip
# Letters that JSON writes as they are, with those accents that a title may lack elsewhere apart.
_WORD = re.compile("[a-z]{4,}")
# Running text, no name, address or code.
_FEWEST_LETTERS = 40
_FEWEST_CHARS_OF_A_TEXT = 140
_IS_CODE = re.compile(r"https?://\S{0,500}\Z|[{}]|\bfunction\b")


def article_in(source: str, title: str) -> str:
    """The text told in the object that has a title, as lines or as HTML; "" without one."""
    named = fold(title)
    if not named:
        return ""
    found = (_best(value, named, _DEEPEST)[1] for value in _values(source, title))
    return max(found, key=len, default="")


def published_in(source: str, title: str) -> str:
    """The day of publication told by the object that has a title itself; "" without one."""
    named = fold(title)
    told = _values(source, title) if named else ()
    found = (_published(value, named, _DEEPEST) for value in told)
    return next(filter(None, found), "")


def _published(value: Any, named: str, deeper: int) -> str:
    if isinstance(value, dict):
        if _is_called(value, named):
            told = (value.get(name) for name in _PUBLISHED)
            if text := next((each for each in told if isinstance(each, str) and each), ""):
                return text
        value = list(value.values())
    below = value if isinstance(value, list) and deeper > 0 else ()
    return next(filter(None, (_published(each, named, deeper - 1) for each in below)), "")


def _is_called(value: dict[str, Any], named: str) -> bool:
    """Whether an object has this title, itself or among its headlines."""
    within = (each.values() for each in value.values() if isinstance(each, dict))
    texts = chain(value.values(), *within)
    return any(isinstance(each, str) and fold(each) == named for each in texts)


def _values(source: str, title: str) -> Iterator[Any]:
    """What is told as data in scripts that may hold a title: in most there is none of its words,
    and to read one takes long.
    """
    decoder, words = json.JSONDecoder(strict=False), set(_WORD.findall(title.lower()))
    for count, tag in enumerate(_SCRIPT.finditer(source)):
        if count == _MOST_SCRIPTS:
            return
        end = source.find("</script", tag.end())
        script = source[tag.end() : end if end >= 0 else len(source)]
        if "src=" in tag[1] or "ld+json" in tag[1] or len(script) > _LONGEST_STATE_CHARS:
            continue
        if words and not any(map(script.lower().__contains__, words)):
            continue
        starts = [0] if _IS_JSON.search(tag[1]) else []
        starts += [each.end() for each in islice(_ASSIGNED.finditer(script), _MOST_ASSIGNMENTS)]
        behind = 0
        for start in starts:
            if start < behind:
                continue
            try:
                first = start + len(script[start:]) - len(script[start:].lstrip())
                value, behind = decoder.raw_decode(script, first)
            except (ValueError, RecursionError):
                continue
            yield value


def _best(value: Any, named: str, deeper: int) -> tuple[int, str]:
    """How far within a value a title stands, 0 for nowhere, and the text of the smallest object
    with both.
    """
    if isinstance(value, str):
        if value[:1] in {"{", "["} and len(value) > _FEWEST_CHARS_OF_A_TEXT and deeper > 0:
            try:
                return _best(json.loads(value, strict=False), named, deeper - 1)
            except (ValueError, RecursionError):
                return 0, ""
        is_title = len(value) < 2 * len(named) + _FEWEST_LETTERS and fold(value) == named
        return int(is_title), ""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    nearest = 0
    for each in below if deeper > 0 else ():
        steps, text = _best(each, named, deeper - 1)
        if text:
            return steps, text
        nearest = max(nearest, steps)
    if not nearest or nearest > _FARTHEST:
        return 0, ""
    texts = map(_text, value.values()) if isinstance(value, dict) else ()
    text = max(texts, key=len, default="")
    return nearest + 1, text if len(text) >= _FEWEST_CHARS_OF_A_TEXT else ""


def _text(value: Any) -> str:
    """What a value says in running text, with the lines that stand under the same names."""
    said = list(_strings(value, ""))
    names = {name for name, text in said if _is_prose(text)}
    return "\n".join(text for name, text in said if name in names and not _IS_CODE.match(text))


def _strings(value: Any, name: str) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [(name, value)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        name, each = waiting.pop()
        if isinstance(each, str):
            yield name, each
        elif isinstance(each, dict):
            waiting += reversed(list(each.items()))
        elif isinstance(each, list):
            waiting += [(name, below) for below in reversed(each)]


def _is_prose(text: str) -> bool:
    return letters(text) >= _FEWEST_LETTERS and not _IS_CODE.search(text[:_LONGEST_STATE_CHARS])
