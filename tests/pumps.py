"""Every place of every form filled with every short string, as who wants to hold a parser does.

Knows where text stands in documents, and which strings patterns stumble over. Must never know how
a parser defends itself.
"""

# ruff: noqa: E501 - documents are written as they come

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feeds.draft import Document

__all__ = ["PUMPS", "SLOTS", "Filled", "filled"]

_WORDS = "Twenty officers took part in a course on electronic evidence in the capital. "

_TEXT = {
    "title": "News Item\n\n{}\n\n22 January 2025\n\n" + _WORDS * 5,
    "body": "News Item\n\nA course\n\n22 January 2025\n\n" + _WORDS * 5 + "{}\n" + _WORDS,
    "lines": "News Item\n\nA course\n\n22 January 2025\n\n" + _WORDS * 5 + "\n{}\n" + _WORDS,
    "menu": "- {}\n- Home\nA course\n\n" + _WORDS * 5,
    "label": "- Issued on:\n{}\n- Issued by:\nOSCE Secretariat\nA course\n" + _WORDS * 5,
    "issuer": "- Issued on:\n22 January 2025\n- Issued by:\n{}\nA course\n" + _WORDS * 5,
    "fields": "- Fields of work:\n{}\nA course\n" + _WORDS * 5,
    "dateline": "News Item\nA course\nVIENNA, {} 2025 - " + _WORDS * 5,
    "all of it": "{}",
}
_PAGE = {
    "before the page": "{}<html><body><h1>A course</h1><p>%s</p></body></html>",
    "doctype": "<!DOCTYPE html {}><html><body><h1>A course</h1><p>%s</p></body></html>",
    "comment": "<html><!--{}--><body><h1>A course</h1><p>%s</p></body></html>",
    "tag": "<html><body><h1>A course</h1><p {}>%s</p></body></html>",
    "attribute": "<html><body><h1>A course</h1><p title='{}'>%s</p></body></html>",
    "class": "<html><body><h1>A course</h1><p class='{}'>%s</p></body></html>",
    "window": "<html><head><title>{}</title></head><body><h1>A course</h1><p>%s</p></body></html>",
    "heading": "<html><body><article><h1>{}</h1><p>%s</p></article></body></html>",
    "paragraph": "<html><body><article><h1>A course</h1><p>%s</p><p>{}</p></article></body></html>",
    "between": "<html><body><article><h1>A course</h1><p>%s</p>{}</article></body></html>",
    "link": "<html><body><article><h1>A course</h1><p><a href='{}'>All</a>%s</p></article></body></html>",
    "linked": "<html><body><article><h1>A course</h1><p><a href='/a'>{}</a>%s</p></article></body></html>",
    "time": "<html><body><article><h1>A course</h1><time datetime='{}'></time><p>%s</p></article></body></html>",
    "date": "<html><body><article><h1>A course</h1><p class=date>{}</p><p>%s</p></article></body></html>",
    "canonical": "<html><head><link rel=canonical href='https://press.example.org/{}'></head><body><h1>A course</h1><p>%s</p></body></html>",
    "base": "<html><head><base href='https://press.example.org/{}'></head><body><h1>A course</h1><p><a href=b>b</a>%s</p></body></html>",
    "charset": "<html><head><meta charset='{}'></head><body><h1>A course</h1><p>%s</p></body></html>",
    "refresh": "<html><head><meta http-equiv=refresh content='0;{}'></head><body><h1>A course</h1><p>%s</p></body></html>",
    "og:title": "<html><head><meta property='og:title' content='{}'></head><body><h1>A course</h1><p>%s</p></body></html>",
    "meta date": "<html><head><meta property='article:published_time' content='{}'></head><body><h1>A course</h1><p>%s</p></body></html>",
    "language": "<html lang='{}'><body><h1>A course</h1><p>%s</p></body></html>",
    "JSON-LD": "<html><head><script type='application/ld+json'>{}</script></head><body><h1>A course</h1><p>%s</p></body></html>",
    "JSON-LD string": '<html><head><script type=\'application/ld+json\'>{"@type":"NewsArticle","headline":"{}","datePublished":"{}"}</script></head><body><h1>A course</h1><p>%s</p></body></html>',
    "script": "<html><head><script>{}</script></head><body><h1>A course</h1><p>%s</p></body></html>",
    "row": "<html><body><h1>A course</h1><table><tr><td>{}</td></tr></table><p>%s</p></body></html>",
    "list": "<html><body><ul><li><a href=/a>{}</a> 22 January 2025<li><a href=/b>A course</a> 23 January 2025<li><a href=/c>A third course</a> 24 January 2025</ul>%s</body></html>",
}
_ENTRY = "<rss version='2.0'><channel><title>News</title><item><title>A course</title><link>https://press.example.org/1</link>%s<description>Words</description></item></channel></rss>"
_FEED = {
    "before the feed": "{}<rss version='2.0'><channel><item><title>A</title></item></channel></rss>",
    "declaration": "<?xml version='1.0' {}?><rss version='2.0'><channel><item><title>A</title></item></channel></rss>",
    "internal subset": "<!DOCTYPE rss [{}]><rss version='2.0'><channel><item><title>A</title></item></channel></rss>",
    "entity's value": "<!DOCTYPE rss [<!ENTITY a '{}'>]><rss version='2.0'><channel><item><title>&a;</title></item></channel></rss>",
    "root": "<rss version='2.0' {}><channel><item><title>A</title></item></channel></rss>",
    "channel": "<rss version='2.0'><channel>{}<item><title>A</title></item></channel></rss>",
    "title": _ENTRY.replace("A course", "{}"),
    "CDATA": _ENTRY.replace("Words", "<![CDATA[{}]]>"),
    "escaped": _ENTRY.replace("Words", "&lt;p&gt;{}&lt;/p&gt;"),
    "description": _ENTRY.replace("Words", "{}"),
    "link": _ENTRY.replace("org/1", "org/{}"),
    "pubDate": _ENTRY % "<pubDate>{}</pubDate>",
    "author": _ENTRY % "<author>{}</author>",
    "category": _ENTRY % "<category>{}</category>",
    "guid": _ENTRY % "<guid>{}</guid>",
    "enclosure": _ENTRY % "<enclosure url='https://a.example.org/{}' type='{}' length='{}'/>",
    "atom id": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>{}</id><title>A</title><link href='/a'/></entry></feed>",
    "atom date": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><published>{}</published><title>A</title></entry></feed>",
    "atom content": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><content type='html'>{}</content><title>A</title></entry></feed>",
    "atom xhtml": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{}</div></content><title>A</title></entry></feed>",
    "after the feed": "<rss version='2.0'><channel><item><title>A</title></item></channel></rss>{}",
}
_JSON_MEMBERS = ("title", "date_published", "content_html", "content_text", "url", "tags")
_PUSHED_MEMBERS = ("title", "summary", "text", "html", "url", "issued", "fields", "language")
_SITEMAP = {
    "loc": "<urlset><url><loc>https://press.example.org/{}</loc></url></urlset>",
    "lastmod": "<urlset><url><loc>https://press.example.org/a</loc><lastmod>{}</lastmod></url></urlset>",
    "before": "{}<urlset><url><loc>https://press.example.org/a</loc></url></urlset>",
}


