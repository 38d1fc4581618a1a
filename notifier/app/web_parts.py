"""From an open house to its web server: published files, selections, links of mails, hubs, health.

Knows which part of a house answers what. Must never know how many processes answer, or start one.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event

from starlette.types import ASGIApp

from config.settings import Settings
from feeds.ingest.single_document import Receiver
from feeds.publish.selected import SelectedFeeds
from feeds.publish.site import Site, item_page
from feeds.storage.database import Database
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.web.selections import SelectedOverHttp
from feeds.websub.callback import HubCallback
from feeds.websub.hub import WebSubHub
from notifier.app import parts, reports, sources
from notifier.app.house import PUBLIC_ID_BYTES, House, jitter
from notifier.app.jobs import Beats
from notifier.digest.named import Named
from notifier.subscribers.moving import Moving
from notifier.subscribers.sign_up import SignUp, SignUpBounds
from notifier.web.application import create_app
from notifier.web.connections import WebCounts
from notifier.web.health import Health, Heartbeats
from notifier.web.mailbox import Mailbox
from notifier.web.managing import Managing
from notifier.web.offers import Offers
from notifier.web.private_pages import PrivatePages
from notifier.web.server import Server, all_descriptors
from notifier.web.subscribing import Subscribing
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing

#: The job after which searches may find something else.
SEARCH = "search"

#: For feeds that were made when somebody asked: those of some hundred selections.
_SELECTIONS_BYTES = 32_000_000


def server(
    house: House,
    stopping: Event,
    *,
    publish: Callable[[], None],
    announce: Callable[[], object],
    send: Callable[[], object],
    heartbeats: Beats,
    counts: WebCounts,
    place: int = 0,
    mails: Path | None = None,
) -> Server:
    """The web server of one process, whose ``place`` among all that answer is its own.

    What publishers and hubs hand in shows at once, by ``publish``, which may take a while; that
    somebody wants to subscribe is told by ``announce``, and that there is mail to send by ``send``,
    at once. ``mails`` is a Maildir to show.
    """
    directory = _directory(house.settings, house.site, house.clock)
    files = PublishedFiles(directory, house.site.base)
    database, taxonomy, site, clock = house.database, house.taxonomy, house.site, house.clock
    pages, sign_up = PrivatePages(site, taxonomy), _sign_up(house, send)
    web = create_app(
        files=files,
        unsubscribing=_unsubscribing(house, pages),
        viewing=_viewing(house, pages),
        subscribing=_subscribing(house, pages, sign_up) if site.has_sign_up else None,
        managing=_managing(house, pages, sign_up),
        health=_health(house.settings, database, heartbeats, counts, clock),
        pages=pages,
        selections=_selections(house, partial(heartbeats.last, SEARCH)),
        base=site.base,
        mails=Mailbox(mails, pages) if mails else None,
        api=_api(house.settings, house.receiver, site, publish, clock),
        hubs=_callback(house, publish),
        hub=_hub(house, directory, announce),
    )
    return Server(
        web,
        stopping,
        descriptors=all_descriptors(),
        counts=counts,
        place=place,
        at_once=files.at_once,
    )


def _unsubscribing(house: House, pages: PrivatePages) -> Unsubscribing:
    return Unsubscribing(
        database=house.database,
        links=house.contents.links,
        offers=_offers(house),
        pages=pages,
        clock=house.clock,
    )


def _subscribing(house: House, pages: PrivatePages, sign_up: SignUp) -> Subscribing:
    """Where readers sign up by themselves."""
    settings, database = house.settings, house.database
    asked = settings.signup
    return Subscribing(
        database=database,
        sign_up=sign_up,
        offers=_offers(house),
        keyed=house.keyed,
        secret=settings.signing_key,
        pages=pages,
        clock=house.clock,
        new_id=lambda: secrets.token_urlsafe(PUBLIC_ID_BYTES),
        version=version("fieldfare"),
        keeps_network=asked.keep_network,
    )


def _managing(house: House, pages: PrivatePages, sign_up: SignUp) -> Managing:
    """Where readers change what they get."""
    return Managing(
        database=house.database,
        sign_up=sign_up,
        moving=Moving(sign_up=sign_up),
        offers=_offers(house),
        keyed=house.keyed,
        links=house.contents.links,
        pages=pages,
        clock=house.clock,
    )


def _sign_up(house: House, send: Callable[[], object]) -> SignUp:
    settings = house.settings
    asked = settings.signup
    return SignUp(
        database=house.database,
        taxonomy=house.taxonomy,
        assumed=parts.assumed(settings),
        keyed=house.keyed,
        bounds=SignUpBounds(
            per_address=asked.mails_per_address,
            per_network=asked.per_network,
            per_hour=asked.per_hour,
        ),
        welcomes=settings.mail.welcome != "none",
        wake=send,
    )


def _offers(house: House) -> Offers:
    return Offers(named=Named(house.site, house.taxonomy), taxonomy=house.taxonomy)


def _viewing(house: House, pages: PrivatePages) -> Viewing:
    """What shows digests in the browser, for as many days as settings say."""
    after = timedelta(days=house.settings.mail.view_days)
    copy, clock, secret = house.contents.copy, house.clock, house.settings.signing_key
    return Viewing(copy=copy, secret=secret, pages=pages, clock=clock, after=after)


def _health(
    settings: Settings,
    database: Database,
    heartbeats: Heartbeats,
    counts: WebCounts,
    clock: Callable[[], datetime],
) -> Health:
    return Health(
        is_current=database.is_current,
        incidents=lambda: reports.incidents(database),
        totals=lambda: reports.totals(database, settings.sources, clock()),
        heartbeats=heartbeats,
        counts=counts,
        version=version("fieldfare"),
        clock=clock,
    )


def _selections(house: House, heard: Callable[[], float]) -> SelectedOverHttp:
    made = SelectedFeeds(house.database, house.taxonomy, house.site)
    return SelectedOverHttp(made, _SELECTIONS_BYTES, house.clock, heard, house.site.base)


def _callback(house: House, publish: Callable[[], None]) -> HubCallback:
    return HubCallback(
        receiver=house.receiver,
        clock=house.clock,
        max_bytes=house.settings.ingest.max_document_bytes,
        jitter=jitter,
        on_content=lambda _: publish(),
    )


def _hub(house: House, directory: Directory, on_request: Callable[[], object]) -> WebSubHub | None:
    """Our own hub, where there is one."""
    if not house.settings.websub.hub:
        return None
    return WebSubHub(
        database=house.database,
        site=house.site.url,
        clock=house.clock,
        moved_to=directory.moved_to,
        refusal=house.caller().refusal,
        on_request=on_request,
    )


def _directory(settings: Settings, site: Site, clock: Callable[[], datetime]) -> Directory:
    cached = settings.serve.cache_bytes
    return Directory(settings.publish.directory, cached, clock, site.links, site.is_pictured)


def _api(
    settings: Settings,
    receiver: Receiver,
    site: Site,
    publish: Callable[[], None],
    clock: Callable[[], datetime],
) -> ASGIApp | None:
    """The push API, where somebody may push. Raises SettingsError for a token that is none."""
    tokens = sources.tokens(settings)
    if not tokens:
        return None
    # A quarter of a second, of which an installation that nobody pushes to need not know.
    from feeds.push.api import PushApi
    from feeds.push.receive import PushedItems

    pushed = PushedItems(
        receiver=receiver, clock=clock, page_of=lambda slug: f"{site.url}/{item_page(slug)}"
    )
    max_bytes = settings.ingest.max_document_bytes
    api = PushApi(pushed=pushed, tokens=tokens, max_bytes=max_bytes, on_change=publish)
    return api.app(version("fieldfare"))
