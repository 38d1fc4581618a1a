"""Somebody who subscribes at a hub (WebSub), on a real web server, and can be unkind.

Knows the W3C Recommendation's rules for subscribers. Must never know how a hub keeps them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import httpx2

from tests.publisher.server import Publisher, Raw, Request, Response, publishing


@dataclass(slots=True, kw_only=True)
class FeedReader:
    """A callback at every path of ``server``.

    It confirms what it is asked with the challenge, or with what ``confirms`` says; ``status`` is
    what it answers to news.
    """

    confirms: Response | Raw | None = None
    status: int = 204
    server: Publisher = field(init=False)

    def answer(self, request: Request) -> Response | Raw:
        if request.method == "POST":
            return Response(status=self.status)
        if self.confirms is not None:
            return self.confirms
        challenge = parse_qs(request.query).get("hub.challenge", [""])[0]
        return Response(body=challenge.encode())

    def ask(
        self, hub: str, topic: str, *, path: str = "/callback", mode: str = "subscribe", **more: str
    ) -> httpx2.Response:
        """What a hub answers to a request of ours."""
        form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": self.server.at(path)}
        form |= {f"hub.{name}": text for name, text in more.items()}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return httpx2.post(hub, content=urlencode(form), headers=headers)

    @property
    def questions(self) -> list[dict[str, str]]:
        """What hubs asked, in order."""
        asked = [each for each in self.server.requests if each.method == "GET"]
        return [{name: said[0] for name, said in parse_qs(each.query).items()} for each in asked]

    @property
    def news(self) -> list[Request]:
        return [each for each in self.server.requests if each.method == "POST"]


@contextmanager
def a_reader() -> Iterator[FeedReader]:
    reader = FeedReader()
    with publishing(reader.answer) as server:
        reader.server = server
        yield reader
