"""What a page says of itself where no reader sees it: JSON-LD, microdata, meta elements.

Knows the vocabularies (schema.org, Open Graph, Dublin Core), the ways sites write them, broken ones
too, and which goes before which. Must never know the visible page.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Self

from config.values import canonical_language
from feeds.parse.html.outline import Part, outline, put, take_out
from feeds.parse.html.tree import Node, Tree, attribute, composed, find, find_all, one_line, said
from feeds.taxonomy.naming import fold

# In the order of how surely they mean the day of issue. No name of a change is among them.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "article:published", "datepublished",
    "dcterms.issued", "dc.date.issued", "dc.terms.issued", "dcterms.available",
    "publication_date", "publish_date", "publish-date", "publishdate", "pubdate",
    "parsely-pub-date", "sailthru.date", "article.published", "article_date_original",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "og:pubdate", "og:published_time",
    "originalpublicationdate", "vr:published_time", "rnews:datepublished",
)  # fmt: skip
# What some sites mean by these is the day of the last change, or today.
_DATED = ("dc.date", "dcterms.date", "date", "dcterms.created", "dc.date.created")
_PARSELY_DAY = re.compile(r'"pub_date"\s{0,5}:\s{0,5}"([^"]{8,40})"')
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title")
_SUBJECTS = ("articleSection", "about", "keywords")
_ADDRESSES = ("url", "@id", "mainEntityOfPage")
_SITES = ("og:site_name", "application-name", "apple-mobile-web-app-title")
_SUMMARIES = ("og:description", "description", "twitter:description", "dc.description")
_TOPICS = ("article:section", "article:tag", "keywords", "news_keywords", "dc.subject")
# Whose name "author" alone gives is as often who made the site.
_AUTHORS = ("article:author",)
_PUBLISHERS = ("article:author", "author", "dc.publisher", "dcterms.publisher", "dc.creator")
_MICRODATA_ARTICLE = '[itemtype*="schema.org/"][itemtype*="Article"], [itemtype$="/BlogPosting"]'
#: Where systems put the text of an article, and nothing else, the narrowest part first.
MARKS = (
    '[itemprop~="articleBody"]', ".field--name-body", ".field-name-body", ".entry-content",
    ".article-body", ".article__body", ".article-content", ".article__content", ".post-content",
    ".news-content", ".news-body", ".story-body",
)  # fmt: skip
_OTHER_TYPES = frozenset({"jobposting", "discussionforumposting", "qapage", "recipe"})
_MICRODATA_OTHER = '[itemtype$="Event" i]:not(aside *), [itemtype$="/JobPosting" i]'
# More is no description of one page.
_LONGEST_SCRIPT_CHARS = 500_000
_MOST_NODES = 2_000
_SCRIPTS = 'script[type*="ld+json" i]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One thing JSON-LD describes; texts are on one line, but for ``body``."""

    types: frozenset[str]
    title: str = ""
    summary: str = ""
    published: str = ""
    language: str = ""
    urls: tuple[str, ...] = ()
    body: str = ""
    images: tuple[object, ...] = ()
    authors: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    @property
    def is_article(self) -> bool:
        return any(
            name.endswith(("article", "blogposting")) or name in {"pressrelease", "report"}
            for name in self.types
        )

    @property
    def is_site(self) -> bool:
        return any(name == "website" or name.endswith("organization") for name in self.types)

    @property
    def is_page(self) -> bool:
        return "webpage" in self.types

    @property
    def is_blog(self) -> bool:
        return all(name == "blogposting" for name in self.types)

    @property
    def is_other(self) -> bool:
        """Whether it is something to go to, to apply for, to cook or to talk about: no news."""
        return any(name.endswith("event") or name in _OTHER_TYPES for name in self.types)


