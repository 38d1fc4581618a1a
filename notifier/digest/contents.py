"""The message of each delivery, put together when it is about to leave.

Knows which rendering a delivery names and what fills its slots. Must never know who sends it, or
what becomes of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from feeds.storage.database import Database
from notifier.errors import MessageRefused
from notifier.mail.message import fill
from notifier.storage import digests
from notifier.storage.sending import Claimed

#: About 20 kB each, so 20 MB: enough for the favourite selections of a run.
_KEPT_TEMPLATES = 1024


@dataclass(slots=True, kw_only=True)
class Contents:
    """Puts messages together; keeps at hand what many share."""

    database: Database
    _templates: dict[str, bytes] = field(init=False, default_factory=dict)

    def compose(self, claimed: Sequence[Claimed]) -> list[bytes | MessageRefused]:
        """The message of each delivery, in their order, or why there can be none."""
        self._read({one.rendering for one in claimed})
        return [self._filled(one) for one in claimed]

    def _read(self, needed: set[str]) -> None:
        if missing := needed.difference(self._templates):
            if len(self._templates) > _KEPT_TEMPLATES:
                self._templates.clear()
                missing = needed
            with self.database.reading() as connection:
                self._templates.update(digests.templates(connection, list(missing)))

    def _filled(self, one: Claimed) -> bytes | MessageRefused:
        try:
            return fill(self._templates[one.rendering], one.personal)
        except MessageRefused as error:
            return error
