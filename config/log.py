"""How the log looks: readable on a terminal, one JSON object a line elsewhere, on standard error.

Knows structlog and the standard library's logging, which the libraries use. Must never know what
an event means; pure code does not log at all.
"""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.clock import clock
from config.systemd import is_journal

Style = Literal["auto", "console", "journal", "json"]

# They narrate what our own events already say.
_TALKATIVE = ("alembic", "apscheduler")
# They warn of each request that is none, of which anybody may send a million; an access line holds
# a reader's token, and aiosmtpd, whose logger is mail.log, tells each address of an envelope.
_PLAINTIVE = ("uvicorn", "mail.log")
# It tells with a traceback which of its readers failed at a stranger's mail, to no use.
_SILENCED = ("flufl.bounce",)


def _timestamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = clock().isoformat(timespec="milliseconds")
    return event


# What every event is completed with, ours and those of libraries alike.
_FACTS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    _timestamp,
]


def configure(style: Style, level: str) -> None:
    """Every event from ``level`` on goes to standard error in one form, those of libraries too.

    Libraries that narrate their work are heard from warnings on, those that complain of what comes
    from outside from errors on or not at all, unless the level is debug.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(_fitting() if style == "auto" else style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    from_on = (
        (_TALKATIVE, logging.WARNING),
        (_PLAINTIVE, logging.ERROR),
        (_SILENCED, logging.CRITICAL),
    )
    for names, least_of_them in from_on:
        quiet = least if least == logging.DEBUG else max(least, least_of_them)
        for name in names:
            logging.getLogger(name).setLevel(quiet)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_FACTS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _fitting() -> Style:
    """The form for whoever reads standard error."""
    if sys.stderr.isatty():
        return "console"
    return "journal" if is_journal(sys.stderr) else "json"


def _formatter(style: Style) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_FACTS,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendered(style)],
    )


def _rendered(style: Style) -> list[Processor]:
    # Tracebacks without the values of local variables: those may hold addresses and secrets.
    if style == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    readable = structlog.dev.ConsoleRenderer(
        colors=style == "console" and sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [_of_the_journal(readable)] if style == "journal" else [readable]


def _of_the_journal(readable: Processor) -> Processor:
    """Each line with its priority as sd-daemon(3) has it; the journal knows the time itself."""

    def rendered(logger: WrappedLogger, method: str, event: EventDict) -> str:
        event.pop("timestamp")
        # A library may have levels of its own.
        priority = _PRIORITIES.get(event.pop("level"), _PRIORITIES["info"])
        text = str(readable(logger, method, event))
        return "\n".join(f"<{priority}>{line}" for line in text.splitlines())

    return rendered


#: syslog(3), by the names that the standard library's levels have.
_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
