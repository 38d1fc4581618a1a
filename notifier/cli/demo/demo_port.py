"""The demo's port, and whether it is free: told before anything is installed or made.

Knows sockets, and how the demo is asked for one. Must never import what has to be installed: `make
demo` runs this file by itself, first of all.
"""

import argparse
import socket
import sys
from pathlib import Path

HOST = "127.0.0.1"
USUAL = 8025
_TAKEN = (
    "fieldfare: cannot listen on {} port {}: {}; free it, or name another:"
    " `make demo DEMO_ARGS='--port {}'`\n"
)


def problem_of(port: int) -> str:
    """Why nothing can be served there; "" where it can."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def port_in(file: Path) -> int:
    """That of a demo's settings; the usual one where there are none."""
    if not file.exists():
        return USUAL
    # A Python without it is told that it is too old.
    import tomllib

    port: int = tomllib.loads(file.read_text()).get("serve", {}).get("port", USUAL)
    return port


def _main() -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--directory", type=Path, default=Path("demo"))
    parser.add_argument("--port", type=int)
    parser.add_argument("--exit", action="store_true")
    asked, _ = parser.parse_known_args()
    port = asked.port or port_in(asked.directory / "fieldfare.toml")
    problem = "" if asked.exit else problem_of(port)
    if problem:
        sys.stderr.write(_TAKEN.format(HOST, port, problem, port + 1))
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(_main())
