"""Web pages as bytes, each made by its template from finished values.

Knows the templates, and how days are written in the language of a site. Must never query.
"""

from collections.abc import Callable
from datetime import UTC
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.model import Issued
from feeds.publish.feed import ALL, describe
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy

_TEMPLATES = Path(__file__).parent / "templates"

STYLE = _TEMPLATES / "style.css"


# Compiling the templates takes 20 ms: once a process is enough.
@lru_cache(maxsize=4)
def renderer(site: Site, taxonomy: Taxonomy, *beside: Path) -> Callable[..., bytes]:
    """What makes a page of this site of the name of a template and its values.

    Templates in the folders ``beside`` may extend ``layout.html``: they set ``title``,
    ``description`` and ``canonical``. Each is read once.
    """
    environment = Environment(
        loader=FileSystemLoader([*beside, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    locale = _locale(site.language)
    environment.filters |= {
        "day": lambda issued: _day(issued, locale, site.timezone),
        "instant": _instant,
        "page": lambda feed: f"{site.base}/{feed.page}",
        "file": lambda feed: f"{site.base}/{feed.atom}",
    }
    environment.globals |= {
        "site": site,
        "all": describe(ALL, site, taxonomy),
        # Part of the address, so that no cached style meets a newer page.
        "style": blake2b(STYLE.read_bytes(), digest_size=4).hexdigest(),
    }

    def render(template: str, **values: object) -> bytes:
        return environment.get_template(template).render(values).encode()

    return render


def _locale(language: str) -> Locale:
    """The locale days are written in. Plain "en" would be that of the United States
    ("November 24, 2026"), while English without a country is mostly read elsewhere.
    """
    try:
        return Locale.parse("en-150" if language == "en" else language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "150")


def _day(issued: Issued, locale: Locale, zone: ZoneInfo) -> str:
    day = issued.at.astimezone(zone).date() if issued.at else issued.day
    return format_date(day, "long", locale)


def _instant(issued: Issued) -> str:
    """The machine's form of a day or an instant (HTML, 4.5.14)."""
    return issued.at.astimezone(UTC).isoformat() if issued.at else issued.day.isoformat()
