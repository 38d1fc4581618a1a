"""The web server for tests: every part of it in place, and on a port of its own for a while.

Knows how the parts fit together. Must never know what is asked of them.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from threading import Event, Thread
from zoneinfo import ZoneInfo

import trustme
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from feeds.catalogue import languages
from feeds.identity.ids import Identity
from feeds.publish.look import STYLE
from feeds.publish.selected import SelectedFeeds
from feeds.publish.site import Site
from feeds.standing import HubStanding, State
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.web.selections import SelectedOverHttp
from notifier.digest.named import Named
from notifier.incidents.incident import Incident
from notifier.model import DeliveryState, SubscriberState, Totals
from notifier.subscribers.links import MailLinks
from notifier.subscribers.moving import Moving
from notifier.subscribers.preferences import Assumed
from notifier.subscribers.sign_up import SignUp, SignUpBounds
from notifier.web.application import create_app
from notifier.web.connections import WebCounts
from notifier.web.health import Health
from notifier.web.mailbox import Mailbox
from notifier.web.managing import Managing
from notifier.web.offers import Offers
from notifier.web.private_pages import PrivatePages
from notifier.web.server import Server
from notifier.web.subscribing import Subscribing
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing
from tests.outbox import KEYED, contents

START_SECONDS = 10
#: What Linux gives a process by default.
DESCRIPTORS = 1_024

SECRET = b"the secret of an installation..."
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SITE = Site(
    title="Fieldfare",
    organisation="",
    url="http://127.0.0.1:8025",
    language="en",
    timezone=ZoneInfo("Europe/Vienna"),
    contact="",
    identity=Identity(authority="news.example.org", minted=date(2026, 1, 1)),
    terms=(),
    entries_per_feed=50,
    items_per_page=20,
)
TOTALS = Totals(
    items=30_000,
    quarantined=2,
    deliveries={DeliveryState.ACCEPTED: 41, DeliveryState.FAILED: 1},
    subscribers={SubscriberState.ACTIVE: 7},
    sources={State.FAILING: 1},
    hubs=(
        HubStanding(
            hub="https://hub.example.org/", waiting=12, failures=3, problem="away", since=NOW
        ),
    ),
    feed_subscriptions=240,
    suppressed=3,
    returned={"reader.example": {"hard": 2}},
    returned_by={"mail": 1, "ses": 1},
    paused={"reader.example": NOW},
    failures={"source": 4},
    job_ends={("publish", "one"): NOW},
    oldest_due=NOW,
)


#: So few that a test reaches them.
BOUNDS = SignUpBounds(per_address=3, per_network=50, per_hour=100)


@dataclass(slots=True)
class Clock:
    """A time of day that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Heartbeats:
    """Jobs that beat as they are told to."""

    ages: dict[str, timedelta] = field(
        default_factory=lambda: dict.fromkeys(("ingest", "publish"), timedelta())
    )
    stuck: tuple[str, ...] = ()


def a_viewing(
    copy: Callable[[str, str, float], bytes | None],
    pages: PrivatePages,
    clock: Callable[[], datetime],
) -> Viewing:
    """Digests are shown for ninety days."""
    after = timedelta(days=90)
    return Viewing(copy=copy, secret=SECRET, pages=pages, clock=clock, after=after)


def an_unsubscribing(
    database: Database, pages: PrivatePages, clock: Callable[[], datetime]
) -> Unsubscribing:
    return Unsubscribing(
        database=database,
        links=MailLinks(base_url=pages.site.url, secret=SECRET),
        offers=Offers(named=Named(pages.site, pages.taxonomy), taxonomy=pages.taxonomy),
        pages=pages,
        clock=clock,
    )


def a_sign_up(
    database: Database,
    pages: PrivatePages,
    wake: Callable[[], object] = lambda: None,
    *,
    keeps_network: bool = False,
) -> SignUp:
    return SignUp(
        database=database,
        taxonomy=pages.taxonomy,
        assumed=Assumed(zone=pages.site.timezone, language="en", languages=languages()),
        keyed=KEYED,
        bounds=BOUNDS,
        welcomes=True,
        keeps_network=keeps_network,
        wake=wake,
    )


def a_managing(
    database: Database,
    pages: PrivatePages,
    clock: Callable[[], datetime],
    sign_up: SignUp,
) -> Managing:
    """Where readers change what they get."""
    return Managing(
        database=database,
        sign_up=sign_up,
        moving=Moving(sign_up=sign_up),
        offers=Offers(named=Named(pages.site, pages.taxonomy), taxonomy=pages.taxonomy),
        keyed=KEYED,
        links=MailLinks(base_url=pages.site.url, secret=SECRET),
        pages=pages,
        clock=clock,
    )


