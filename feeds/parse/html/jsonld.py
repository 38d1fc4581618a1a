"""What a page says of itself in JSON-LD (schema.org).

Knows the ways sites write it, broken ones too. Must never know the rest of the page.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feeds.parse.html.tree import Tree, find_all, one_line

# More is no description of one page.
_LONGEST_SCRIPT_CHARS = 500_000
_MOST_NODES = 2_000
_LISTS = frozenset({"itemlist", "collectionpage", "searchresultspage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One thing JSON-LD describes; texts are on one line, but for ``body``."""

    types: frozenset[str]
    title: str = ""
    summary: str = ""
    published: str = ""
    language: str = ""
    url: str = ""
    body: str = ""
    publishers: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    @property
    def is_article(self) -> bool:
        return any(
            name.endswith(("article", "blogposting")) or name in {"pressrelease", "report"}
            for name in self.types
        )

    @property
    def is_blog(self) -> bool:
        return all(name == "blogposting" for name in self.types)

    @property
    def is_list(self) -> bool:
        return not self.types.isdisjoint(_LISTS)

    @property
    def is_other(self) -> bool:
        """Whether it is something to go to or to apply for, which is no news."""
        return any(name.endswith("event") or name == "jobposting" for name in self.types)


def described(tree: Tree) -> tuple[Described, ...]:
    """Everything with a type that the page's scripts describe; broken ones are passed over."""
    found: list[Described] = []
    for script in find_all(tree, 'script[type*="ld+json" i]'):
        nodes = _nodes(script.text()[:_LONGEST_SCRIPT_CHARS])
        found.extend(map(_described, nodes))
    return tuple(found)


def _nodes(text: str) -> Iterator[dict[str, Any]]:
    """The typed objects of a script: alone, in lists, below @graph or mainEntity."""
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    try:
        waiting = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting[:0] = node[:_MOST_NODES]
        elif isinstance(node, dict):
            if "@type" in node:
                yield node
            waiting[:0] = [node[key] for key in ("@graph", "mainEntity") if key in node]


def _described(node: dict[str, Any]) -> Described:
    return Described(
        types=frozenset(text.rpartition("/")[2].casefold() for text in _texts(node.get("@type"))),
        title=_first(node, "headline", "name"),
        summary=_first(node, "description"),
        published=_first(node, "datePublished"),
        language=_first(node, "inLanguage"),
        url=_first(node, "url", "@id", "mainEntityOfPage"),
        body=next((str(text) for text in [node.get("articleBody")] if isinstance(text, str)), ""),
        publishers=(*_texts(node.get("author")), *_texts(node.get("publisher"))),
        topics=tuple(
            text
            for key in ("articleSection", "about", "keywords")
            for text in _texts(node.get(key))
        ),
    )


def _first(node: dict[str, Any], *keys: str) -> str:
    return next((text for key in keys for text in _texts(node.get(key))), "")


def _texts(value: object) -> list[str]:
    """The texts a value stands for: itself, its name, or those of a list of such."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        known = each
        if isinstance(each, dict):
            known = next((each[key] for key in ("name", "alternateName", "@id") if key in each), "")
        if isinstance(known, str) and (line := one_line(known)):
            found.append(line)
    return found
