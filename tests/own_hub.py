"""Our own hub for tests: a site that is published, and what its hub does when it is told to.

Knows how the parts of the hub fit together. Must never know who subscribes.
"""

import hashlib
import hmac
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event

import trustme
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from feeds.ingest.retag import follow
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.storage.websub import subscriptions
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from feeds.web.request_limits import CLIENT
from feeds.websub.distribute import Capacity, Deliveries, Verifications
from feeds.websub.hub import WebSubHub
from feeds.websub.outbound import Outbound
from tests.builders import a_draft
from tests.items import NOON, a_site, store
from tests.publisher.fetching import LIMITS, fetching
from tests.serving import serving

TOPICS = """
[[field]]
slug = "policing"
label = "Policing"

[[field]]
slug = "gender-equality"
label = "Gender equality"
"""
SECRET = "the secret of a reader"
BRIEF = replace(LIMITS, timeout_seconds=1, document_seconds=2, max_bytes=65_536)


class OurHub:
    """A site with its hub on a port; what the hub does at the moment ``now`` is done by `work`."""

    def __init__(
        self, database: Database, public: Path, opened: ExitStack, ca: trustme.CA | None = None
    ) -> None:
        self.database = database
        self.taxonomy = Taxonomy.from_toml(TOPICS)
        self.files = Files(public)
        self.now = NOON
        self.stopping = Event()
        self.most = 100
        self.titles = count(1)
        self.challenges = count(1)
        app = Starlette(routes=[Route("/websub", self._answer, methods=["POST"])])
        self.base = opened.enter_context(serving(app, ca=ca))
        self.fetcher = opened.enter_context(
            fetching(clock=lambda: self.now, stopping=self.stopping, limits=BRIEF)
        )
        self.url = f"{self.base}/websub"
        self.site = a_site(url=self.base, hubs=(self.url,))
        self.all = f"{self.base}/feeds/all.atom"
        self.client = ""
        self.answering = WebSubHub(
            database=self.database,
            site=self.base,
            clock=lambda: self.now,
            refusal=self.fetcher.refusal,
            moved_to=Directory(public, 0, lambda: self.now).moved_to,
            on_request=lambda: None,
        )
        self.publish()

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        request.scope[CLIENT] = self.client
        return await self.answering.answer(request)

    def publish(self, *titles: str) -> None:
        drafts = [a_draft(title=title, issuers=(), content_type=None) for title in titles]
        store(self.database, self.taxonomy, drafts, at=self.now)
        publish(self.database, self.taxonomy, self.files, self.site)

    def rename(self, slug: str, now: str) -> None:
        """A topic has another slug, and its feed another address."""
        known = f'slug = "{now}"\nformer_slugs = ["{slug}"]'
        self.taxonomy = Taxonomy.from_toml(TOPICS.replace(f'slug = "{slug}"', known))
        follow(self.database, self.taxonomy, [], now=self.now)
        self.publish()

    def news(self) -> bytes:
        """What the feed of everything is once there is something new in it."""
        self.publish(f"News number {next(self.titles)}")
        body = self.files.read("feeds/all.atom")
        assert body is not None
        return body

    def work(self, **later: float) -> None:
        """All that is due now, or at a moment ``later``, is done."""
        self.now += timedelta(**later)
        verifying = Verifications(
            database=self.database,
            fetcher=self.fetcher,
            site=self.base,
            capacity=Capacity(self.most),
            new_challenge=lambda: f"challenge & number {next(self.challenges)}",
            clock=lambda: self.now,
        )
        delivering = [self.deliveries(failing=failing) for failing in (False, True)]
        Outbound((verifying, *delivering)).run(self.stopping)

    def deliveries(self, *, failing: bool) -> Deliveries:
        return Deliveries(
            database=self.database,
            fetcher=self.fetcher,
            site=self.base,
            links=self.site.links,
            content=self.files.read,
            clock=lambda: self.now,
            jitter=lambda: 0.0,
            failing=failing,
            most=4,
        )

    def count(self) -> int:
        with self.database.reading() as connection:
            return subscriptions.count(connection, self.now)


def signed(body: bytes) -> str:
    """What a reader with the secret finds beside the body."""
    return f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
