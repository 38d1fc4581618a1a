"""Names for everything besides the items that published bytes depend on.

Knows this package's own files and the libraries that make bytes. Must never know an item.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy

_LIBRARIES = ("babel", "feedgen", "jinja2", "lxml")


def recipe(site: Site, taxonomy: Taxonomy) -> str:
    """Changes whenever the bytes of an entry might: code, templates, settings, names of topics."""
    pages_only = replace(site, contact="", entries_per_feed=1, items_per_page=1)
    return _name((_code(), repr(pages_only), taxonomy.fingerprint))


def fingerprint(site: Site, taxonomy: Taxonomy) -> str:
    """Changes whenever anything published might without a change of an item."""
    return _name((_code(), repr(site), taxonomy.fingerprint))


@cache
def _code() -> str:
    """The package's own files instead of a version number: nobody can forget to raise it."""
    folder = Path(__file__).parent
    files = (*sorted(folder.rglob("*.py")), *sorted((folder / "templates").iterdir()))
    versions = (f"{library} {version(library)}" for library in _LIBRARIES)
    return _name((*versions, *(file.read_text("utf-8") for file in files if file.is_file())))


def _name(parts: Iterable[str]) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
