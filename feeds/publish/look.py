"""What an installation's pages have of their own: a logo, colours, links at the foot, templates.

Knows which of it goes before ours. Must never know which words or colours are good: settings are
checked where they are read.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Self

from config.colours import ink_on

#: Our own.
STYLE = Path(__file__).parent / "templates" / "style.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is empty, or None, is ours, or is left out.

    ``link`` and ``head`` are colours (``#rrggbb``) in the light and in the dark. ``logo`` is a file
    and ``templates`` a folder, whose templates and style.css go before ours; ``digest`` tells apart
    what they hold.
    """

    logo: Path | None = None
    link: tuple[str, str] = ("", "")
    head: tuple[str, str] = ("", "")
    imprint: str = ""
    privacy: str = ""
    footer: str = ""
    templates: Path | None = None
    digest: str = ""

    def read(self) -> Self:
        """The same with what its files hold now. Raises OSError."""
        own = self.templates.rglob("*") if self.templates else ()
        files = sorted(each for each in (self.logo, *own) if each and each.is_file())
        digest = blake2b(digest_size=8)
        for file in files:
            digest.update(f"{file}\0".encode() + file.read_bytes())
        known = {name: getattr(self, name) for name in self.__slots__}
        return type(self)(**known | {"digest": digest.hexdigest() if files else ""})

    @property
    def logo_name(self) -> str:
        """The path it is published under, relative to that of the site; empty without one."""
        return f"logo{self.logo.suffix.lower()}" if self.logo else ""

    @property
    def style(self) -> bytes:
        """The style sheet of all pages."""
        own = self.templates / STYLE.name if self.templates else STYLE
        return _content(own if own.is_file() else STYLE, self.digest) + self._rules().encode()

    @property
    def logo_content(self) -> bytes:
        """What the file of the logo holds; empty without one."""
        return _content(self.logo, self.digest) if self.logo else b""

    def _rules(self) -> str:
        light, dark = (
            "".join(
                (
                    f"--link:{link};" if link else "",
                    f"--head:{head};--on-head:{ink_on(head)};" if head else "",
                )
            )
            for link, head in zip(self.link, self.head, strict=True)
        )
        own = f":root{{{light}}}\n" if light else ""
        return own + (f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n" if dark else "")


@lru_cache(maxsize=16)
def _content(file: Path, digest: str) -> bytes:  # noqa: ARG001 - tells apart what it held
    """What a file of a look held when that was read, or is first asked for. Raises OSError."""
    return file.read_bytes()
