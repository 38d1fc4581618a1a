"""Whether this machine has what an installation needs: settings, store, folders, room.

Knows what is wrong with each and what to do. Must never change anything.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.mail.sender_records import Finding, TrialVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings

#: Below the first a full disk is near, below the second it is there: a journal, a rebuild.
_LITTLE_BYTES, _TOO_LITTLE_BYTES = 1_000_000_000, 100_000_000


def settings_used(settings: Settings) -> Iterator[Finding]:
    """What is wrong with settings only shows where they are used."""
    from config.settings import SettingsError
    from feeds.errors import TaxonomyError
    from feeds.taxonomy.file import doubts_about
    from notifier.app import mail_parts, parts
    from notifier.app.told import hook_parts

    faults: list[str] = []
    for part in (
        parts.languages,
        lambda: parts.taxonomy(settings),
        lambda: mail_parts.templates(settings),
        lambda: mail_parts.transports(settings),
        lambda: mail_parts.signing(settings),
        lambda: hook_parts.webhooks(settings),
        lambda: settings.signing_key,
    ):
        try:
            part()
        except (SettingsError, TaxonomyError) as error:
            faults += str(error).splitlines()
    for fault in dict.fromkeys(faults):
        yield Finding(subject="settings", verdict=TrialVerdict.WRONG, said=fault)
    file = settings.site.taxonomy
    if not any(str(file) in fault for fault in faults):
        for doubt in doubts_about(file.read_text("utf-8")):
            yield Finding(
                subject="taxonomy", verdict=TrialVerdict.WARNING, said=doubt.at(str(file))
            )
    if not faults:
        yield Finding(subject="settings", said="every part of them can be used")
    if settings.mail.transport == "maildir":
        yield Finding(
            subject="mail",
            verdict=TrialVerdict.WARNING,
            said=f"goes into the folder {settings.mail.maildir}, to nobody",
            do='name a mail server in [mail.smtp], and set mail.transport = "smtp"',
        )


def store(settings: Settings) -> Iterator[Finding]:
    """The store is there, of this schema, and can be written; none is made."""
    from feeds.errors import StoreError
    from feeds.storage.database import Database
    from notifier.storage import VERSIONS

    url = settings.store.url
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None
    if file and not file.exists():
        yield from _can_be_made("store", file)
        return
    try:
        database = Database.open(url, VERSIONS)
    except StoreError as error:
        yield Finding(subject="store", verdict=TrialVerdict.WRONG, said=str(error))
        return
    try:
        if database.is_new:
            yield Finding(subject="store", said=f"{database.name} is there, and empty so far")
            return
        if not database.is_current():
            do = "run `fieldfare migrate`"
            said = "is of an older version"
            yield Finding(subject="store", verdict=TrialVerdict.WRONG, said=said, do=do)
            return
        with database.writing(dry_run=True, patience_seconds=5):
            pass
        yield Finding(subject="store", said=f"{database.name} can be read and written")
    except StoreError as error:
        yield Finding(subject="store", verdict=TrialVerdict.WRONG, said=str(error))
    finally:
        database.close()


def folders(settings: Settings) -> Iterator[Finding]:
    """Where files go, there is room, and leave to write."""
    places = {"publish.directory": settings.publish.directory}
    if settings.mail.transport == "maildir":
        places["mail.maildir"] = settings.mail.maildir
    if settings.store.url.startswith("sqlite:"):
        places["store.url"] = Path(settings.store.url.removeprefix("sqlite:///")).parent
    for name, folder in places.items():
        if folder.is_dir():
            yield _writable(name, folder)
        else:
            yield from _can_be_made(name, folder)
    disks = {there.stat().st_dev: there for there in map(_existing, places.values())}
    for folder in disks.values():
        yield _room(folder)


def _can_be_made(subject: str, path: Path) -> Iterator[Finding]:
    above = _existing(path)
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        yield Finding(subject=subject, said=f"{path} is not there yet, and can be made")
    else:
        do = f"let the user that runs this write to {above}"
        said = f"{path} is not there, and cannot be made"
        yield Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())


def _writable(subject: str, folder: Path) -> Finding:
    if os.access(folder, os.W_OK | os.X_OK):
        return Finding(subject=subject, said=f"{folder} can be written")
    do = f"let the user that runs this write to {folder}"
    said = f"{folder} cannot be written"
    return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)


def _room(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    said = f"{usage.free / 1e9:,.1f} of {usage.total / 1e9:,.1f} GB are free at {folder}"
    if usage.free >= _LITTLE_BYTES:
        return Finding(subject="disk", said=said)
    verdict = TrialVerdict.WARNING if usage.free >= _TOO_LITTLE_BYTES else TrialVerdict.WRONG
    return Finding(subject="disk", verdict=verdict, said=said, do="make room")
