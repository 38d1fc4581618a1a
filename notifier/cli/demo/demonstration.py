"""The demonstration: real and made-up news on their way to feeds and mailboxes, in one folder.

Knows a few made-up readers and what a newcomer may want to try. Must never do anything that the
commands could not do.
"""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from config.clock import clock
from config.settings import Settings, load
from notifier.app import daemon, parts
from notifier.app.house import House
from notifier.cli.demo import demo_port
from notifier.cli.demo.examples import Examples
from notifier.cli.invocation import DEFAULT_FILE
from notifier.cli.output import progress
from notifier.cli.start.new_installation import SECRET_FILE, a_secret, written_once
from notifier.errors import CannotListen
from notifier.model import Frequency
from notifier.subscribers.preferences import Preferences

SEEDS = Path(__file__).with_name("seeds")

#: So long ago the made-up readers subscribed that even a weekly digest is due by now.
DAYS_OF_MAILS = 8


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
            topics=("field:human-rights", "field:rule-of-law", "field:gender-equality"),
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
        Preferences(
            topics=("field:elections", "issuer:field-operations"),
            zone=ZoneInfo("Europe/Berlin"),
            frequency=Frequency.WEEKLY,
            weekdays=frozenset({3}),
            minute=18 * 60,
            language="de",
        ),
    ),
    (
        "fabio@example.com",
        Preferences(
            topics=("field:environmental-activities", "field:economic-activities"),
            zone=ZoneInfo("Europe/Rome"),
            frequency=Frequency.DAILY,
            minute=12 * 60,
            language="it",
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What was made, and where it can be looked at."""

    settings: Settings
    folder: Path
    #: The daemon runs on what was made, the mails beside it. Raises CannotListen.
    serve: Callable[[Event], None]

    def guide(self, command: str, *, served: bool) -> tuple[str, ...]:
        """Where to look and what to try next, as lines; ``command`` is how ours is called."""
        settings = self.settings
        public, url = settings.publish.directory, settings.site.url
        own = f"{shlex.quote(command)} --config {shlex.quote(str(self.folder / DEFAULT_FILE))}"
        pages, feeds, mails = (
            (f"{url}/", f"{url}/feeds/fields/policing.atom", f"{url}/mails")
            if served
            else (public / "index.html", public / _FEED, settings.mail.maildir / "new")
        )
        look = (
            f"Pages by topic   {pages}",
            f"A feed           {feeds}",
            f"The mails        {mails}",
        )
        if not served:
            return (*look, f"See it live      {shlex.quote(command)} demo {self._place}")
        draft, inbox = (shlex.quote(str(self.folder / path)) for path in (_DRAFT, _INBOX))
        follow = "subscribe you@example.org --topic field:policing --frequency immediate"
        return (
            *look,
            f"Subscribe        on any page, with any address; the mail to confirm it is at {mails}",
            f"  or by command  {own} {follow}",
            f"Add an item      cp {draft} {inbox}",
            f"Correct it       sed 's/Two police/Three police/' {draft} > {inbox}",
            f"End              Ctrl-C; {shlex.quote(command)} demo {self._place} goes on with it",
        )

    @property
    def _place(self) -> str:
        return f"--directory {shlex.quote(str(self.folder))}"


_FEED = Path("feeds", "fields", "policing.atom")
_DRAFT, _EXAMPLES, _INBOX = Path("draft.txt"), Path("examples"), Path("inbox", "mine.txt")


@contextmanager
def prepared(
    folder: Path, port: int | None, *, served: bool, say: Callable[[str], None]
) -> Iterator[Demonstration]:
    """All news are in the feeds, and everybody who wanted some has them by mail.

    The readers came, and what was older was found, eight days ago; what was issued since came in
    on its day, and was mailed then. Made again, nothing changes, but for a ``port`` that is given.
    ``say`` tells each step. Raises CannotListen, before anything is made, where it is to be
    ``served`` and its port is taken.
    """
    file = folder / DEFAULT_FILE
    before = demo_port.port_in(file)
    port = port or before
    if served and (problem := demo_port.problem_of(port)):
        way_out = f"name another: `fieldfare demo --port {port + 1}`"
        raise CannotListen(demo_port.HOST, port, problem, way_out)
    _write(folder, port, before)
    past = _Past()
    with House(load(file, {}), clock=past) as house:
        if not (folder / _DRAFT).exists():
            _history(house, folder, past, say)
        say("Writing feeds and pages")
        house.ingest()
        with progress("pages") as told:
            house.publish(progress=told)
        house.digest()
        serve = partial(daemon.run, house, mails=house.settings.mail.maildir)
        yield Demonstration(settings=house.settings, folder=folder, serve=serve)


class _Past:
    """A clock that goes ``days`` behind."""

    days = 0

    def __call__(self) -> datetime:
        return clock() - timedelta(days=self.days)


def _history(house: House, folder: Path, past: _Past, say: Callable[[str], None]) -> None:
    """What happened until today; the draft is there once all of it did."""
    examples = Examples.of(clock().astimezone(house.settings.site.timezone).date())
    count = len(examples.documents)
    say(f"Taking in {count} made-up items of two years, and two documents that are real")
    say(f"Mailing what {len(READERS)} made-up readers got in the last {DAYS_OF_MAILS} days")
    past.days = DAYS_OF_MAILS
    for address, preferences in READERS:
        house.subscribe(address, preferences)
    with progress("days") as told:
        for past.days in range(DAYS_OF_MAILS, -1, -1):
            for document in examples.documents:
                if document.ago >= past.days:
                    written_once(folder / _EXAMPLES / document.name, document.text, mode=0o644)
            house.ingest()
            house.digest()
            if told:
                told(DAYS_OF_MAILS - past.days, DAYS_OF_MAILS)
    written_once(folder / _DRAFT, examples.draft.text, mode=0o644)


def _write(folder: Path, port: int, before: int) -> None:
    """The demo's own settings file, with a fresh secret, is there, made once; its port is this."""
    for needed in (folder, folder / _EXAMPLES, folder / _INBOX.parent):
        needed.mkdir(parents=True, exist_ok=True)
    file = folder / DEFAULT_FILE
    written_once(folder / SECRET_FILE, a_secret(), mode=0o600)
    organisation = parts.taxonomy(load(None, {})).name
    text = _TOML.format(
        secret_file=SECRET_FILE,
        host=demo_port.HOST,
        port=port,
        seeds=SEEDS,
        organisation=organisation,
    )
    if not written_once(file, text, mode=0o600) and port != before:
        text = file.read_text("utf-8")
        for line in _PORT_LINES:
            old, new = (line.format(host=demo_port.HOST, port=each) for each in (before, port))
            text = text.replace(old, new)
        file.write_text(text, "utf-8")


_PORT_LINES = ('\nurl = "http://{host}:{port}"\n', "\nport = {port}\n")

_TOML = """\
# The demonstration's settings; `fieldfare init` writes a file with every option explained.
secret_file = "{secret_file}"

[site]
title = "Made-up examples of {organisation} news"
organisation = "Made-up {organisation}"
url = "http://{host}:{port}"
authority = "example.org"
timezone = "Europe/Vienna"
contact = "editors@example.org"

[look]
footer = "A demonstration of Fieldfare: all is made up but for two documents of the {organisation}."

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
credit = "A document of the {organisation}, shown with credit."

[[sources]]
name = "examples"
path = "examples"
pattern = "*"
full_text = true
settle_seconds = 0
credit = "A made-up example: nothing of it happened, and the {organisation} did not issue it."

[[sources]]
name = "inbox"
path = "inbox"
full_text = true
credit = "A made-up example: nothing of it happened, and the {organisation} did not issue it."
"""
