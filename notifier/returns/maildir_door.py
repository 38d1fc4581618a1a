"""The door of a Maildir: what a mail server puts there comes in, and is seen from then on.

Knows the Maildir format (https://cr.yp.to/proto/maildir.html). Must never know what a mail says.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import structlog

from notifier.returns.bounded import READ_BYTES

log = structlog.get_logger(__name__)

#: Of a mail that was looked at: it is seen.
_SEEN = ":2,S"


def read_folder(root: Path, take: Callable[[bytes], object], stopping: Event) -> int:
    """Each new mail of the Maildir was taken and is among those that were seen: how many.

    What is taken may be taken again after a crash. One that cannot be read stays where it is, and
    the others come in. Raises StoreError, and then the rest stays for the next look.
    """
    seen = root / "cur"
    count = 0
    for path in sorted((root / "new").glob("*")):
        if stopping.is_set():
            break
        try:
            with path.open("rb") as file:
                raw = file.read(READ_BYTES)
        except OSError as error:
            log.warning("mail unreadable", file=path.name, problem=str(error))
            continue
        take(raw)
        seen.mkdir(mode=0o700, exist_ok=True)
        # Another node may look into it, too.
        with suppress(FileNotFoundError):
            path.rename(seen / f"{path.name}{_SEEN}")
        count += 1
    return count
