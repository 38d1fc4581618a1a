"""Messages into a Maildir: a mail server nobody has to set up.

Knows the Maildir format (https://cr.yp.to/proto/maildir.html). Must never know who reads it.
"""

import asyncio
import os
from collections import deque
from hashlib import sha256
from pathlib import Path

from notifier.errors import TransportUnavailable
from notifier.mail import Ended
from notifier.model import Envelope, Reply, Stage

_FOLDERS = ("tmp", "new", "cur")
#: Whoever may read the folder may not yet read other people's mail.
_MODE = 0o600
_NOT_YET: tuple[int, frozenset[str]] = (-1, frozenset())
_OVERWRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Maildir:
    """A transport into the Maildir at ``root``, which is made when it is first needed.

    A message is stored once, however often it is sent.
    """

    #: Writing is mostly waiting for the disk; a few waits may overlap.
    sessions = 4
    weight = 1

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listed = _NOT_YET

    @property
    def name(self) -> str:
        return f"the Maildir {self.root}"

    async def open(self, ended: Ended) -> "MaildirSession":
        """A session. Raises TransportUnavailable where the folders cannot be made or written."""
        try:
            # Each by itself: parents would be made as open as the umask has it.
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in _FOLDERS:
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise TransportUnavailable(self.name, str(error)) from error
        # For one session: two changes within a tick of the disk's clock look like one.
        self._listed = _NOT_YET
        return MaildirSession(self, ended)

    def store(self, envelope: Envelope) -> Reply:
        """The message is in the Maildir, on disk, and there only once.

        Its file name follows from its Message-ID, so that a message whose sender died before it
        could note the success is recognised, whether or not somebody has read it meanwhile.
        """
        try:
            text = self._deliver(envelope)
        except OSError as error:
            # The name appears in new/ as the last step: nothing was delivered.
            return Reply(stage=Stage.DATA, code=None, enhanced=None, text=str(error))
        return Reply(stage=Stage.DOT, code=250, enhanced="2.0.0", text=text)

    def _deliver(self, envelope: Envelope) -> str:
        # ``time.unique.host`` as the format wants it, and the same for every attempt.
        unique = sha256(envelope.message_id.encode()).hexdigest()[:32]
        name = f"{int(envelope.first_at.timestamp())}.{unique}.fieldfare"
        if (self.root / "new" / name).exists() or name in self._seen():
            return f"already stored as {name}"
        before, after = self.root / "tmp" / name, self.root / "new"
        with os.fdopen(os.open(before, _OVERWRITING, _MODE), "wb") as file:
            file.write(bytes(envelope.content).replace(b"\r\n", b"\n"))
            file.flush()
            os.fsync(file.fileno())
        before.rename(after / name)
        descriptor = os.open(after, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return f"stored as {name}"

    def _seen(self) -> frozenset[str]:
        """What a reader moved to cur/, where ":2," and its flags follow the name.

        Listed anew only where the folder changed: it may hold all that was ever sent.
        """
        folder = self.root / "cur"
        changed = folder.stat().st_mtime_ns
        at, names = self._listed
        if changed != at:
            names = frozenset(path.name.partition(":")[0] for path in folder.iterdir())
            self._listed = (changed, names)
        return names


class MaildirSession:
    """Stores one message after the other, in threads, and tells ``ended`` of each."""

    def __init__(self, maildir: Maildir, ended: Ended) -> None:
        self.usable = True
        self._maildir = maildir
        self._ended = ended
        self._begun: deque[Envelope] = deque()
        self._stored: asyncio.Future[None] | None = None

    def begin(self, envelope: Envelope) -> None:
        self._begun.append(envelope)

    def finish(self) -> None:
        self._stored = asyncio.ensure_future(self._store(self._begun.popleft()))

    def abort(self) -> None:
        self.usable = False
        begun, self._begun = self._begun, deque()
        for envelope in begun:
            lost = Reply(stage=Stage.MAIL, code=None, enhanced=None, text="aborted")
            self._ended(envelope, lost)

    async def close(self) -> None:
        """What is being stored is stored."""
        self.abort()
        if self._stored is not None:
            await self._stored

    async def _store(self, envelope: Envelope) -> None:
        self._ended(envelope, await asyncio.to_thread(self._maildir.store, envelope))
