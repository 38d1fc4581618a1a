"""The made-up publisher's own documents read back, to test the way of documents alone.

Knows the forms of `tests/publisher/contents.py` and no others. Must never be taken for a parser.
"""

import re
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from urllib.parse import urljoin

from lxml import etree

from feeds.draft import Document, Draft, Hub, Location, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom

_ENTRY = re.compile(r'<a href="([^"]+)">(.*?)</a></h2>\s*<time datetime="(\S+?)">')
_NEXT = re.compile(r'<a rel="next" href="(.*?)">')
_TITLE = re.compile(r"<article>\s*<h1>(.*?)</h1>")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>")


def understood(document: Document) -> Parsed | Refused:
    """What a document of the publisher holds."""
    if document.body.startswith(b"<?xml"):
        return _xml(document)
    text = document.body.decode()
    if 'type="password"' in text:
        return Refused(reason=Reason.LOGIN)
    if '<div class="list">' in text:
        return _listing(text, document.url or "")
    title = _TITLE.search(text)
    if title is None:
        return Refused(reason=Reason.NOT_NEWS)
    paragraphs = tuple(unescape(found) for found in _PARAGRAPH.findall(text))
    lead = document.lead
    draft = Draft(
        form="page",
        title=unescape(title[1]),
        paragraphs=paragraphs,
        url=document.url,
        issued=lead.issued if lead else None,
    )
    return Parsed(form="page", drafts=(draft,))


def _listing(text: str, url: str) -> Parsed:
    more = _NEXT.search(text)
    drafts = tuple(
        _partial("listing", unescape(title), urljoin(url, path), date.fromisoformat(day))
        for path, title, day in _ENTRY.findall(text)
    )
    next_page = urljoin(url, unescape(more[1])) if more else None
    return Parsed(form="listing", drafts=drafts, is_list=True, next_page=next_page)


def _partial(form: str, title: str, url: str, day: date | None) -> Draft:
    issued = Issued(day=day, origin=IssuedFrom.LISTING) if day else None
    return Draft(form=form, title=title, partial=True, url=url, issued=issued)


def _xml(document: Document) -> Parsed | Refused:
    parser = etree.XMLParser(recover=True)
    root = etree.fromstring(document.body, parser)
    parsed = _of_root(root)
    if isinstance(parsed, Refused):
        return parsed
    return replace(
        parsed,
        is_cut=not document.body.rstrip().endswith(f"</{etree.QName(root).localname}>".encode()),
        may_hold_more=len(parser.error_log) > 0,
    )


def _of_root(root: etree._Element) -> Parsed | Refused:
    match etree.QName(root).localname:
        case "urlset" | "sitemapindex" as name:
            is_index = name == "sitemapindex"
            places = tuple(_location(one, is_sitemap=is_index) for one in root)
            return Parsed(form="sitemap", drafts=(), is_list=True, locations=places)
        case "feed":
            return _atom(root)
        case "rss":
            items = root.findall("channel/item")
            drafts = tuple(
                _partial("rss", one.findtext("title") or "", one.findtext("link") or "", None)
                for one in items
            )
            return Parsed(form="rss", drafts=drafts, is_list=True)
        case _:
            return Refused(reason=Reason.NOT_NEWS)


def _location(one: etree._Element, *, is_sitemap: bool) -> Location:
    modified = one.findtext("{*}lastmod")
    return Location(
        url=one.findtext("{*}loc") or "",
        modified=datetime.fromisoformat(f"{modified}T00:00:00+00:00") if modified else None,
        is_sitemap=is_sitemap,
    )


def _atom(root: etree._Element) -> Parsed:
    hubs = [link.get("href") for link in root.findall("{*}link") if link.get("rel") == "hub"]
    topics = [link.get("href") for link in root.findall("{*}link") if link.get("rel") == "self"]
    hub = Hub(url=str(hubs[0]), topic=str(topics[0])) if hubs else None
    drafts = tuple(_entry(one) for one in root.findall("{*}entry"))
    return Parsed(form="atom", drafts=drafts, is_list=True, hub=hub)


def _entry(one: etree._Element) -> Draft:
    content = one.findtext("{*}content")
    link = one.find("{*}link")
    url = "" if link is None else str(link.get("href"))
    day = datetime.fromisoformat(one.findtext("{*}published") or "").date()
    draft = _partial("atom", one.findtext("{*}title") or "", url, day)
    if content is None:
        return draft
    return replace(draft, partial=False, paragraphs=(content,))
