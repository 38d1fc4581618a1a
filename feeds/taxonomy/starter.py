"""A taxonomy to start from: the file that says what is known of an organisation.

Knows the layout of the file, and how a slug is made of a name. Must never know where names come
from.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from feeds.model import TopicKind
from feeds.taxonomy.file import forms
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, fold

_LONGEST_SLUG_CHARS = 60

# What stands over each facet, and what an entry of it looks like where nobody knows one.
_FACETS = {
    TopicKind.FIELD: ("What news is about", "Drinking water"),
    TopicKind.ISSUER: ("Who says it", "Waterworks"),
    TopicKind.COUNTRY: ("Where it is of, if that tells news apart", "Austria"),
    TopicKind.TYPE: (
        "Which kind of text it is; without an entry these are the usual five, press releases ...",
        "Tender",
    ),
}

_HEAD = """\
# The taxonomy{of}. Topics are all it needs; docs/taxonomy.md tells what else it may say.
# Slugs stand in addresses and subscriptions for ever: look through them before anybody reads.
# `fieldfare taxonomy check` tells what is wrong, each fault with its line.

name = {name}
language = {language}

"""
_CALLED = """\
# What pages call a facet, and documents print before its topics ("{plural}: ..."); the others are
# called issuers, countries, kinds of news where nothing is said of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A name for a topic, and how many items bear it, 0 where somebody gave it."""

    name: str
    items: int = 0


def starter(
    name: str,
    language: str,
    topics: Mapping[TopicKind, Iterable[Suggested]],
    called: tuple[str, str] | None = None,
) -> str:
    """A taxonomy with those topics; spellings of one name are one topic. What news is about is
    ``called`` so in its language, one and many, where somebody knows.
    """
    of = f" of {name}" if name else ""
    head = _HEAD.format(of=of, name=_toml(name), language=_toml(language))
    return "\n".join(
        [head, _kinds(called), *(_facet(kind, topics.get(kind, ())) for kind in _FACETS)]
    )


def _kinds(called: tuple[str, str] | None) -> str:
    one, many = called or ("Theme", "Themes")
    said = f"[kinds.field]\nname = {_toml(one)}\nplural = {_toml(many)}\n"
    return _CALLED.format(plural=many) + (said if called else _commented(said))


def _facet(kind: TopicKind, suggested: Iterable[Suggested]) -> str:
    heading, example = _FACETS[kind]
    found: dict[str, list[Suggested]] = {}
    for each in suggested:
        if key := fold(each.name):
            found.setdefault(key, []).append(each)
    entries = [*_entries(kind, found.values())]
    if not entries:
        entries = [_commented(_entry(kind, slug_of(example), example))]
    return "\n".join([f"# {heading} {'-' * (95 - len(heading))}\n", *entries])


def _entries(kind: TopicKind, found: Iterable[list[Suggested]]) -> Iterator[str]:
    usual = {fold(name): each.slug for each in forms().type for name in each.names()}
    slugs: set[str] = set()
    for number, spellings in enumerate(found, 1):
        first = spellings[0].name
        known = usual.get(fold(first)) if kind is TopicKind.TYPE else None
        slug = known or slug_of(first) or f"{kind}-{number}"
        if known and known in slugs:
            continue
        while slug in slugs:
            slug = f"{slug}-{number}"
        slugs.add(slug)
        items = sum(each.items for each in spellings)
        note = f"# in {items} {'item' if items == 1 else 'items'}\n" if items else ""
        yield note + _entry(kind, slug, "" if known else first)


def _entry(kind: TopicKind, slug: str, label: str) -> str:
    lines = [f"[[{kind}]]", f"slug = {_toml(slug)}"]
    if label:
        lines.append(f"label = {_toml(label[:LONGEST_NAME_CHARS])}")
    return "\n".join(lines) + "\n"


def slug_of(name: str) -> str:
    """What names a topic in addresses, of the letters and digits of its name that are ASCII."""
    words = re.sub("[^a-z0-9]+", "-", fold(name).replace("'", "")).strip("-")
    return words[:_LONGEST_SLUG_CHARS].strip("-")


def _commented(text: str) -> str:
    return "".join(f"#{line}\n" for line in text.splitlines())


def _toml(text: str) -> str:
    # A basic string of TOML is one of JSON, as long as it holds no DEL.
    return json.dumps(text.replace("\x7f", ""), ensure_ascii=False)
