"""Digests to read: composed, rendered, filled in and taken apart again as a mail program does.

Knows the readers' side of a mail. Must never know how a rendering is made.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from functools import cache
from pathlib import Path
from typing import Any

import lxml.html

from feeds.model import Issued, IssuedFrom, Item
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from notifier.digest.compose import Interest, News, compose
from notifier.digest.named import Named
from notifier.digest.render import Renderer
from notifier.mail.message import fill
from notifier.model import Digest, Frequency, Match, Window
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, a_sender, only, some_news
from tests.items import a_site

DAY = date(2026, 11, 24)
TOPICS = (HUMAN_RIGHTS, POLICING, SECRETARIAT)
FOLLOWED = tuple(map(only, TOPICS))
VALUES = {
    "recipient": "reader@example.org",
    "message_id": "<2026-11-24.a1b2@news.example.org>",
    "date": "Tue, 24 Nov 2026 06:00:00 +0000",
    "unsubscribe_url": "https://news.example.org/u/dGhpcyBpcyBub3Q.u.a1b2.1",
    "view_url": "https://news.example.org/d/YSByZWFsIHRva2Vu.d.a1b2.1.2026-11-24",
    "manage_url": "https://news.example.org/manage/YSB3YXkgaW4.manage.a1b2.1.1764140400",
}


#: As settings have it.
MOST_BYTES = 99_000
_FEW_TOPICS = Path(__file__).parent / "few_topics.toml"


@cache
def few_topics() -> Taxonomy:
    return Taxonomy.from_toml(_FEW_TOPICS.read_text("utf-8"))


def named(taxonomy: Taxonomy | None = None, **changes: Any) -> Named:
    return Named(a_site(**changes), taxonomy or few_topics())


def a_renderer(
    by_name: Named | None = None,
    *,
    most_bytes: int = MOST_BYTES,
    folder: Path | None = None,
    **changes: Any,
) -> Renderer:
    sender = a_sender(**changes)
    return Renderer(sender, by_name or named(), most_bytes=most_bytes, folder=folder)


def rendered(
    digest: Digest,
    language: str = "en",
    *,
    frequency: Frequency = Frequency.DAILY,
    follows: tuple[Selection, ...] = FOLLOWED,
    renderer: Renderer | None = None,
) -> bytes:
    maker = renderer or a_renderer()
    template = maker.render(
        digest, follows=follows, frequency=frequency, day=DAY, language=language
    )
    return bytes(fill(template, VALUES))


def of(*news: Item, follows: Sequence[Selection] = FOLLOWED, limit: int = 50) -> Digest:
    """The digest of all that is new to somebody, by numbers of items."""
    found = composed(follows, news, Window(after=0, upto=1_000), limit=limit)
    assert found is not None
    return found


def composed(
    follows: Sequence[Selection], news: Iterable[Item], window: Window, **options: Any
) -> Digest | None:
    """The daily digest of somebody who always followed these, of what is new in a window."""
    interests = [
        Interest(key=key, selection=each, frequency=Frequency.DAILY, since=0, reached=0)
        for key, each in enumerate(follows, 1)
    ]
    windows = {Frequency.DAILY: window}
    return compose(interests, matched(interests, news), windows, **{"limit": 50, **options})


def matched(interests: Iterable[Interest], news: Iterable[Item]) -> News:
    """Each item came to be of what it is of by a change of its own number."""
    keys = {each.key: each.selection for each in interests}
    found: dict[int, list[Match]] = {key: [] for key in keys}
    numbers: dict[int, dict[int, int]] = {}
    for item in sorted(news, key=lambda item: item.number):
        by_key = numbers.setdefault(item.number, {})
        for key, selection in keys.items():
            if selection.takes(item.topics, item.language):
                found[key].append(Match(item.number, item.number, is_again=False))
                by_key[key] = item.number
    return News(matches=found, numbers=numbers, items={item.number: item for item in news})


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def body(message: bytes, kind: str) -> str:
    part = parsed(message).get_body((kind,))
    assert isinstance(part, MIMEPart)
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def text_of(digest: Digest, **options: Any) -> str:
    return body(rendered(digest, **options), "plain")


def page_of(digest: Digest, **options: Any) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(body(rendered(digest, **options), "html"))


def subject_of(digest: Digest, **options: Any) -> str:
    return str(parsed(rendered(digest, **options))["subject"])


def a_digest() -> Digest:
    """Two topics, four items of every sort, twelve more left out, for a reader of three topics."""
    lead = (
        "On 26 February 2021, the Council of Europe (CoE) convened the 8th meeting of the Protocol "
        "Drafting Plenary of the Cybercrime Convention Committee (T/CY), which represents the "
        "State Parties to the Budapest Convention on Cybercrime."
    )
    news = [
        some_news(
            number=103,
            title="OSCE observes plenary session on cybercrime & electronic evidence",
            summary=lead,
            issued=None,
            issuers=("OSCE Secretariat", "Transnational Threats Department"),
        ),
        some_news(
            number=102,
            title="Human rights in policing: a course for investigators in Central Asia",
            issuers=("Programme Office in Bishkek",),
            topics=frozenset({POLICING, HUMAN_RIGHTS, SECRETARIAT}),
        ),
        some_news(
            number=101,
            title="Statement on the situation of human rights defenders",
            summary="",
            content_type="Press statement",
            issuers=("OSCE Office for Democratic Institutions and Human Rights",),
            topics=frozenset({HUMAN_RIGHTS}),
        ),
        some_news(
            number=100,
            title="ОБСЕ проводит семинар по борьбе с киберпреступностью",
            summary="Семинар собрал следователей и прокуроров.",
            issued=Issued(day=date(2026, 11, 20), origin=IssuedFrom.DATELINE),
            issuers=("Programme Office in Dushanbe",),
            language="ru",
            topics=frozenset({POLICING}),
        ),
        *(some_news(number=number, topics=frozenset({POLICING})) for number in range(1, 13)),
    ]
    return of(*news, limit=4)
