"""How the log looks, and that libraries' events go the same way."""

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtpd.smtp
import pytest
import structlog

from config.clock import clock
from config.log import configure
from tests.logs import as_it_was


@pytest.fixture
def err(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Reads standard error; logging is put back as it was afterwards."""
    with as_it_was():
        yield lambda: capsys.readouterr().err


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_away_from_a_terminal_an_event_is_one_json_object(
    err: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its time in UTC, level, logger and every value."""
    at = datetime(2026, 11, 24, 7, 0, 0, 123_456, tzinfo=UTC)
    monkeypatch.setattr("config.log.clock", lambda: at)
    configure("auto", "info")
    structlog.get_logger("notifier.mail.send").info("digests sent", accepted=3, zone="Zürich")
    (line,) = err().splitlines()
    assert "Zürich" in line
    assert json.loads(line) == {
        "event": "digests sent",
        "accepted": 3,
        "zone": "Zürich",
        "level": "info",
        "logger": "notifier.mail.send",
        "timestamp": "2026-11-24T07:00:00.123+00:00",
    }


@pytest.mark.parametrize("style", ["auto", "console"])
def test_on_a_terminal_an_event_is_a_readable_line(
    err: Callable[[], str], monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    """`console` asks for that anywhere."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: style == "auto")
    configure("auto" if style == "auto" else "console", "info")
    structlog.get_logger("feeds").info("published", feeds=12)
    line = err()
    assert "published" in line
    assert "12" in line
    assert not line.startswith("{")
    assert ("\x1b[" in line) == (style == "auto")


def test_the_journal_gets_each_line_with_its_priority_and_without_a_time(
    err: Callable[[], str],
) -> None:
    """`journalctl --priority=warning` finds what it should; the journal has times of its own."""
    configure("journal", "info")
    structlog.get_logger("feeds").info("published", feeds=12)
    logging.getLogger("library").error("failed", exc_info=ZeroDivisionError())
    told, *failed = err().splitlines()
    assert told.startswith("<6>published")
    assert told.endswith("[feeds] feeds=12")
    assert {line[:3] for line in failed} == {"<3>"}
    assert failed[1:] == ["<3>ZeroDivisionError"]
    logging.getLogger("library").log(logging.INFO + 5, "of a level of its own")
    assert err().startswith("<6>of a level of its own")


def test_standard_error_that_goes_to_the_journal_gets_that_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_it_was(), (tmp_path / "journal").open("w") as stream:
        file = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{file.st_dev}:{file.st_ino}")
        monkeypatch.setattr(sys, "stderr", stream)
        configure("auto", "info")
        structlog.get_logger("feeds").warning("slow")
    assert (tmp_path / "journal").read_text().startswith("<4>slow")


def test_json_can_be_asked_for_on_a_terminal(
    err: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container with a terminal still feeds a collector."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure("json", "info")
    structlog.get_logger().info("started")
    assert events(err())[0]["event"] == "started"


def test_events_below_the_level_are_left_out(err: Callable[[], str]) -> None:
    """Ours and those of libraries alike."""
    configure("json", "warning")
    structlog.get_logger("feeds").info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger("feeds").warning("loud")
    assert [event["event"] for event in events(err())] == ["loud"]


def test_libraries_go_the_same_way_with_their_values(err: Callable[[], str]) -> None:
    """Standard logging is completed like our own events."""
    configure("json", "info")
    logging.getLogger("library").warning("slow: %s", "dns", extra={"seconds": 3})
    (event,) = events(err())
    assert (event["event"], event["seconds"]) == ("slow: dns", 3)
    assert (event["level"], event["logger"]) == ("warning", "library")


@pytest.mark.parametrize("name", ["apscheduler.executors", "alembic.runtime"])
def test_talkative_libraries_are_heard_from_warnings_on(err: Callable[[], str], name: str) -> None:
    """Our own events already say it."""
    configure("json", "info")
    logging.getLogger(name).info("looked")
    logging.getLogger(name).warning("trouble")
    assert [event["event"] for event in events(err())] == ["trouble"]


@pytest.mark.parametrize("name", ["uvicorn.access", "uvicorn.error", aiosmtpd.smtp.log.name])
def test_what_anybody_can_bring_about_is_no_warning(
    err: Callable[[], str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A request that is none may come a million times; an access line holds a reader's token, and
    one of LMTP an address.
    """
    # A server that another test started may have cut its access log off.
    monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    configure("json", "info")
    logging.getLogger(name).info("GET /u/token")
    logging.getLogger(name).warning("Invalid HTTP request received.")
    logging.getLogger(name).error("trouble")
    assert [event["event"] for event in events(err())] == ["trouble"]


def test_what_a_library_cannot_read_of_a_strangers_mail_is_no_event(
    err: Callable[[], str],
) -> None:
    """Another way to read it may be found; a traceback may hold what somebody wrote."""
    configure("json", "info")
    logging.getLogger("flufl.bounce").error("Exception in detector")
    assert err() == ""


def test_debug_lets_libraries_talk(err: Callable[[], str]) -> None:
    """Whoever asks for everything gets it."""
    configure("json", "debug")
    logging.getLogger("apscheduler").debug("tick")
    assert [event["event"] for event in events(err())] == ["tick"]


def test_an_error_level_keeps_talkative_libraries_at_errors(err: Callable[[], str]) -> None:
    """Quiet means at least as quiet as asked."""
    configure("json", "error")
    logging.getLogger("uvicorn").warning("trouble")
    assert events(err()) == []


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_tells_no_values(err: Callable[[], str], style: str) -> None:
    """Local variables may be addresses or secrets."""
    configure("json" if style == "json" else "console", "info")
    address = "reader" + "@example.org"
    try:
        int(address[:6])
    except ValueError:
        structlog.get_logger("notifier").exception("digest failed")
    text = err()
    assert "ValueError: invalid literal" in text
    assert address not in text


def test_context_is_part_of_every_event(err: Callable[[], str]) -> None:
    """What a unit of work binds once is on all its events."""
    configure("json", "info")
    with structlog.contextvars.bound_contextvars(node="two"):
        structlog.get_logger().info("tick")
    assert events(err())[0]["node"] == "two"


def test_warnings_become_events(err: Callable[[], str]) -> None:
    """They would otherwise break the stream of JSON."""
    configure("json", "info")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
    assert "old" in str(events(err())[0]["event"])


def test_configuring_twice_logs_once(err: Callable[[], str]) -> None:
    """The command configures again once it knows the settings."""
    configure("console", "info")
    configure("json", "info")
    structlog.get_logger().info("once")
    assert len(events(err())) == 1


def test_the_clock_tells_the_present_instant_in_utc() -> None:
    """Aware, so that it cannot be taken for local time."""
    assert clock().tzinfo is UTC
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)
