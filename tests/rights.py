"""Who runs the tests, and what that user may do.

Knows that root may do everything. Must never know what is tested.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root; others have none to lose."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that anybody can look into; those of pytest are closed."""
    with TemporaryDirectory(prefix="fieldfare-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
