"""What we call ourselves when we ask, so that whoever is asked knows whom to write to.

Knows the User-Agent field. Must never know the settings it is made of.
"""

import re

__all__ = ["product_token", "user_agent"]

NAME = "Fieldfare"

#: What a robots.txt calls us by: the name before the version (RFC 9309 2.2.1).
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def user_agent(version: str, site: str, contact: str | None = None) -> str:
    """Name, version and where to find or write to whoever runs this (RFC 9110 10.1.5)."""
    addresses = [f"+{site}", *([f"mailto:{contact}"] if contact else [])]
    return f"{NAME}/{version} ({'; '.join(addresses)})"


def product_token(agent: str) -> str:
    """The name a User-Agent starts with, ours if it starts with none."""
    found = _TOKEN.match(agent)
    return found[0] if found else NAME
