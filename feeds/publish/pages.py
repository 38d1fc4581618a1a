"""Web pages as bytes, each made by its template from finished values.

Knows the templates. Must never query.
"""

import traceback
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError

from feeds.catalogue import Catalogue
from feeds.errors import PublishError
from feeds.publish.entry import instant
from feeds.publish.feed import ALL, FORMS, describe
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy

_TEMPLATES = Path(__file__).parent / "templates"


# Compiling the templates takes 20 ms: once a process is enough.
@lru_cache(maxsize=4)
def renderer(
    site: Site, taxonomy: Taxonomy, *beside: Path, words: Catalogue | None = None
) -> Callable[..., bytes]:
    """What makes a page of this site of the name of a template and its values.

    Those of the operator's own folder go before all. What is wrong in one of them is told by
    PublishError, with its line: what cannot be read here, what else is wrong when a page is made.
    Templates in the folders ``beside`` may extend ``layout.html``: they set ``title``,
    ``description`` and ``canonical``. Each is read once. Where they say more than ours, ``words``
    holds that too.
    """
    words = words or site.words
    own = site.look.templates
    environment = Environment(
        loader=FileSystemLoader([*filter(None, [own]), *beside, _TEMPLATES]),
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
        "month": lambda page: words.month(date.fromisoformat(f"{page.month}-01")),
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
        "style": blake2b(site.look.style, digest_size=4).hexdigest(),
    }

    def render(template: str, **values: object) -> bytes:
        return environment.get_template(template).render(values).encode()

    return _told(own, environment, render) if own else render


def _told(
    own: Path, environment: Environment, render: Callable[..., bytes]
) -> Callable[..., bytes]:
    """The same, which says where the operator's templates are wrong; first, that all can be read.

    Raises PublishError.
    """

    def rendered(template: str, **values: object) -> bytes:
        # Whatever it is: what a template may do wrong has no end.
        try:
            return render(template, **values)
        except Exception as error:
            raise _fault(own, error) from error

    for file in sorted(own.glob("*.html")):
        try:
            environment.get_template(file.name)
        except TemplateSyntaxError as error:
            raise _fault(own, error) from error
    return rendered


def _fault(own: Path, error: Exception) -> PublishError:
    """Where in a file of that folder something is wrong, as far as it can be told."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [(each.filename, each.lineno) for each in frames]
    if isinstance(error, TemplateSyntaxError):
        lines.append((error.filename or "", error.lineno))
    places = [place for place in lines if Path(place[0]).is_relative_to(own)]
    # One that lacks what ours ask of it is called by none of its lines.
    told = "{}, line {}".format(*places[-1]) if places else f"a template in {own}"
    return PublishError(f"{told}: {error}; pages stay as they were")
