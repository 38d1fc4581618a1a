"""Logging put back as it was, after a test that configured it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

__all__ = ["as_it_was"]


@contextmanager
def as_it_was() -> Iterator[None]:
    """Within, logging may be configured; afterwards it is as before."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in ("alembic", "apscheduler", "uvicorn"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
