"""A made-up publisher on the web, and somebody who looks at one address of it.

Knows how both are started and ended. Must never know what is tested.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.publisher.server import Publisher, publishing
from tests.publisher.shelf import Newsstand, fetching
from tests.publisher.site import Site


@dataclass(frozen=True, slots=True)
class Scene:
    """``stand`` looks at what ``site`` says by way of ``publisher``."""

    site: Site
    publisher: Publisher
    stand: Newsstand

    @property
    def titles(self) -> set[str]:
        """Of everything that came of the looks so far."""
        return {item.title for item in self.stand.shelf.items.values()}


@contextmanager
def scene(site: Site, path: str = "/news") -> Iterator[Scene]:
    """The site is on the web, and nobody has looked at ``path`` yet."""
    with publishing(site) as publisher, fetching() as fetcher:
        yield Scene(site, publisher, Newsstand(url=publisher.at(path), fetcher=fetcher))
