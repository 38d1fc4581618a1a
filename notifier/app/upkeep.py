"""What is kept no longer: what nobody confirmed, who left, who was sent what, who did what to what.

Knows for how long settings keep each. Must never know how rows are kept.
"""

from datetime import timedelta
from threading import Event

import structlog

from feeds.storage.edits import item_history
from notifier.app.house import House
from notifier.notices.notices import CONFIRM_WITHIN
from notifier.storage import deliveries, digests, returns
from notifier.storage.consent import erasure, limits, requests
from notifier.storage.hooks import hook_rows, sent_runs
from notifier.storage.team import deeds
from notifier.storage.watched import incidents
from notifier.subscribers.own_data import erase_left

#: One transaction each, so that nobody waits long for the store.
_TOGETHER = 500

log = structlog.get_logger(__name__)


def forget(house: House, stopping: Event) -> None:
    """What was kept for as long as settings say is gone, but for how much it was; and so is how far
    webhooks were told that settings name no more.
    """
    asked = _requests(house)
    left = _left(house, stopping)
    if asked or left:
        log.info("people forgotten", unconfirmed=asked, left=left)
    _deliveries(house, stopping)
    now, settings = house.clock(), house.settings
    with house.database.writing() as connection:
        deeds.forget(connection, now - timedelta(days=settings.admin.audit_days))
        item_history.forget(connection, now - timedelta(days=settings.retention.history_days))
        if not settings.webhooks:
            # While some are named, what tells them looks after those that are not. Whoever is named
            # again would be told all that happened meanwhile.
            hook_rows.configure(connection, {})
            sent_runs.end(connection)


def _requests(house: House) -> int:
    """What nobody confirmed in time is gone, and so is what was counted of who asked."""
    now = house.clock()
    with house.database.writing() as connection:
        limits.forget(connection, now)
        return requests.forget(connection, now - CONFIRM_WITHIN)


def _left(house: House, stopping: Event) -> int:
    now = house.clock()
    before = now - timedelta(days=house.settings.retention.left_days)
    forgotten = 0
    while not stopping.is_set():
        some = erase_left(house.database, before, house.keyed, now=now)
        if not some:
            break
        forgotten += some
    return forgotten


def _deliveries(house: House, stopping: Event) -> None:
    before = house.clock() - timedelta(days=house.settings.retention.deliveries_days)
    last: int | None = 0
    while last is not None and not stopping.is_set():
        with house.database.writing() as connection:
            last = deliveries.forget(connection, before, last, _TOGETHER)
    with house.database.writing() as connection:
        erasure.disown(connection)
        digests.forget(connection, before)
        returns.forget(connection, before)
        kept = timedelta(days=house.settings.retention.incidents_days)
        incidents.forget(connection, house.clock() - kept)
