"""The daemon: the metronome and the web server side by side, started and ended in order.

Knows signals and how work ends. Must never know what the jobs do.
"""

import socket
from collections.abc import Sequence
from threading import Event
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from notifier.app.jobs import Metronome

log = structlog.get_logger(__name__)


class Server(uvicorn.Server):
    """uvicorn, except that a signal only asks: what is in hand is finished, then we return.

    uvicorn itself raises the signal again once it has stopped serving, which would end the
    process before the jobs are done.
    """

    def __init__(self, config: uvicorn.Config, stopping: Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, before any work has begun. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends at once; otherwise each body waits 40 ms for an acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def run(
    web: Starlette, metronome: Metronome, sockets: Sequence[socket.socket], stopping: Event
) -> None:
    """Serves and ticks until SIGTERM or SIGINT; returns when the work in hand is finished."""
    config = uvicorn.Config(
        web, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=10
    )
    metronome.start()
    log.info("daemon started", addresses=[bound.getsockname()[:2] for bound in sockets])
    try:
        Server(config, stopping).run(sockets=list(sockets))
    finally:
        stopping.set()
        metronome.stop()
        log.info("daemon stopped")
