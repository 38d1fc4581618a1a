"""The model of languages as it was unpacked before: kept where the user's caches are, mapped again.

Knows where it lies and what of it to trust. Must never know what its numbers mean.

Its package holds it packed by LZMA, which takes 0.4 seconds to unpack in each process. A map of
what it came to takes hundredths, and all processes share its memory.
"""

import hashlib
import json
import mmap
import os
from contextlib import suppress
from pathlib import Path

from feeds.parse.language import ModelTables, unpacked, wanted

#: Raise it when what is kept lies otherwise in its file.
_LAYOUT = 1
_NAMES = "languages-"
#: What is mapped begins where any number may.
_ALIGNED_BYTES = 64
#: The end of a file packed by LZMA holds the checksum of what is in it.
_END_BYTES = 64
#: A head says where the tables lie, in less than that.
_HEAD_BYTES = 4096
_OF_OTHERS = 0o022


def kept() -> ModelTables:
    """The tables of the model, which are kept from then on where the user keeps such things."""
    path = _place()
    if path is None:
        return unpacked()
    with suppress(OSError, ValueError, KeyError, TypeError):
        return _mapped(path)
    tables = unpacked()
    # Without it this takes as long the next time, and no harm is done.
    with suppress(OSError):
        _keep(tables, path)
    return tables


def _place() -> Path | None:
    """Where the tables of this very model lie (XDG Base Directory Specification); None for a user
    without a home.
    """
    # Whoever asks for a model needs it all the same, and numpy with it.
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # noqa: PLC0415

    with (MODEL_DIR / MODEL_FILE).open("rb") as packed:
        packed.seek(-_END_BYTES, os.SEEK_END)
        of = json.dumps([_LAYOUT, packed.tell(), packed.read().hex(), wanted()])
    key = hashlib.sha256(of.encode()).hexdigest()[:16]
    for caches in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")):  # noqa: PTH111 - as it is where there is none
        # One that is relative is to be ignored.
        if os.path.isabs(caches):  # noqa: PTH117
            return Path(caches, "fieldfare", f"{_NAMES}{key}")
    return None


def _mapped(path: Path) -> ModelTables:
    """Raises OSError, ValueError, KeyError, TypeError where that is no whole file of our own."""
    import numpy as np  # noqa: PLC0415

    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        if state.st_uid != os.geteuid() or state.st_mode & _OF_OTHERS:
            raise ValueError("somebody else may have written it")
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    head = json.loads(held[:_HEAD_BYTES].rstrip(b"\0"))
    if head["bytes"] != state.st_size:
        raise ValueError("it is not whole")
    shares, priors, moves, parts, rows = (
        np.frombuffer(held, kind, count, offset) for kind, count, offset in head["tables"]
    )
    names = head["languages"]
    # A number of an array is an object of numpy's; one of its memory is Python's, and made at once.
    return ModelTables(
        shares.reshape(-1, len(names)), priors, names, moves.data, parts.data, rows.tolist()
    )


def _keep(tables: ModelTables, path: Path) -> None:
    """Raises OSError."""
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 - once in the life of a model

    import numpy as np  # noqa: PLC0415

    shares, priors, languages, moves, parts, rows = tables
    arrays = [np.asarray(each) for each in (shares, priors, moves, np.array(parts, "i4"), rows)]
    said, end = [], _HEAD_BYTES
    for each in arrays:
        said.append((each.dtype.str, each.size, end))
        end += -(-each.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in path.parent.glob(f"{_NAMES}*"):
        other.unlink(missing_ok=True)
    # Under a name of its own until it is whole, as others may be looking for it.
    with NamedTemporaryFile(dir=path.parent, prefix=_NAMES) as beside:
        beside.write(json.dumps({"bytes": end, "languages": languages, "tables": said}).encode())
        for each, (_, _, offset) in zip(arrays, said, strict=True):
            beside.seek(offset)
            beside.write(each.data)
        beside.truncate(end)
        beside.flush()
        os.link(beside.name, path)
