"""What a store is told meanwhile, to be counted or compared; and what is hashed beside it.

Two that are told apart by no step of this list are told apart by no time either.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from feeds.storage.database import Database
from notifier.storage.suppressions import Keyed


@contextmanager
def told(database: Database) -> Iterator[list[str]]:
    """All that the store is told, without the beginning and the end of the inner transactions."""
    statements = list[str]()

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "SAVEPOINT" not in statement:
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


@contextmanager
def worked(database: Database) -> Iterator[list[str]]:
    """The same, with each keyed hash in its place."""
    hashed = Keyed.of

    with told(database) as steps, pytest.MonkeyPatch.context() as patch:

        def hear(keyed: Keyed, text: str) -> str:
            steps.append("a keyed hash")
            return hashed(keyed, text)

        patch.setattr(Keyed, "of", hear)
        yield steps
