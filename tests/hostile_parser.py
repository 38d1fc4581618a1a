"""A parser that documents do harm to, as bugs in libraries let them: what a worker must survive.

Knows the ways in which code that reads a document ends or holds a process. Must never know how a
process defends itself.
"""

import os
from pathlib import Path

__all__ = ["HARM", "install"]

#: What a text document says, what it does to the process, and with which it is quarantined.
# Memory is asked for and not touched: that takes no time, of which there may be little.
HARM = {
    "HOLDS THE INTERPRETER": ("re.match('(a+)+$', 'a' * 60 + 'b')", "too-costly"),
    "LOOPS": ("[None for _ in iter(int, 1) if 0]", "too-costly"),
    "SLEEPS": ("time.sleep(1_000)", "too-costly"),
    "EATS MEMORY": ("[bytes(50_000_000) for _ in range(400)]", "too-costly"),
    "CRASHES": ("ctypes.string_at(1)", "failed"),
    "ABORTS": ("os.abort()", "failed"),
    "LEAVES": ("os._exit(3)", "failed"),
}

_CODE = """
import ctypes, os, re, time
import feeds.ingest.worker as worker
for name, value in {limits!r}.items():
    object.__setattr__(worker.LIMITS, name, value)
understand = worker.understand
def harmed(document, *others):
    for words, harm in {harm!r}.items():
        if words.encode() in document.body:
            open({began!r}, "w").close()
            eval(harm)
    return understand(document, *others)
worker.understand = harmed
"""


def install(folder: Path, *, seconds: int = 1, patience: int = 6) -> dict[str, str]:
    """Environment in which every Python has that parser, and less time for a document.

    Where others compute as well, one that holds the interpreter may have waited ``patience`` times
    as long by the clock before it had its time. Once harm is done there is a file ``began`` in the
    folder.
    """
    limits = {"seconds": seconds, "patience": patience}
    harm = {words: code for words, (code, _) in HARM.items()}
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        _CODE.format(harm=harm, limits=limits, began=str(folder / "began")), "utf-8"
    )
    path = f"{folder}{os.pathsep}{Path(__file__).parents[1]}"
    return {**os.environ, "PYTHONPATH": path}
