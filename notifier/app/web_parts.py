"""From an open house to its web server: published files, selections, links of mails, hubs, health.

Knows which part of a house answers what. Must never know how many processes answer, or start one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from config.kinds import SECRET_CHARACTERS
from config.scopes import Scope, scopes_in
from config.settings import Settings, SettingsError
from feeds.model import SourceKind
from feeds.publish.selected import SelectedFeeds
from feeds.publish.site import item_page
from feeds.web.directory import Directory
from feeds.web.published import PublishedFiles
from feeds.web.selections import SelectedOverHttp
from feeds.websub.callback import HubCallback
from feeds.websub.hub import WebSubHub
from notifier.app import lists, mail_parts, parts, reports
from notifier.app.house import PUBLIC_ID_BYTES, House, jitter
from notifier.app.jobs import Beats
from notifier.digest.named import Named
from notifier.incidents.incident import IncidentKind, Trouble
from notifier.incidents.watch import disk_free
from notifier.returns.services.sns import Sns
from notifier.returns.services.web_door import WebDoor
from notifier.storage.senders import Halt, halted
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

if TYPE_CHECKING:
    from feeds.push.api import PushApi
    from notifier.api.operations import TeamApi
    from notifier.api.subscribers_api import SubscribersApi

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
    files = PublishedFiles(directory := _directory(house), house.site.base)
    pages, sign_up = PrivatePages(house.site, house.taxonomy), _sign_up(house, send)
    web = create_app(
        files=files,
        unsubscribing=_unsubscribing(house, pages),
        viewing=_viewing(house, pages),
        subscribing=_subscribing(house, pages, sign_up),
        managing=_managing(house, pages, sign_up),
        health=_health(house, heartbeats, counts, stopping),
        pages=pages,
        selections=_selections(house, partial(heartbeats.last, SEARCH)),
        base=house.site.base,
        mails=Mailbox(mails, pages) if mails else None,
        api=_api(house, sign_up, publish),
        hubs=_callback(house, publish),
        hub=_hub(house, directory, announce),
        returned=_returned(house),
        team=_team(house, publish),
    )
    return Server(
        web,
        stopping,
        descriptors=all_descriptors(),
        counts=counts,
        place=place,
        at_once=files.at_once,
        logs=house.site.base if house.settings.log.requests else None,
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
    return Subscribing(
        database=house.database,
        sign_up=sign_up,
        offers=_offers(house),
        secret=house.settings.signing_key,
        pages=pages,
        clock=house.clock,
        new_id=lambda: secrets.token_urlsafe(PUBLIC_ID_BYTES),
        version=version("fieldfare"),
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
        keeps_network=asked.keep_network,
        wake=send,
    )


def _offers(house: House) -> Offers:
    return Offers(named=Named(house.site, house.taxonomy), taxonomy=house.taxonomy)


def _viewing(house: House, pages: PrivatePages) -> Viewing:
    """What shows digests in the browser, for as many days as settings say."""
    after = timedelta(days=house.settings.mail.view_days)
    copy, clock, secret = house.contents.copy, house.clock, house.settings.signing_key
    return Viewing(copy=copy, secret=secret, pages=pages, clock=clock, after=after)


def _health(house: House, heartbeats: Heartbeats, counts: WebCounts, stopping: Event) -> Health:
    database, clock, sources = house.database, house.clock, house.settings.sources

    disks = parts.disks(house.settings, database)

    def halt() -> Halt | None:
        with database.reading() as connection:
            return halted(connection)

    return Health(
        is_current=database.is_current,
        incidents=house.journal.lasting,
        halted=halt,
        disks=lambda: {name: free for name, at in disks.items() if (free := disk_free(at))},
        totals=lambda: reports.totals(database, sources, clock()),
        heartbeats=heartbeats,
        counts=counts,
        version=version("fieldfare"),
        clock=clock,
        stopping=stopping,
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


def _returned(house: House) -> WebDoor | None:
    """Where services tell what came back, where settings say by what one is known."""
    told = house.settings.returns.services
    keys = (told.postmark_password, told.ses_topic, told.mailgun_key, told.sendgrid_key)
    if not any(keys):
        return None
    return WebDoor(
        taking=mail_parts.taking(house),
        clock=house.clock,
        postmark_password=told.postmark_password.get_secret_value(),
        sns=_sns(house) if told.ses_topic else None,
        mailgun_key=told.mailgun_key.get_secret_value(),
        sendgrid_key=told.sendgrid_key,
    )


def _team(house: House, publish: Callable[[], None]) -> Iterable[BaseRoute]:
    """The pages of the team, where settings turn them on."""
    if not house.settings.admin.pages:
        return ()
    # A tenth of a second, of which an installation without them need not know.
    from notifier.app.team.team_parts import team

    return team(house, publish)


def _sns(house: House) -> Sns:
    """What comes of our topic at Amazon; that its certificate is not to be had is told."""
    journal = house.journal

    def noticed(problem: str) -> None:
        kind, subject = IncidentKind.WEBHOOK_KEY, "Amazon SNS"
        if problem:
            journal.note(Trouble(kind=kind, subject=subject, problem=problem))
        else:
            journal.well(kind, subject)
        # Nobody else writes down what this process holds.
        journal.flush()

    topic = house.settings.returns.services.ses_topic
    return Sns(topic, house.caller().call, house.clock, noticed)


def _directory(house: House) -> Directory:
    settings, site = house.settings, house.site
    cached = settings.serve.cache_bytes
    return Directory(settings.publish.directory, cached, house.clock, site.links, site.is_pictured)


class TokenHolder(NamedTuple):
    """Who has a token: the table of settings that names them, their name, what it is for, where it
    is.
    """

    table: str
    name: str
    scopes: frozenset[Scope]
    path: Path


def tokens(settings: Settings) -> Mapping[str, TokenHolder]:
    """Whoever asks by the API, by their token. Raises SettingsError with every fault."""
    found: dict[str, TokenHolder] = {}
    faults: list[str] = []
    for holder in _holders(settings):
        fault = f"[[{holder.table}]] {holder.name}: token_path = {holder.path}"
        try:
            token = holder.path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or "it is no text"
            faults.append(f"{fault}: cannot be read: {words}")
            continue
        if len(token) < SECRET_CHARACTERS:
            faults.append(f"{fault}: must hold a token of at least {SECRET_CHARACTERS} characters")
        elif token in found:
            faults.append(f"{fault}: must hold a token of its own, and another has this one")
        found[token] = holder
    if faults:
        raise SettingsError(tuple(faults))
    return found


def _holders(settings: Settings) -> Iterator[TokenHolder]:
    for source in settings.sources:
        if SourceKind(source.kind) is SourceKind.PUSH and source.token_path is not None:
            yield TokenHolder(
                "sources", source.name, frozenset({Scope.ITEMS_PUSH}), source.token_path
            )
    for client in settings.clients:
        yield TokenHolder("clients", client.name, scopes_in(client.scopes), client.token_path)


def _api(house: House, sign_up: SignUp, publish: Callable[[], None]) -> ASGIApp | None:
    """The API, where anybody may ask by one. Raises SettingsError for a token that is none."""
    holders = tokens(house.settings)
    if not holders:
        return None
    # A quarter of a second, of which an installation that nobody asks need not know.
    from feeds.web.bearer_api import Bearer, api_app

    bearers = {token: Bearer(name=each.name, scopes=each.scopes) for token, each in holders.items()}
    scopes = frozenset(scope for each in holders.values() for scope in each.scopes)
    parts = (
        *([_push_api(house, publish)] if Scope.ITEMS_PUSH in scopes else ()),
        *([_subscribers_api(house, sign_up)] if Scope.SUBSCRIBERS_ASK in scopes else ()),
        *([_team_api(house, publish, scopes)] if scopes - _OWN else ()),
    )
    return api_app(version("fieldfare"), bearers, *parts)


#: What has doors of its own, which know nothing of the team's.
_OWN = {Scope.ITEMS_PUSH, Scope.SUBSCRIBERS_ASK, Scope.SUBSCRIBERS_VOUCH}


def _team_api(house: House, publish: Callable[[], None], scopes: frozenset[Scope]) -> TeamApi:
    from notifier.app.team.status_api import team_api

    return team_api(house, publish, scopes)


def _push_api(house: House, publish: Callable[[], None]) -> PushApi:
    from feeds.push.api import PushApi
    from feeds.push.receive import PushedItems

    site = house.site
    pushed = PushedItems(
        receiver=house.receiver,
        clock=house.clock,
        page_of=lambda slug: f"{site.url}/{item_page(slug)}",
    )
    max_bytes = house.settings.ingest.max_document_bytes
    return PushApi(pushed=pushed, max_bytes=max_bytes, on_change=publish)


def _subscribers_api(house: House, sign_up: SignUp) -> SubscribersApi:
    from notifier.api.new_subscriber import Offered
    from notifier.api.subscribers_api import SubscribersApi
    from notifier.subscribers.preferences import Preferences

    return SubscribersApi(
        sign_up=sign_up,
        offered=Offered(taxonomy=house.taxonomy, assumed=sign_up.assumed),
        importing=lambda source, shown: lists.importing(
            house, Preferences(), source=source, vouched=True, shown=shown
        ),
        new_id=partial(secrets.token_urlsafe, PUBLIC_ID_BYTES),
        clock=house.clock,
    )
