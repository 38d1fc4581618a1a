"""From settings to the receivers of webhooks, and what tells them.

Knows which setting means what to which part. Must never send anything.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import structlog

from config.sections import WebhookSettings
from config.settings import Settings, SettingsError
from feeds.errors import MalformedSelection, UnknownTopic
from feeds.publish.site import item_page
from feeds.selection import Selection
from notifier.app.sources import EVENT_TIMEOUT_SECONDS
from notifier.webhooks import OF_INCIDENTS, HookEventKind, Webhook
from notifier.webhooks.hook_queue import HookCall, HookQueue
from notifier.webhooks.hook_signature import keys_of
from notifier.webhooks.incident_channel import IncidentChannel

if TYPE_CHECKING:
    from feeds.taxonomy import Taxonomy
    from notifier.app.house import House

log = structlog.get_logger(__name__)


def webhooks(settings: Settings) -> tuple[Webhook, ...]:
    """The receivers. Raises SettingsError with every fault found."""
    found: list[Webhook] = []
    faults: list[str] = []
    for each in settings.webhooks:
        try:
            found.append(_webhook(each))
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(tuple(faults))
    return tuple(found)


def _webhook(settings: WebhookSettings) -> Webhook:
    """Raises SettingsError."""
    here = f"[[webhooks]] {settings.name}:"
    try:
        keys = keys_of(settings.secret_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        said = f"{here} secret_path = {settings.secret_path}: no secret can be read: {why}"
        raise SettingsError((said,)) from error
    try:
        selection = Selection.parse(settings.query)
    except MalformedSelection as error:
        raise SettingsError((f"{here} query = {settings.query!r}: {error}",)) from error
    return Webhook(
        name=settings.name,
        url=settings.url,
        keys=keys,
        events=frozenset(map(HookEventKind, settings.events.split())),
        selection=selection,
    )


def caller(house: "House") -> HookCall:
    """What sends events to receivers, who have time for an answer."""
    return house.caller(timeout_seconds=EVENT_TIMEOUT_SECONDS).call


def queue(house: "House") -> HookQueue:
    """What tells them all. Raises SettingsError."""
    from notifier.app.house import jitter

    hooks = webhooks(house.settings)
    _tell_of_lost(hooks, house.taxonomy)
    return HookQueue(
        database=house.database,
        call=caller(house),
        hooks=hooks,
        moved=house.taxonomy.moved,
        page=lambda slug: f"{house.site.url}/{item_page(slug)}",
        clock=house.clock,
        jitter=jitter,
    )


def _tell_of_lost(hooks: tuple[Webhook, ...], taxonomy: "Taxonomy") -> None:
    """A receiver that asks for a topic that is no more gets nothing of it, as a feed would not."""
    for hook in hooks:
        for topic in hook.selection.topics:
            try:
                taxonomy.get(topic)
            except UnknownTopic as error:
                log.warning("webhook asks for what is not", webhook=hook.name, problem=str(error))


def channels(house: "House") -> Iterator[IncidentChannel]:
    """What tells of incidents those who want that, if anybody does. Raises SettingsError."""
    hooks = [each for each in webhooks(house.settings) if each.events & OF_INCIDENTS]
    if hooks:
        yield IncidentChannel(
            database=house.database,
            call=caller(house),
            hooks=hooks,
            hurry=house.outbound.hurry,
            clock=house.clock,
        )
