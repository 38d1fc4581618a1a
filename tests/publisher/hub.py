"""A hub of a publisher (WebSub) for tests: verifies, signs, distributes; and can be unkind.

Knows the W3C Recommendation's rules for hubs. Must never know who subscribes.
"""

import hmac
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx2
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.serving import serving

CHALLENGE = "a challenge & more"


@dataclass(slots=True)
class Subscription:
    callback: str
    secret: str


@dataclass(slots=True)
class Hub:
    """``lease_seconds`` is what it grants; with a ``status`` it refuses to listen at all.

    ``asked`` holds every form it received, ``verified`` the status of every verification.
    """

    lease_seconds: int = 864_000
    status: int = 202
    reason: str = ""
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _under_way: list[Future[None]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        self.asked.append(form)
        if self.status == 202:
            # Verified later and by itself, as the Recommendation has it (5.3).
            self._under_way.append(self._threads.submit(self._verify, form))
        # Kept open by TLS, a connection would hold up the end of the server.
        headers = {"Connection": "close"}
        return Response("no" if self.status >= 400 else "", self.status, headers)

    def settle(self) -> None:
        """Every verification is over."""
        for future in self._under_way:
            future.result(30)
        self._under_way.clear()

    def distribute(
        self, topic: str, body: bytes, *, method: str = "sha256", signature: str | None = None
    ) -> int:
        """The status a subscriber answers to these news, signed."""
        subscription = self.subscriptions[topic]
        digest = hmac.new(subscription.secret.encode(), body, method).hexdigest()
        headers = {
            "Content-Type": "application/atom+xml",
            "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
        }
        if subscription.secret:
            headers["X-Hub-Signature"] = signature or f"{method}={digest}"
        return httpx2.post(subscription.callback, content=body, headers=headers).status_code

    def _verify(self, form: dict[str, str]) -> None:
        mode, topic = form["hub.mode"], form["hub.topic"]
        if self.reason:
            asked = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.reason}
            answer = httpx2.get(form["hub.callback"], params=asked)
            self.verified.append(answer.status_code)
            return
        asked = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": CHALLENGE}
        if mode == "subscribe":
            asked["hub.lease_seconds"] = str(self.lease_seconds)
        answer = httpx2.get(form["hub.callback"], params=asked)
        self.verified.append(answer.status_code)
        if answer.status_code != 200 or answer.text != CHALLENGE:
            return
        if mode == "subscribe":
            secret = form.get("hub.secret", "")
            self.subscriptions[topic] = Subscription(form["hub.callback"], secret)
        else:
            self.subscriptions.pop(topic, None)


@contextmanager
def a_hub(ca: trustme.CA | None = None) -> Iterator[Hub]:
    """A hub on a port of its own; with ``ca`` it speaks TLS."""
    hub = Hub()
    app = Starlette(routes=[Route("/hub", hub.receive, methods=["POST"])])
    with serving(app, ca=ca) as base:
        hub.url = f"{base}/hub"
        yield hub
        hub._threads.shutdown()
