"""What a made-up publisher has to say: item ``n`` is the same in every form it comes in.

Knows the words and their forms (page, listing, feed, sitemap). Must never know requests.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from html import escape

#: The day of item 1; each of the next is a day younger than four others.
FIRST_DAY = date(2001, 1, 8)
ITEMS_A_DAY = 4
#: Addresses end in a number, as those of many publishers do.
FIRST_NUMBER = 100_000

_ISSUERS = (
    "OSCE Presence in Albania",
    "OSCE Mission to Serbia",
    "OSCE Programme Office in Bishkek",
    "OSCE High Commissioner on National Minorities",
    "OSCE Representative on Freedom of the Media",
)
_FIELDS = ("Elections", "Policing", "Youth", "Media freedom and development", "Border management")
_DEEDS = ("opens", "supports", "welcomes", "hosts", "reviews", "concludes", "extends")
_MATTERS = ("training course", "exhibition", "round table", "field visit", "donation", "report")
_PLACES = ("Tirana", "Belgrade", "Osh", "Vienna", "Sarajevo", "Skopje", "Chisinau", "Astana")


@dataclass(frozen=True, slots=True)
class Story:
    """Item ``n``, corrected ``version`` times, and said to be ``late`` days later by lists."""

    n: int
    version: int = 0
    late: int = 0

    @property
    def path(self) -> str:
        return f"/news/{FIRST_NUMBER + self.n}"

    @property
    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.n // ITEMS_A_DAY + self.late)

    @property
    def issuer(self) -> str:
        return _ISSUERS[self.n % len(_ISSUERS)]

    @property
    def field(self) -> str:
        return _FIELDS[self.n % len(_FIELDS)]

    @property
    def title(self) -> str:
        deed, matter = _DEEDS[self.n % len(_DEEDS)], _MATTERS[self.n // 7 % len(_MATTERS)]
        place = _PLACES[self.n // 42 % len(_PLACES)]
        corrected = f" (corrected {self.version})" if self.version else ""
        return f"{self.issuer} {deed} {matter} number {self.n} in {place}{corrected}"

    @property
    def summary(self) -> str:
        # With a title behind it, it is English at first sight: no process loads the model for it.
        place = _PLACES[self.n % len(_PLACES)]
        return f"Some {self.n + 12} of the people were from {place}, and the others were not."

    @property
    def paragraphs(self) -> tuple[str, ...]:
        matter, place = _MATTERS[self.n % len(_MATTERS)], _PLACES[self.n // 3 % len(_PLACES)]
        case, people, one = self.n * 7919 % 100_003, self.n * 31 % 997, self.n * 13 % 541
        dealt = f"The {matter} dealt with case {case} of the year, and with {people} people in it."
        went = f"“It went well,” said participant {one}, who had come from {place} for it."
        return (self.summary, dealt, went)


def page(story: Story) -> bytes:
    """The page of an item; the day and the issuer are on the listing alone."""
    text = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in story.paragraphs)
    return _html(story.title, f"<article>\n<h1>{escape(story.title)}</h1>\n{text}</article>")


def listing(stories: Sequence[Story], next_page: str | None) -> bytes:
    """One page of a listing."""
    entries = "".join(_entry(story) for story in stories)
    more = f'<a rel="next" href="{escape(next_page)}">Older</a>' if next_page else ""
    return _html("News", f'<h1>News</h1>\n<div class="list">\n{entries}</div>\n{more}')


def _entry(story: Story) -> str:
    return (
        f'<div class="entry"><h2><a href="{story.path}">{escape(story.title)}</a></h2>\n'
        f'<time datetime="{story.day}">{story.day:%d %B %Y}</time>\n'
        f"<p>{escape(story.summary)}</p></div>\n"
    )


def login() -> bytes:
    """What comes with 200 where a session has ended."""
    form = '<form action="/login"><input name="user"><input type="password" name="p"></form>'
    return _html("Log in", f"<h1>Log in</h1><p>Please log in.</p>{form}")


def _html(title: str, body: str) -> bytes:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()


def atom(base: str, stories: Sequence[Story], *, full: bool, hub: str | None) -> bytes:
    """An Atom feed; ``full`` entries hold the whole text."""
    entries = "".join(
        f"<entry><id>{base}{story.path}</id><title>{escape(story.title)}</title>"
        f'<link href="{base}{story.path}"/><published>{_moment(story)}</published>'
        f"<updated>{_moment(story)}</updated><category term={_quoted(story.field)}/>"
        f"<author><name>{escape(story.issuer)}</name></author>{_said(story, full=full)}</entry>\n"
        for story in stories
    )
    announced = f'<link rel="hub" href="{escape(hub)}"/>' if hub else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{base}/feed</id><title>News</title><updated>2026-01-01T00:00:00Z</updated>"
        f'<link rel="self" href="{base}/feed.atom"/>{announced}\n{entries}</feed>\n'
    ).encode()


def _said(story: Story, *, full: bool) -> str:
    if not full:
        return f"<summary>{escape(story.summary)}</summary>"
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in story.paragraphs)
    return f'<content type="html">{escape(text)}</content>'


def rss(base: str, stories: Sequence[Story]) -> bytes:
    """An RSS 2.0 feed with summaries."""
    entries = "".join(
        f"<item><title>{escape(story.title)}</title><link>{base}{story.path}</link>"
        f'<guid isPermaLink="true">{base}{story.path}</guid>'
        f"<pubDate>{format_datetime(_instant(story))}</pubDate>"
        f"<description>{escape(story.summary)}</description></item>\n"
        for story in stories
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>News</title><link>{base}/news</link><description>News</description>\n"
        f"{entries}</channel></rss>\n"
    ).encode()


def sitemap(base: str, stories: Sequence[Story]) -> bytes:
    """A sitemap of item pages, last changed a day after each version."""
    rows = "".join(
        f"<url><loc>{base}{story.path}</loc><lastmod>{changed(story)}</lastmod></url>\n"
        for story in stories
    )
    return _map("urlset", rows)


def changed(story: Story) -> date:
    """The day the story became what it is."""
    return story.day + timedelta(days=story.version)


def sitemap_index(base: str, children: Sequence[tuple[str, date | None]]) -> bytes:
    """A sitemap of sitemaps: their paths, and when they last changed where that is said."""
    rows = "".join(
        f"<sitemap><loc>{base}{path}</loc>"
        + (f"<lastmod>{day}</lastmod>" if day else "")
        + "</sitemap>\n"
        for path, day in children
    )
    return _map("sitemapindex", rows)


def packed(body: bytes) -> bytes:
    """As a gzip file, the same bytes each time."""
    return gzip.compress(body, mtime=0)


def _map(root: str, rows: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</{root}>\n'
    ).encode()


def _instant(story: Story) -> datetime:
    return datetime(story.day.year, story.day.month, story.day.day, 9, story.n % 4, tzinfo=UTC)


def _moment(story: Story) -> str:
    return _instant(story).isoformat().replace("+00:00", "Z")


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'
