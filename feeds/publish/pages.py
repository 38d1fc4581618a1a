"""Web pages as bytes, each made by its template from finished values, and those of the front page.

Knows the templates, and how a history is shown in little. Must never query.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from zoneinfo import ZoneInfo

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from typing_extensions import override

from config import values
from feeds import catalogue, markup, pictures
from feeds.catalogue import Catalogue
from feeds.errors import PublishError
from feeds.identity import decide, ids
from feeds.publish.feed import (
    ALL,
    ATOM,
    FORMS,
    JSON_FEED,
    FeedLink,
    FeedRef,
    describe,
    facet_name,
)
from feeds.publish.past.archive import ArchivePage, PageChain
from feeds.publish.site import INDEX, Site
from feeds.selection import EVERYWHERE, Place
from feeds.storage.entries import PastMonths
from feeds.taxonomy import Taxonomy
from feeds.times import months_to

# What the front page says over and over: numbers and days, in as many words.
_REMEMBERED = 4096

_TEMPLATES = Path(__file__).parent / "templates"

# Those that make bytes.
_LIBRARIES = ("babel", "feedgen", "jinja2", "lxml")


class _Compiled(BytecodeCache):
    """What the text of each template became, which is the same for every site.

    To compile all of them takes 70 ms: once a process is enough.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_ENVIRONMENT = partial(
    Environment,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    bytecode_cache=_Compiled(),
    # No filter of one site is asked for what another one's pages say.
    optimized=False,
)


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
    folders = [*filter(None, [site.look.templates]), *beside, _TEMPLATES]
    environment = _ENVIRONMENT(loader=FileSystemLoader(folders))
    made: dict[str, str] = {}
    # There are few, and each is on the pages of many feeds.
    month = lru_cache(1024)(lambda at, **how: words.month(date.fromisoformat(f"{at}-01"), **how))
    environment.filters |= {
        "day": lambda issued: words.day(
            issued.at.astimezone(site.timezone).date() if issued.at else issued.day
        ),
        "date": lru_cache(_REMEMBERED)(words.day),
        "direction": values.direction,
        "month_name": words.month,
        "own_name": words.own_name,
        "month": lambda page, **how: month(page.month, **how),
        "page": lambda feed: f"{site.base}/{feed.page}",
        "file": lambda feed, form: f"{site.base}/{feed.file(form)}",
    }
    environment.globals |= {
        "site": site,
        "words": words,
        "say": words.say,
        "count": lru_cache(_REMEMBERED)(words.count),
        "once": lambda name, caller: made.get(name) or made.setdefault(name, caller()),
        "forms": FORMS,
        "all": describe(ALL, site, taxonomy),
        "facet_name": lambda facet, **how: facet_name(facet, taxonomy, words, **how),
        # Part of the address, so that no cached style meets a newer page.
        "style": blake2b(site.look.style, digest_size=4).hexdigest(),
    }

    def render(template: str, **values: object) -> bytes:
        return environment.get_template(template).render(values).encode()

    return _told(site.look.templates, environment, render) if site.look.templates else render


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


# -- What the front page says of every feed

#: So many of the latest: who wants all of them is one step away, and topics are in sight.
FRONT_PAGE_ITEMS = 5
#: Two years show whether something comes at all, and at which time of the year.
MONTHS_SHOWN = 24
#: Of a chart, in the units of its lines.
_HEIGHT, _STEP = 16, 4

_NONE = PastMonths()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """A feed in the list of all: with the ``count`` of its items, the day of the ``latest``, and
    how many there were in each of the last ``months``.
    """

    link: FeedLink
    count: int
    latest: date | None
    months: tuple[int, ...]
    below: tuple["TopicLine", ...]

    @property
    def chart(self) -> str:
        """The path of a line for each month with items, as SVG has it."""
        most = max(self.months, default=0)
        return "".join(
            f"M{2 + _STEP * place} {_HEIGHT}v-{max(1, round(_HEIGHT * count / most))}"
            for place, count in enumerate(self.months)
            if count
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All feeds by their facets, and the ``months`` (their first days) that charts show."""

    months: tuple[date, ...]
    lines: Mapping[str, Sequence[TopicLine]]


def overview(
    links: Mapping[str, Iterable[FeedLink]], histories: Mapping[Place, PastMonths], zone: ZoneInfo
) -> Overview:
    """What is said of these feeds; the last month is that of the newest item."""
    last = max(histories.get(EVERYWHERE, _NONE).months, default="")
    months = tuple(months_to(date.fromisoformat(f"{last}-01"), MONTHS_SHOWN)) if last else ()
    names = tuple(f"{month:%Y-%m}" for month in months)
    lines = {
        facet: tuple(_line(link, histories, names, zone) for link in some)
        for facet, some in links.items()
    }
    return Overview(months=months, lines=lines)


def _line(
    link: FeedLink, histories: Mapping[Place, PastMonths], names: tuple[str, ...], zone: ZoneInfo
) -> TopicLine:
    past = histories.get(link.feed.kept_as, _NONE)
    return TopicLine(
        link=link,
        count=sum(past.months.values()),
        latest=past.latest_at.astimezone(zone).date() if past.latest_at else None,
        months=tuple(past.months.get(name, 0) for name in names),
        below=tuple(_line(each, histories, names, zone) for each in link.below),
    )


def archive_files(ref: FeedRef, page: ArchivePage) -> Sequence[str]:
    """The files of a page of a feed's history."""
    forms = (ref.file(form, page.name) for form in (ATOM, JSON_FEED))
    return [*forms, f"{ref.page}{page.name}/{INDEX}"]


def led_on_pages(
    former: FeedRef, current: FeedRef, past: PageChain, read: Callable[[str], bytes | None]
) -> Iterator[tuple[str, bytes]]:
    """The pages of a history where they were, as they are ``read`` where they are."""
    for each in past.links(past.names):
        files = (archive_files(ref, each.page) for ref in (former, current))
        for here, there in zip(*files, strict=True):
            # What is called so by now may be over itself, and have no pages any more.
            if content := read(there):
                yield here, content


def led_on(
    documents: Iterable[tuple[str, bytes]],
    former: FeedRef,
    current: FeedRef,
    site: Site,
    render: Callable[..., bytes],
) -> Iterator[tuple[str, bytes, bytes]]:
    """Documents of a feed with where each is by now, for servers that can say so: that at its
    ``former`` path is at its ``current`` one. Its pages say so themselves.
    """
    for path, content in documents:
        place = path.replace(former.path, current.path, 1).removesuffix(INDEX)
        body = content
        if path.endswith(INDEX):
            address = f"{site.url}/{place}"
            body = render("hidden.html", heading="feed_moved", address=address)
        yield path, body, f"308 {site.base}/{place}\n".encode("ascii")


@cache
def code() -> str:
    """A digest of the package's own files instead of a version number: nobody can forget to raise
    it.

    With them the words, and what decides whether an address, a language, a media type or an id can
    be published, when something was, and how pictures are shown.
    """
    folder = Path(__file__).parent
    files = (
        *sorted(folder.rglob("*.py")),
        *sorted((folder / "templates").iterdir()),
        *sorted(catalogue.FOLDER.iterdir()),
        *(Path(str(module.__file__)) for module in (decide, ids, markup, pictures, values)),
    )
    versions = (f"{library} {version(library)}" for library in _LIBRARIES)
    texts = (file.read_text("utf-8") for file in files if file.is_file())
    return blake2b("\0".join((*versions, *texts)).encode(), digest_size=16).hexdigest()
