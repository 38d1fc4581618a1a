"""A publisher for tests: the push API on a port of its own, and items to hand in.

Knows how a publisher's system would speak. Must never know what a test expects of the answers.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from config.scopes import Scope
from feeds.ingest import Terms
from feeds.ingest.single_document import Receiver
from feeds.push.api import PushApi
from feeds.push.receive import PushedItems
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.bearer_api import Bearer, api_app
from tests.command import Installation, an_installation
from tests.folder_ingest import IDENTITY, NOW
from tests.serving import serving

TOKENS = {"press": "the token of the press office, long", "wire": "the token of the wire, long too"}
MAX_BYTES = 50_000
#: The press office in the settings of an installation.
PRESS = """\
[[sources]]
name = "press"
kind = "push"
token_path = "token"
full_text = true
"""


def pushed_to(folder: Path, settings: str, *, is_cold: bool = False) -> Installation:
    """An installation that takes what the press office pushes."""
    house = an_installation(folder, settings, PRESS, is_cold=is_cold)
    (folder / "token").write_text(TOKENS["press"])
    return house


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def an_item(**changes: Any) -> dict[str, Any]:
    """A news item as JSON; a change to None leaves a member out."""
    item = {
        "id": "press-417",
        "title": "Police officers trained in digital investigations",
        "summary": "Twenty officers practised how to secure electronic evidence.",
        "paragraphs": ["The course was held in Vienna.", "It lasted five days."],
        "url": "https://www.example.org/press/417",
        "issued": "2026-11-20T09:30:00+01:00",
        "language": "en",
        "content_type": "Press release",
        "issuers": ["OSCE Secretariat"],
        "fields": ["Policing"],
    }
    return {name: value for name, value in (item | changes).items() if value is not None}


def an_entry(**changes: str) -> bytes:
    """An atom:entry."""
    parts = {
        "id": "tag:example.org,2026:press-417",
        "title": "Police officers trained in digital investigations",
        "content": "&lt;p&gt;The course was held in Vienna.&lt;/p&gt;",
    } | changes
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<entry xmlns="http://www.w3.org/2005/Atom">
  <id>{parts["id"]}</id>
  <title>{parts["title"]}</title>
  <link href="https://www.example.org/press/20417"/>
  <published>2026-11-20T09:30:00+01:00</published>
  <updated>2026-11-20T09:30:00+01:00</updated>
  <author><name>OSCE Secretariat</name></author>
  <category term="Policing"/>
  <content type="html">{parts["content"]}</content>
</entry>
""".encode()


class Publisher:
    """A publisher's system with a token."""

    def __init__(self, base: str, token: str = TOKENS["press"]) -> None:
        self._base = base
        self._token = token

    def ask(
        self, method: str, path: str, *, content: bytes | Iterator[bytes] = b"", **headers: str
    ) -> httpx2.Response:
        sent = bearer(self._token) | headers
        return httpx2.request(method, self._base + path, content=content, headers=sent, timeout=30)

    def post(self, item: object, **headers: str) -> httpx2.Response:
        return self.send("POST", "/api/items", json.dumps(item).encode(), **headers)

    def put(self, name: str, item: object, **headers: str) -> httpx2.Response:
        return self.send("PUT", f"/api/items/{name}", json.dumps(item).encode(), **headers)

    def post_entry(self, entry: bytes, **headers: str) -> httpx2.Response:
        kind = {"Content-Type": "application/atom+xml;type=entry"}
        return self.send("POST", "/api/items", entry, **kind | headers)

    def get(self, name: str) -> httpx2.Response:
        return self.ask("GET", f"/api/items/{name}")

    def delete(self, name: str) -> httpx2.Response:
        return self.ask("DELETE", f"/api/items/{name}")

    def send(
        self, method: str, path: str, body: bytes | Iterator[bytes], **headers: str
    ) -> httpx2.Response:
        kind = {"Content-Type": "application/json"}
        return self.ask(method, path, content=body, **kind | headers)


class Changes:
    """Hears of changes."""

    def __init__(self) -> None:
        self.heard = 0

    def __call__(self) -> None:
        self.heard += 1


def a_receiver(
    database: Database, taxonomy: Taxonomy, clock: Callable[[], datetime] = lambda: NOW
) -> Receiver:
    return Receiver(
        database=database,
        terms=lambda source: Terms(
            source=source,
            taxonomy=taxonomy,
            identity=IDENTITY,
            now=clock(),
            zone=UTC,
            batch=500,
            archive_after_days=7,
        ),
    )


@contextmanager
def a_push_api(database: Database, taxonomy: Taxonomy, changes: Changes) -> Iterator[str]:
    """The address of a server with the push API at /api."""
    pushed = PushedItems(
        receiver=a_receiver(database, taxonomy),
        clock=lambda: NOW,
        page_of=lambda slug: f"https://news.example.org/items/{slug}/",
    )
    api = PushApi(pushed=pushed, max_bytes=MAX_BYTES, on_change=changes)
    sources = {
        token: Bearer(name=name, scopes=frozenset({Scope.ITEMS_PUSH}))
        for name, token in TOKENS.items()
    }
    with serving(Starlette(routes=[Mount("/api", api_app("0.1.0", sources, api))])) as base:
        yield base
