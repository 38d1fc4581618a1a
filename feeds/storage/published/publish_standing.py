"""How publishing does: when it last came to its end, and when and why it last failed.

Knows one row of the store. Must never know what was published, or what is done about a failure.
"""

import json
from datetime import datetime

from sqlalchemy import Connection

from feeds.standing import PublishStanding
from feeds.storage.database import set_value, value_of

_NAME = "publish.standing"


def known(connection: Connection) -> PublishStanding:
    """What is known of it."""
    value = value_of(connection, _NAME)
    if value is None:
        return PublishStanding()
    told = json.loads(value)
    return PublishStanding(
        last_success=_instant(told["last_success"]),
        last_failure=_instant(told["last_failure"]),
        problem=told["problem"],
        failures=told["failures"],
    )


def keep(connection: Connection, standing: PublishStanding) -> None:
    """It is remembered so."""
    value = {
        "last_success": standing.last_success and standing.last_success.isoformat(),
        "last_failure": standing.last_failure and standing.last_failure.isoformat(),
        "problem": standing.problem,
        "failures": standing.failures,
    }
    set_value(connection, _NAME, json.dumps(value))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
