"""Subscriptions to hubs kept: asked for, renewed in time, given back when nobody wants them.

Knows the order of calls. Must never decide what becomes of a lease.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, assert_never

from feeds.draft import Hub
from feeds.fetch import FetchFailed, Posted, Stopped
from feeds.standing import State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.storage.websub import leases
from feeds.websub.lease import Ask, Drop, Keep, Lease, Mode, failed, form_of, next_step, offered

if TYPE_CHECKING:
    from feeds.fetch.client import Fetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAddresses:
    """Where hubs reach us: ``address`` is of a token, ``new_token`` draws one nobody can guess.

    A token is also taken for a secret, so it is of 16 to 199 characters that an address can hold.
    """

    address: Callable[[str], str]
    new_token: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewReport:
    """How many hubs were asked, how many leases are over; ``problems`` name what did not work."""

    asked: int = 0
    ended: int = 0
    problems: tuple[str, ...] = ()


def renew(
    database: Database,
    fetcher: "Fetcher",
    sources: Collection[str],
    callbacks: CallbackAddresses,
    *,
    now: datetime,
    jitter: Callable[[], float],
    stopping: Event | None = None,
) -> RenewReport:
    """Every one of ``sources`` whose feed offers a hub has asked there, or asked again in time.

    What is leased for others is given back. Hubs answer later, and at our callback's address
    (callback.py). Raises StoreError; StoreBusy while another node is at it.
    """
    with database.exclusive("websub"):
        run = _Renewal(
            database=database, fetcher=fetcher, callbacks=callbacks, now=now, jitter=jitter
        )
        for lease, hub in run.every(sources):
            if stopping is not None and stopping.is_set():
                break
            run.act_on(lease, hub)
    return RenewReport(asked=run.asked, ended=run.ended, problems=tuple(run.problems))


@dataclass(slots=True, kw_only=True)
class _Renewal:
    """One look at all leases."""

    database: Database
    fetcher: "Fetcher"
    callbacks: CallbackAddresses
    now: datetime
    jitter: Callable[[], float]
    asked: int = field(init=False, default=0)
    ended: int = field(init=False, default=0)
    problems: list[str] = field(init=False, default_factory=list)

    def every(self, sources: Collection[str]) -> Iterator[tuple[Lease, Hub | None]]:
        """Every lease, those for new offers too, with what its source offers now."""
        with self.database.reading() as connection:
            kept = leases.every(connection)
            hubs = {
                name: standing.hub
                for name, standing in standings.every(connection).items()
                if name in sources and standing.state is not State.ENDED and standing.hub
            }
        yield from ((lease, hubs.get(lease.source)) for lease in [*kept, *self._new(kept, hubs)])

    def act_on(self, lease: Lease, wanted: Hub | None) -> None:
        """What is to be done about the lease is done."""
        step = next_step(lease, wanted, self.now)
        match step:
            case Keep():
                pass
            case Drop():
                self.ended += 1
                with self.database.writing() as connection:
                    leases.forget(connection, lease)
            case Ask(lease=asked, mode=mode):
                self.asked += 1
                self._ask(asked, mode)
            case _:
                assert_never(step)

    def _new(self, kept: Collection[Lease], hubs: Mapping[str, Hub]) -> Iterator[Lease]:
        known = {(lease.source, Hub(lease.hub, lease.topic)) for lease in kept}
        for source, hub in hubs.items():
            if (source, hub) not in known:
                token, secret = self.callbacks.new_token(), self.callbacks.new_token()
                yield offered(source, hub, token=token, secret=secret, now=self.now)

    def _ask(self, lease: Lease, mode: Mode) -> None:
        # Before the hub hears of it: it may call back before it answers.
        with self.database.writing() as connection:
            leases.keep(connection, lease)
        form = form_of(lease, mode, self.callbacks.address(lease.token))
        reply = self.fetcher.post(lease.hub, form)
        match reply:
            case Posted():
                pass
            case FetchFailed(problem=problem):
                self.problems.append(f"source {lease.source!r}: its hub: {problem}")
                self._note(lease, problem)
            case Stopped():
                self._note(lease, "")
            case _:
                assert_never(reply)

    def _note(self, lease: Lease, problem: str) -> None:
        """The hub was not reached; if it was all the same and called back, that counts."""
        with self.database.writing() as connection:
            if leases.by_token(connection, lease.token, to_change=True) == lease:
                leases.keep(connection, failed(lease, problem, self.now, self.jitter()))
