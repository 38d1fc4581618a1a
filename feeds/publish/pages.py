"""Web pages as bytes, each made by its template from finished values.

Knows the templates. Must never query.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.catalogue import Catalogue
from feeds.publish.entry import instant
from feeds.publish.feed import ALL, FORMS, describe
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy

_TEMPLATES = Path(__file__).parent / "templates"

STYLE = _TEMPLATES / "style.css"


# Compiling the templates takes 20 ms: once a process is enough.
@lru_cache(maxsize=4)
def renderer(
    site: Site, taxonomy: Taxonomy, *beside: Path, words: Catalogue | None = None
) -> Callable[..., bytes]:
    """What makes a page of this site of the name of a template and its values.

    Templates in the folders ``beside`` may extend ``layout.html``: they set ``title``,
    ``description`` and ``canonical``. Each is read once. Where they say more than ours, ``words``
    holds that too.
    """
    words = words or site.words
    environment = Environment(
        loader=FileSystemLoader([*beside, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "day": lambda issued: words.day(
            issued.at.astimezone(site.timezone).date() if issued.at else issued.day
        ),
        "instant": instant,
        "own_name": words.own_name,
        "page": lambda feed: f"{site.base}/{feed.page}",
        "file": lambda feed, form: f"{site.base}/{feed.file(form)}",
    }
    environment.globals |= {
        "site": site,
        "words": words,
        "say": words.say,
        "forms": FORMS,
        "all": describe(ALL, site, taxonomy),
        # Part of the address, so that no cached style meets a newer page.
        "style": blake2b(STYLE.read_bytes(), digest_size=4).hexdigest(),
    }

    def render(template: str, **values: object) -> bytes:
        return environment.get_template(template).render(values).encode()

    return render
