"""What a page says of itself where no reader sees it: JSON-LD, microdata, meta elements.

Knows the vocabularies (schema.org, Open Graph, Dublin Core) and which goes before which. Must
never know the visible page.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feeds.parse.html import jsonld
from feeds.parse.html.jsonld import Described
from feeds.parse.html.tree import Node, Tree, attribute, find, find_all, one_line, said

# In the order of how surely they mean the day of issue. No name of a change is among them.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "article:published", "datepublished",
    "dcterms.issued", "dc.date.issued", "dc.terms.issued", "dcterms.available", "dc.date",
    "dcterms.date", "publication_date", "publish_date", "publish-date", "publishdate", "pubdate",
    "parsely-pub-date", "sailthru.date", "date",
)  # fmt: skip
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title")
_SUMMARIES = ("og:description", "description", "twitter:description", "dc.description")
_TOPICS = ("article:section", "article:tag", "keywords", "news_keywords", "dc.subject")
_PUBLISHERS = ("article:author", "author", "dc.publisher", "dcterms.publisher", "dc.creator")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*")
_MICRODATA_ARTICLE = '[itemtype*="schema.org/"][itemtype*="Article"], [itemtype$="/BlogPosting"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A page's own description; "" and () where it has none.
    ``is_described`` says that it calls itself an article and no blog; ``other`` is what it calls
    itself where that is no news.
    """

    title: str
    summary: str
    published: tuple[str, ...]
    language: str | None
    url: str
    body: str
    site: str
    publishers: tuple[str, ...]
    topics: tuple[str, ...]
    is_article: bool
    is_described: bool
    is_list: bool
    other: str


def read(tree: Tree) -> Metadata:
    """What the page says of itself, from the surest source to the least sure one."""
    things = jsonld.described(tree)
    articles = [thing for thing in things if thing.is_article]
    # Several articles are the teasers of a list, and none of them is the page.
    article = articles[0] if len(articles) == 1 else None
    metas = _metas(tree)
    scope = find(tree, _MICRODATA_ARTICLE)
    return Metadata(
        title=_first([article.title if article else "", _prop(scope, "headline")], metas, _TITLES),
        summary=_first([article.summary if article else ""], metas, _SUMMARIES),
        published=tuple(_published(article, scope, metas)),
        language=_language(tree, article, metas),
        url=next((url for url in metas.get("og:url", ())), article.url if article else ""),
        body=article.body if article else "",
        site=_first([], metas, ("og:site_name", "application-name")),
        publishers=(*(article.publishers if article else ()), *_all(metas, _PUBLISHERS)),
        topics=(*(article.topics if article else ()), *_all(metas, _TOPICS), *_tags(tree)),
        is_article=article is not None or scope is not None or _og(metas) == "article",
        is_described=scope is not None or _is_described(article, metas),
        is_list=any(thing.is_list for thing in things) or len(articles) > 2,
        other=_other(things, tree) if article is None else "",
    )


def _metas(tree: Tree) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in find_all(tree, "meta[content]"):
        known = meta.attributes
        name = known.get("property") or known.get("name") or known.get("itemprop")
        if name and (content := one_line(known.get("content"))):
            found.setdefault(name.casefold(), []).append(content)
    return found


def _is_described(article: Described | None, metas: Mapping[str, list[str]]) -> bool:
    if article is not None:
        return not article.is_blog
    return _og(metas) == "article" and bool(_all(metas, _PUBLISHED))


def _first(surest: Iterable[str], metas: Mapping[str, list[str]], names: Iterable[str]) -> str:
    return next((text for text in (*surest, *_all(metas, names)) if text), "")


def _all(metas: Mapping[str, list[str]], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for name in names for text in metas.get(name, ()))


def _og(metas: Mapping[str, list[str]]) -> str:
    return "".join(metas.get("og:type", ())[:1]).casefold()


def _published(
    article: Described | None, scope: Node | None, metas: Mapping[str, list[str]]
) -> Iterable[str]:
    if article is not None and article.published:
        yield article.published
    if text := _prop(scope, "datePublished"):
        yield text
    yield from _all(metas, _PUBLISHED)


def _prop(scope: Node | None, name: str) -> str:
    """The value of a microdata property, as its element says it."""
    node = find(scope, f'[itemprop~="{name}"]') if scope is not None else None
    if node is None:
        return ""
    return attribute(node, "content") or attribute(node, "datetime") or said(node)


def _language(tree: Tree, article: Described | None, metas: Mapping[str, list[str]]) -> str | None:
    root = find(tree, "html")
    texts = [attribute(root, name) for name in ("lang", "xml:lang")] if root is not None else []
    texts += [article.language] if article else []
    texts += _all(metas, ("og:locale", "content-language", "dc.language", "dcterms.language"))
    return next((text.replace("_", "-") for text in texts if _LANGUAGE.fullmatch(text)), None)


def _tags(tree: Tree) -> tuple[str, ...]:
    return tuple(said(node) for node in find_all(tree, 'a[rel~="tag"]'))


def _other(things: Iterable[Described], tree: Tree) -> str:
    for thing in things:
        if thing.is_other and not thing.is_list:
            return f"it describes itself as {min(thing.types)}"
    typed = find(tree, '[itemtype$="Event" i]:not(aside *), [itemtype$="/JobPosting" i]')
    if typed is not None and find(tree, _MICRODATA_ARTICLE) is None:
        return f"it describes itself as {attribute(typed, 'itemtype').rpartition('/')[2]}"
    return ""
