"""What can go wrong on the feeds side, one leaf a subject.

Knows ids and reasons. Must never know a traceback's origin: errors are raised at the edge that
met the fault, with ``from``.
"""

from typing import NamedTuple


class FeedsError(Exception):
    """Base of every expected failure here; its text says what happened and what to do."""


class TaxonomyFault(NamedTuple):
    """What is wrong in a taxonomy file, and at which ``line``, 0 where it is at none."""

    line: int
    said: str

    def at(self, file: str) -> str:
        """The same as compilers write it, so that editors jump there."""
        return f"{file}:{self.line}: {self.said}" if self.line else f"{file}: {self.said}"


class TaxonomyError(FeedsError):
    """The taxonomy ``file`` cannot be used; ``faults`` names each thing that is wrong."""

    def __init__(self, faults: tuple[TaxonomyFault, ...], file: str = "taxonomy") -> None:
        super().__init__("\n".join(fault.at(file) for fault in faults))
        self.faults = faults


class UnknownTopic(FeedsError):
    """Nobody knows a topic by this name; ``near`` holds the closest known ones."""

    def __init__(self, name: str, near: tuple[str, ...] = ()) -> None:
        hint = f"; did you mean {', '.join(near)}?" if near else "; see `fieldfare topics`"
        super().__init__(f"no topic {name!r} in the taxonomy{hint}")
        self.name = name
        self.near = near


class EndedTopic(UnknownTopic):
    """A topic of this name, called ``label``, left the taxonomy: its feed says that it ended."""

    def __init__(self, name: str, label: str) -> None:
        super().__init__(name)
        self.label = label


class MalformedSelection(FeedsError):
    """A query asks for no selection; ``parameter`` is what is wrong in it, "" for all of it.

    ``reason`` is the name under which catalogues have what readers are told, with a ``value``.
    """

    def __init__(self, parameter: str, problem: str, reason: str, value: object = "") -> None:
        super().__init__(f"{parameter}: {problem}" if parameter else problem)
        self.parameter = parameter
        self.reason = reason
        self.value = value


class SourceError(FeedsError):
    """A source cannot be read at all; its documents are left as they were."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"source {source!r}: {problem}")
        self.source = source
        self.problem = problem


class UnknownDocument(SourceError):
    """A source has no document of this name in quarantine."""

    def __init__(self, source: str, name: str) -> None:
        super().__init__(
            source, f"holds no document {name!r} in quarantine; see `fieldfare quarantine`"
        )


class StoreError(FeedsError):
    """The store cannot be used as it is."""


class StoreBusy(StoreError):
    """Another process holds the work named ``lock`` on this store."""

    def __init__(self, lock: str, holder: str) -> None:
        super().__init__(f"another process ({holder}) already does {lock} on this store")
        self.lock = lock
        self.holder = holder


class Overloaded(StoreError):
    """So many wait for the store that one more would wait for too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wait for the store: no turn within {seconds:g} seconds")


class NotEdited(FeedsError):
    """What a person asked for cannot be done to the item."""

    def __init__(self, item: str, problem: str) -> None:
        super().__init__(f"item {item!r}: {problem}")
        self.item = item


class UnknownItem(NotEdited):
    """There is no item of this id, slug or address."""

    def __init__(self, item: str) -> None:
        super().__init__(item, "there is no such item")


class PublishError(FeedsError):
    """A published file could not be written; what was there before still is."""


class BucketError(PublishError):
    """What is published could not be copied to a ``bucket``; what it held before it still does."""

    def __init__(self, bucket: str, problem: str) -> None:
        super().__init__(problem)
        self.bucket = bucket