def a_subscribing(
    database: Database,
    pages: PrivatePages,
    clock: Callable[[], datetime],
    sign_up: SignUp,
) -> Subscribing:
    """Where readers sign up by themselves."""
    site, taxonomy = pages.site, pages.taxonomy
    return Subscribing(
        database=database,
        sign_up=sign_up,
        offers=Offers(named=Named(site, taxonomy), taxonomy=taxonomy),
        secret=SECRET,
        pages=pages,
        clock=clock,
        new_id=lambda: token_hex(9),
        version="0.1.0",
    )


def a_health(
    is_current: Callable[[], bool],
    *,
    heartbeats: Heartbeats | None = None,
    counts: WebCounts | None = None,
    incidents: Callable[[], Sequence[Incident]] = tuple,
    totals: Callable[[], Totals] = lambda: TOTALS,
    stopping: Event | None = None,
) -> Health:
    """How a house does that does well, but for what is given."""
    return Health(
        is_current=is_current,
        incidents=incidents,
        halted=lambda: None,
        disks=lambda: {"store.url": 5_000_000},
        totals=totals,
        heartbeats=heartbeats or Heartbeats(),
        counts=counts or some_counts(),
        version="0.1.0",
        clock=lambda: NOW,
        stopping=stopping or Event(),
    )


def a_web_app(
    database: Database,
    taxonomy: Taxonomy,
    root: Path,
    *,
    maildir: Path | None = None,
    health: Health | None = None,
    site: Site = SITE,
    clock: Callable[[], datetime] = lambda: NOW,
    heard: Callable[[], float] = lambda: 0,
    copy: Callable[[str, str, float], bytes | None] | None = None,
    wake: Callable[[], object] = lambda: None,
    team: Iterable[BaseRoute] = (),
) -> Starlette:
    """The whole web server, its published files below ``root``."""
    pages = PrivatePages(site, taxonomy)
    sign_up = a_sign_up(database, pages, wake)
    _style(root)
    return create_app(
        files=PublishedFiles(Directory(root, 1_000_000, lambda: NOW, site.links), site.base),
        unsubscribing=an_unsubscribing(database, pages, clock),
        viewing=a_viewing(copy or contents(database).copy, pages, clock),
        subscribing=a_subscribing(database, pages, clock, sign_up),
        managing=a_managing(database, pages, clock, sign_up),
        health=health or a_health(database.is_current),
        pages=pages,
        selections=_selections(SelectedFeeds(database, taxonomy, site), site, clock, heard),
        base=site.base,
        mails=Mailbox(maildir, pages) if maildir else None,
        team=team,
    )


def _selections(
    made: SelectedFeeds, site: Site, clock: Callable[[], datetime], heard: Callable[[], float]
) -> SelectedOverHttp:
    return SelectedOverHttp(made, 1_000_000, clock, heard, site.base)


def _style(root: Path) -> None:
    root.mkdir(exist_ok=True)
    (root / "style.css").write_bytes(STYLE.read_bytes())


def some_counts() -> WebCounts:
    """Of one process that runs."""
    counts = WebCounts.of()
    counts.running[0] = 1
    return counts


@contextmanager
def serving(
    app: Starlette,
    descriptors: int = DESCRIPTORS,
    *,
    counts: WebCounts | None = None,
    ca: trustme.CA | None = None,
    port: int = 0,
) -> Iterator[str]:
    """The base address under which the application answers, through a real server, at a ``port``
    that is free or the one that is given.

    With ``ca`` by TLS, with a certificate of it.
    """
    # Named as TCP, asyncio sends at once (TCP_NODELAY); else each body waits 40 ms for an ACK.
    with socket.socket(proto=socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", port))
        files = app.router.default
        # A server of published files answers them as the daemon's does.
        at_once = files.at_once if isinstance(files, PublishedFiles) else lambda *_: None
        server = Server(
            app,
            Event(),
            descriptors=descriptors,
            counts=counts or some_counts(),
            at_once=at_once,
        )
        if ca:
            server.config.load()
            server.config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ca.issue_cert("127.0.0.1").configure_cert(server.config.ssl)
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            _wait_for(server)
            yield f"{'https' if ca else 'http'}://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def _wait_for(server: Server) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > give_up_at:
            raise TimeoutError("the server did not start")
        time.sleep(0.01)