class HtmlPage:
    """A page that is known to be harmless, as text and tree, to be used within a ``with``; what it
    says of itself is read once, when it is first asked for.
    """

    __slots__ = ("_metas", "_parts", "_things", "had_code", "text", "tree")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = composed(text)
        self._metas: dict[str, list[str]] | None = None
        self._things: tuple[Described, ...] | None = None
        self._parts: dict[int, Part] = {}
        #: Whether code was taken out of it.
        self.had_code = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.forget_parts()

    def forget_parts(self) -> None:
        """Lets go of what was measured: what holds each other would stay, and the whole tree with
        it, until a collector comes by.
        """
        for part in self._parts.values():
            if part.held:
                part.held.clear()
        self._parts = {}

    @property
    def whole(self) -> Part | None:
        """Its body, measured when it is first asked for; None without one."""
        return next(iter(self.parts.values()), None)

    @property
    def parts(self) -> dict[int, Part]:
        """Its body and the elements in it, by their nodes, those too that were taken out."""
        if not self._parts and self.tree.body is not None:
            self._parts = outline(self.tree.body)
        return self._parts

    @property
    def metas(self) -> Mapping[str, list[str]]:
        """What its elements of that name say, by what they say it of."""
        if self._metas is None:
            self._metas = _metas(self.tree)
        return self._metas

    @property
    def things(self) -> tuple[Described, ...]:
        """All with a type that its scripts describe, in their order; broken ones say nothing."""
        if self._things is None:
            scripts = find_all(self.tree, _SCRIPTS)
            texts = (script.text()[:_LONGEST_SCRIPT_CHARS] for script in scripts)
            self._things = tuple(_described(node) for text in texts for node in _nodes(text))
        return self._things

    @property
    def articles(self) -> list[Described]:
        """The articles among it; of several none is the page, they are teasers of a list."""
        return [thing for thing in self.things if thing.is_article]

    def put(self, node: Node, beside: Node, *, is_behind: bool = False) -> None:
        """Puts an element without text in front of another, or behind it."""
        put(node, beside, self._parts, is_behind=is_behind)

    def take_out(self, nodes: Sequence[Node]) -> None:
        """Removes elements; what they described is still known."""
        take_out(nodes, self._parts)

    def take_out_scripts(self) -> None:
        """Removes what is no text but code, as far as it stands in the page itself."""
        code = find_all(self.tree, "script:not([src]), body style, template")
        self.had_code = bool(code)
        self.take_out(code)

    def take_out_others(self, nodes: Sequence[Node]) -> None:
        """Removes elements that tell of other items, and what they described with them."""
        if self._things and any(find(node, _SCRIPTS) for node in nodes):
            self._things = None
        self.take_out(nodes)

    def unwrap(self, tag: str) -> None:
        """Puts what stands in elements of a name in their place."""
        if find(self.tree, tag) is not None:
            self.tree.unwrap_tags([tag])
            self.forget_parts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A page's own description; "" and () where it has none.

    ``titles`` are what places that do not write from each other call it, the surest first;
    ``sites`` names of its site, ``authors`` those of who wrote its article, ``dated`` are dates
    that may be of issue. ``is_article`` says that it calls itself an article, ``is_blog`` that it
    is one of a blog's, ``is_described`` that it says more of an article than its type; ``other`` is
    what it calls itself where that is no news.
    """

    titles: tuple[str, ...]
    summary: str
    published: tuple[str, ...]
    dated: tuple[str, ...]
    language: str | None
    url: str
    body: str
    images: tuple[object, ...]
    sites: tuple[str, ...]
    authors: tuple[str, ...]
    publishers: tuple[str, ...]
    topics: tuple[str, ...]
    is_article: bool
    is_described: bool
    is_blog: bool
    other: str


def read(page: HtmlPage, url: str | None = None) -> Metadata:
    """What the page found at ``url`` says of itself, from the surest source to the least sure."""
    tree, metas = page.tree, page.metas
    article = _own(page, [url or "", *metas.get("og:url", ())])
    # Most pages have no microdata at all.
    has_items = find(tree, "[itemtype]") is not None
    scope = find(tree, _MICRODATA_ARTICLE) if has_items else None
    typed = find(tree, _MICRODATA_OTHER) if has_items else None
    tags = map(said, find_all(tree, 'a[rel~="tag"]'))
    kind = "".join(metas.get("og:type", ())[:1]).casefold()
    is_dated = kind == "article" and bool(_all(metas, (*_PUBLISHED, *_DATED)))
    is_typed = article is not None or scope is not None
    is_article = is_typed or kind == "article" or "article:published_time" in metas
    # What Open Graph and the like say, the pages of a blog say as well.
    is_blog = article.is_blog if article else scope is not None and _is_of_blog(scope)
    titles = (
        _first([article.title if article else "", _prop(scope, "headline")], {}, ()),
        _first([], metas, _TITLES),
    )
    published = (
        article.published if article else "",
        _prop(scope, "datePublished"),
        *_all(metas, _PUBLISHED),
        *(thing.published for thing in page.things if thing.is_page),
    )
    return Metadata(
        titles=titles,
        summary=_first([article.summary if article else ""], metas, _SUMMARIES),
        published=tuple(filter(None, published)),
        dated=_all(metas, _DATED),
        language=_language(tree, article, metas),
        url=next(iter((*metas.get("og:url", ()), *(article.urls if article else ()))), ""),
        body=article.body if article else "",
        images=article.images if article else (),
        sites=(*_all(metas, _SITES), *(thing.title for thing in page.things if thing.is_site)),
        authors=(article.authors if article else ()) or _all(metas, _AUTHORS),
        publishers=(*(article.publishers if article else ()), *_all(metas, _PUBLISHERS)),
        topics=(*(article.topics if article else ()), *_all(metas, _TOPICS), *tags),
        is_article=is_article,
        is_described=not is_blog and (is_typed or is_dated),
        is_blog=is_blog,
        # The things it may be instead: of an article's page, only what has its name.
        other=_other(page.things, typed, titles if is_article else ()) if article is None else "",
    )


def _own(page: HtmlPage, urls: Collection[str]) -> Described | None:
    """The article among what is described: the only one, the one at an address of the page, or the
    one with the title of its window.
    """
    articles = page.articles
    if len(articles) <= 1:
        return articles[0] if articles else None
    here = {_plain_address(url) for url in urls if url}
    at = [each for each in articles if not here.isdisjoint(map(_plain_address, each.urls))]
    window = said(find(page.tree, "title"))
    named = at or [each for each in articles if each.title and window.startswith(each.title)]
    return named[0] if len({(each.title, each.published) for each in named}) == 1 else None


def _is_of_blog(scope: Node) -> bool:
    return attribute(scope, "itemtype").endswith("BlogPosting")


def _plain_address(url: str) -> str:
    return url.partition("#")[0].partition("://")[2].rstrip("/")


def _metas(tree: Tree) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in find_all(tree, "meta[content]"):
        known = meta.attributes
        name = known.get("property") or known.get("name") or known.get("itemprop")
        if name and (content := _decoded(known.get("content"))):
            # The older tags of Parse.ly hold all they say in one, as JSON.
            if name == "parsely-page" and (day := _PARSELY_DAY.search(content)):
                name, content = "parsely-pub-date", day[1]
            found.setdefault(name.casefold(), []).append(content)
    return found


def _first(surest: Iterable[str], metas: Mapping[str, list[str]], names: Iterable[str]) -> str:
    return next((text for text in (*surest, *_all(metas, names)) if text), "")


def _all(metas: Mapping[str, list[str]], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for name in names for text in metas.get(name, ()))


def _prop(scope: Node | None, name: str) -> str:
    """The value of a microdata property, as its element says it."""
    node = find(scope, f'[itemprop~="{name}"]') if scope is not None else None
    if node is None:
        return ""
    values = (attribute(node, each) for each in ("content", "datetime", "title"))
    return next(filter(None, values), "") or said(node)


def _language(tree: Tree, article: Described | None, metas: Mapping[str, list[str]]) -> str | None:
    texts = [article.language] if article else []
    texts += _all(metas, ("og:locale", "content-language", "dc.language", "dcterms.language"))
    return language_of(tree, texts)


def language_of(tree: Tree, others: Iterable[str] = ()) -> str | None:
    """The language that the root element of a page states, or else the first of some tags."""
    root = tree.root
    texts = [attribute(root, name) for name in ("lang", "xml:lang")] if root is not None else []
    return next(filter(None, map(canonical_language, (*texts, *others))), None)


def _other(things: Iterable[Described], typed: Node | None, names: Sequence[str]) -> str:
    """What the page is instead of news; where it has names of its own, only what has one of them:
    events of other names stand beside an article.
    """
    known = {fold(name) for name in names if name}
    for thing in things:
        if thing.is_other and (not known or fold(thing.title) in known):
            return f"it describes itself as {min(thing.types)}"
    if typed is not None and (not known or fold(_prop(typed, "name")) in known):
        return f"it describes itself as {attribute(typed, 'itemtype').rpartition('/')[2]}"
    return ""


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
        title=_text_at(node, "headline", "name"),
        summary=_text_at(node, "description"),
        published=_text_at(node, "datePublished"),
        language=_text_at(node, "inLanguage"),
        urls=tuple(text for key in _ADDRESSES for text in _texts(node.get(key))),
        body=unescape(body) if isinstance(body := node.get("articleBody"), str) else "",
        images=tuple(filter(None, map(node.get, ("image", "thumbnailUrl")))),
        authors=tuple(_texts(node.get("author"))),
        publishers=(*_texts(node.get("author")), *_texts(node.get("publisher"))),
        topics=tuple(text for key in _SUBJECTS for text in _texts(node.get(key))),
    )


def _text_at(node: dict[str, Any], *keys: str) -> str:
    return next((text for key in keys for text in _texts(node.get(key))), "")


def _texts(value: object) -> list[str]:
    """The texts a value stands for: itself, its name, or those of a list of such."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        known = each
        if isinstance(each, dict):
            known = next((each[key] for key in ("name", "alternateName", "@id") if key in each), "")
        if isinstance(known, str) and (line := _decoded(known)):
            found.append(line)
    return found


def _decoded(text: str | None) -> str:
    """A text on one line, its character references decoded: those of a script or of an attribute
    that was escaped twice, and what they leave of a third time.
    """
    line = one_line(text)
    for _ in range(2):
        if "&" not in line:
            break
        line = one_line(unescape(line))
    return line