def _json_feed(key: str) -> Callable[[str], str]:
    def made(pumped: str) -> str:
        item: dict[str, object] = {"id": "1", "title": "A", "content_text": "Words"}
        item[key] = [pumped] if key == "tags" else pumped
        version = "https://jsonfeed.org/version/1.1"
        return json.dumps({"version": version, "title": "News", "items": [item]})

    return made


def _pushed(key: str) -> Callable[[str], str]:
    def made(pumped: str) -> str:
        item: dict[str, object] = {"id": "1", "title": "A course"}
        item[key] = [pumped] if key == "fields" else pumped
        return json.dumps(item)

    return made


def _text(template: str) -> Callable[[str], str]:
    return lambda pumped: template.replace("%s", _WORDS * 4).replace("{}", pumped)


_BODIES = {"a page": _PAGE["paragraph"], "a text": _TEXT["body"], "a feed": _ENTRY % ""}
#: By family and place: what makes the document of what fills the place.
SLOTS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    **{f"text: {name}": ("", _text(each)) for name, each in _TEXT.items()},
    **{f"page: {name}": ("", _text(each)) for name, each in _PAGE.items()},
    **{f"feed: {name}": ("", _text(each)) for name, each in _FEED.items()},
    **{f"JSON feed: {name}": ("", _json_feed(name)) for name in _JSON_MEMBERS},
    **{f"sitemap: {name}": ("", _text(each)) for name, each in _SITEMAP.items()},
    **{f"push: {name}": ("push", _pushed(name)) for name in _PUSHED_MEMBERS},
    **{f"header: Content-Type of {name}": (name, str) for name in _BODIES},
    **{f"header: charset of {name}": (name, "text/plain; charset={}".format) for name in _BODIES},
}
_SINGLE = tuple(
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \n\t\r1a0«»“”’–—…•·\u00a0\u0301\u200b\u202e\ufeffЖ漢é😀"
)
_PAIRS = tuple(
    "&# &a &amp; &lt; <a </ <! <? ]] ]]> -- --> a\u0301 1. 1/ a. a, «a »« \"a a=  a=' ' -a- \n\n a\n \n-\n"
    " \r\n :// @a. a@ %2 {a [[ (( <p> <b> <a> <br> <div> <!-- a:\n ,, May 2025 12: Â Ã© www. http://".split(
        " "
    )
)
#: What places are filled with.
PUMPS = tuple(
    dict.fromkeys(
        filter(
            None,
            (*_SINGLE, *_PAIRS, " a", "a ", "\n ", " \n", "a\n", "1 ", "January ", "1 May 2025 "),
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A document whose ``slot`` is filled with a ``pump`` again and again."""

    slot: str
    pump: str
    form: str
    document: Document


def filled(slot: str, pump: str, size: int) -> Filled:
    """The document, its slot about ``size`` characters long."""
    form, made = SLOTS[slot]
    pumped = pump * (size // len(pump))
    media_type = None
    said, media_type = made(pumped), "application/json" if form else None
    if form in _BODIES:
        said, media_type, form = _text(_BODIES[form])("é"), said, ""
    # A header is asked where the bytes are no UTF-8.
    body = said.encode("latin-1" if slot.startswith("header") else "utf-8", "surrogatepass")
    url = "https://press.example.org/a"
    document = Document(source="office", name=url, body=body, url=url, media_type=media_type)
    return Filled(slot=slot, pump=pump, form=form, document=document)
