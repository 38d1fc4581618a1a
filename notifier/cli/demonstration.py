"""The demonstration: two real documents on their way to feeds and mailboxes, in one folder.

Knows a few made-up readers and what a newcomer may want to try. Must never do anything that the
commands could not do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from config.clock import clock
from config.settings import Settings, load
from notifier.app import daemon, parts
from notifier.app.house import House
from notifier.cli.installation import SECRET_FILE, a_secret, written_once
from notifier.cli.invocation import DEFAULT_FILE
from notifier.model import Frequency
from notifier.subscribers.preferences import Preferences

SEEDS = Path(__file__).parents[2] / "seeds"

FEED = Path("feeds", "fields", "policing.atom")
DOCUMENT = Path("seeds", "004_010ca814a890adf4.txt")

#: So long ago the made-up readers subscribed that even a weekly digest is due by now.
HEAD_START = timedelta(days=8)

READERS = (
    (
        "anna@example.org",
        Preferences(
            topics=("field:policing", "field:human-rights"),
            zone=ZoneInfo("Europe/Vienna"),
            frequency=Frequency.DAILY,
            minute=7 * 60,
        ),
    ),
    (
        "bolot@example.net",
        Preferences(
            topics=("issuer:transnational-threats-department", "field:policing"),
            zone=ZoneInfo("Asia/Bishkek"),
            frequency=Frequency.WEEKLY,
            weekdays=frozenset({0}),
            minute=8 * 60 + 30,
            language="ru",
        ),
    ),
    (
        "claire@example.com",
        Preferences(
            topics=("field:human-rights",),
            zone=ZoneInfo("America/New_York"),
            frequency=Frequency.DAILY,
            minute=6 * 60 + 45,
            language="fr",
        ),
    ),
    (
        "dan@example.org",
        Preferences(
            topics=("issuer:secretariat",),
            zone=ZoneInfo("Europe/Lisbon"),
            frequency=Frequency.IMMEDIATE,
        ),
    ),
    (
        "erika@example.net",
        Preferences(topics=("field:elections",), zone=ZoneInfo("Europe/Berlin"), language="de"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What was made, and where it can be looked at."""

    settings: Settings
    folder: Path
    #: The daemon runs on what was made, the mails beside it. Raises CannotListen.
    serve: Callable[[Event], None]

    def guide(self, *, served: bool) -> tuple[str, ...]:
        """Where to look and what to try next, in five lines."""
        settings = self.settings
        public, url = settings.publish.directory, settings.site.url
        command = f".venv/bin/fieldfare --config {self.folder / 'fieldfare.toml'}"
        pages, feeds, mails = (
            (f"{url}/", f"{url}/feeds/fields/policing.atom", f"{url}/mails")
            if served
            else (public / "index.html", public / FEED, settings.mail.maildir / "new")
        )
        subscribe = "subscribe you@example.org --topic field:policing --frequency immediate"
        return (
            f"Pages by topic   {pages}",
            f"A feed           {feeds}",
            f"The digests      {mails}",
            f"Subscribe        {command} {subscribe}",
            f"Then add news    sed 's/observes/attends/' {DOCUMENT} > {self.folder}/inbox/mine.txt"
            if served
            else "Watch it live    make demo",
        )


@contextmanager
def prepared(folder: Path, port: int) -> Iterator[Demonstration]:
    """Both documents are in the feeds, and everybody who wanted them has them by mail.

    The readers came, and the documents were found, eight days ago; the digests are sent today.
    Made again, nothing changes.
    """
    settings = _settings(folder.resolve(), port)
    with House(settings, clock=lambda: clock() - HEAD_START) as past:
        for address, preferences in READERS:
            past.subscribe(address, preferences)
        past.ingest()
    with House(settings, clock=clock) as house:
        house.publish()
        house.digest()
        serve = partial(daemon.run, house, mails=settings.mail.maildir)
        yield Demonstration(settings=settings, folder=folder, serve=serve)


def _settings(folder: Path, port: int) -> Settings:
    """The demo's own settings file, with a fresh secret, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    file = folder / DEFAULT_FILE
    written_once(folder / SECRET_FILE, a_secret(), mode=0o600)
    organisation = parts.taxonomy(load(None, {})).name
    written_once(
        file,
        _TOML.format(secret_file=SECRET_FILE, port=port, seeds=SEEDS, organisation=organisation),
        mode=0o600,
    )
    return load(file, {})


_TOML = """\
# The demonstration's settings; `fieldfare init` writes a file with every option explained.
secret_file = "{secret_file}"

[site]
title = "{organisation} news by topic"
organisation = "{organisation}"
url = "http://127.0.0.1:{port}"
authority = "example.org"
timezone = "Europe/Vienna"
contact = "editors@example.org"

[serve]
port = {port}

[daemon]
ingest_seconds = 2
publish_seconds = 2
digests_seconds = 2
delivery_seconds = 2

[[sources]]
name = "seeds"
path = "{seeds}"
full_text = true
settle_seconds = 0

[[sources]]
name = "inbox"
path = "inbox"
full_text = true
"""
