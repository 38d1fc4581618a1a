"""The door of a Maildir: what a mail server puts there comes in, and is seen from then on.

Knows the Maildir format (https://cr.yp.to/proto/maildir.html). Must never know what a mail says.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from notifier.errors import MailboxUnreadable
from notifier.returns.bounded import READ_BYTES

#: Of a mail that was looked at: it is seen.
_SEEN = ":2,S"


@dataclass(frozen=True, slots=True)
class ReturnsFolder:
    """The Maildir at ``root``, which a mail server makes as the first mail comes."""

    root: Path

    @property
    def name(self) -> str:
        return f"returns.maildir {self.root}"

    def read(self, take: Callable[[bytes], object], stopping: Event) -> int:
        """Each new mail of the Maildir was taken and is among those that were seen: how many.

        What is taken may be taken again after a crash. One that cannot be read stays where it is,
        and the others come in; then it raises MailboxUnreadable. Raises StoreError, and then the
        rest stays for the next look.
        """
        count, problems = 0, list[str]()
        for path in self._new():
            if stopping.is_set():
                break
            try:
                with path.open("rb") as file:
                    raw = file.read(READ_BYTES)
            except (FileNotFoundError, IsADirectoryError):
                # Another node looks into it, too; and what is no file is no mail.
                continue
            except OSError as error:
                problems.append(f"{path.name}: {error.strerror}")
                continue
            take(raw)
            self._seen(path)
            count += 1
        if problems:
            raise MailboxUnreadable(self.name, f"{len(problems)} mails, of them {problems[0]}")
        return count

    def _new(self) -> list[Path]:
        try:
            return sorted((self.root / "new").iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise MailboxUnreadable(self.name, str(error.strerror)) from error

    def _seen(self, path: Path) -> None:
        seen = self.root / "cur"
        try:
            seen.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                path.rename(seen / f"{path.name}{_SEEN}")
        except OSError as error:
            # It would come in again and again.
            raise MailboxUnreadable(self.name, f"{path.name}: {error.strerror}") from error
