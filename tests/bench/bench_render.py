"""How fast a digest becomes a message, beside plain jinja2 and the standard library's message.

Run it with ``python -m tests.bench.bench_render [DIGESTS]``. Each of a thousand readers gets twenty
items of two hundred, no two the same ones; ours are joined of pieces that were made for the first.
The peer is given finished values, renders one template for each body, and makes an `EmailMessage`.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage

from jinja2 import Environment

from feeds.model import Item
from notifier.digest.render import Renderer
from notifier.mail.message import fill
from notifier.model import Digest, Frequency, Window
from tests.builders import some_news
from tests.digests import DAY, FOLLOWED, TOPICS, VALUES, a_renderer, body, composed

DIGESTS = 1_000
NEWS, ITEMS = 200, 20
#: The same readers and news every time.
SEED = 2026
#: What is asked for: a digest of pieces that are there, and a message of it, beside the peer's.
RATIO = 20.0

_HTML = """<!DOCTYPE html><html lang="en"><head><title>{{ title }}</title></head><body>
<p><a href="{{ view_url }}">View in browser</a></p><h1>{{ title }}</h1>
{% for section in digest.sections %}
<h2>{{ section.selection.query }} {{ section.items | length }}</h2>
{% for item in section.items %}
<h3 lang="{{ item.language }}" style="margin:0;font-family:Georgia, 'Times New Roman', serif;
font-weight:normal;font-size:18px;line-height:1.35;padding-top:20px"><a href="{{ item.url }}"
style="color:#8a4320;text-decoration:none">{{ item.title }}</a></h3>
<p style="margin:3px 0 0;font-size:14px;color:#5c6672">{{ item.issued.day }}
{% for issuer in item.issuers %}{{ issuer.text }}{% endfor %}</p>
<p style="margin:6px 0">{{ item.summary }}</p>
{% endfor %}{% endfor %}<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>"""
_TEXT = """{{ title }}
{{ view_url }}
{% for section in digest.sections %}
{{ section.selection.query }}
{% for item in section.items %}
{{ item.title | wordwrap(72) }}
{{ item.issued.day }} {% for issuer in item.issuers %}{{ issuer.text }}{% endfor %}
{{ item.summary | wordwrap(72) }}
{{ item.url }}
{% endfor %}{% endfor %}
{{ unsubscribe_url }}"""


def some_digests(count: int, **changes: str) -> list[Digest]:
    """Of the news of a day, each reader's own choice, in three sections."""
    chance = random.Random(SEED)
    news = [
        some_news(number=number, topics=frozenset({chance.choice(TOPICS)}), **changes)
        for number in range(1, NEWS + 1)
    ]
    return [a_digest(chance.sample(news, ITEMS)) for _ in range(count)]


def a_digest(news: Sequence[Item]) -> Digest:
    digest = composed(FOLLOWED, news, Window(after=0, upto=NEWS), limit=ITEMS)
    assert digest
    return digest


def ours(renderer: Renderer, digest: Digest, language: str) -> bytes:
    return renderer.render(
        digest, follows=FOLLOWED, frequency=Frequency.DAILY, day=DAY, language=language
    )


class Peer:
    """What manuals show."""

    def __init__(self) -> None:
        self._html = Environment(autoescape=True).from_string(_HTML)
        self._text = Environment(autoescape=False).from_string(_TEXT)

    def bodies(self, digest: Digest) -> tuple[str, str]:
        given = {"digest": digest, "title": "Your daily digest", **VALUES}
        return self._text.render(given), self._html.render(given)

    @staticmethod
    def message(text: str, html: str) -> bytes:
        message = EmailMessage()
        message["From"] = "Fieldfare <digest@example.org>"
        message["To"] = VALUES["recipient"]
        message["Subject"] = "20 new items: Human rights, Policing, OSCE Secretariat"
        message["Date"] = VALUES["date"]
        message["Message-ID"] = VALUES["message_id"]
        message["List-Unsubscribe"] = f"<{VALUES['unsubscribe_url']}>"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        return message.as_bytes()


def microseconds(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) / count * 1e6


def main(count: int = DIGESTS) -> bool:
    """Whether a message is there so many times as fast as the peer's."""
    digests = some_digests(count)
    renderer = a_renderer()
    first = microseconds(lambda: ours(renderer, digests[0], "en"), 1)
    for digest in digests:
        ours(renderer, digest, "en")
    made: list[bytes] = []
    rendered = microseconds(
        lambda: made.extend(ours(renderer, digest, "en") for digest in digests), count
    )
    filled = microseconds(lambda: [fill(each, VALUES) for each in made], count)
    peer, bodies = Peer(), list[tuple[str, str]]()
    jinja = microseconds(lambda: bodies.extend(map(peer.bodies, digests)), count)
    as_bytes = microseconds(lambda: [peer.message(*each) for each in bodies], count)
    ratio = (jinja + as_bytes) / (rendered + filled)
    print(f"{count:,} digests of {ITEMS} of {NEWS} items, no two the same, microseconds each")
    print(f"  the very first, every piece made   {first:9,.0f}")
    print(f"  joined of pieces that are there    {rendered:9,.0f}")
    print(f"  filled for one reader              {filled:9,.0f}")
    print(f"  peer: two jinja2 templates         {jinja:9,.0f}")
    print(f"  peer: EmailMessage.as_bytes        {as_bytes:9,.0f}")
    print(f"  ratio {ratio:.1f} (asked for: {RATIO:.0f})")
    sizes = [len(body(bytes(fill(each, VALUES)), "html")) for each in made[:1]]
    print(f"  HTML part {sizes[0]:,} characters, message {len(made[0]):,} bytes")
    return ratio >= RATIO


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
