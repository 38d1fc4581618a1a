"""Why a page of HTML holds no item: it stands in place of one, is cut off, or is of another kind.

Knows what speaks for an article (a description, a day, prose) and what speaks against one, and
weighs the two. Must never know how the facts of an item are read.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice

from feeds.draft import Document, Draft, Reason, Refused
from feeds.model import IssuedFrom
from feeds.parse.bytes import Lines, excerpt
from feeds.parse.html.content import BarePage
from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.tree import (
    Node,
    Tree,
    ancestors,
    attribute,
    find,
    find_all,
    names,
    one_line,
    said,
)
from feeds.parse.interstitial import interstitial
from feeds.parse.prose import has_sentences, is_headline, letters, prose, width
from feeds.parse.text import genre
from feeds.parse.words import any_of
from feeds.taxonomy import Slot, Taxonomy
from feeds.taxonomy.naming import fold

# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200
_SIGNS_OF_NEWS = 2

# A page that asks something of its reader explains itself at this length, and an article that is
# described as one may be as short as two sentences.
_LONGEST_REQUEST_WIDTH = 300
_SHORTEST_ARTICLE_WIDTH = 140
_LONGEST_WALL_WIDTH = 4_000
_MOST_BETWEEN_WORDS_OF_A_WALL = 300
# Several paragraphs need less that speaks for them.
_SEVERAL = 3
# Many need but a title that may be a sentence: some languages say in four words what English says
# in six.
_MANY = 5
_FEWEST_SPACES_OF_A_SENTENCE = 3
# So much running text says more than a site says of itself on a page of its own.
_ENOUGH_WIDTH = 400
# So much below a headline is a story, whoever tells it.
_MUCH_WIDTH = 1_000
# The words of a title in an address ("/post/318/the-lamppost-on-quarry-lane.html"): a section's
# or a person's are fewer.
_FEWEST_WORDS_OF_A_SLUG = 4
_SLUG = re.compile(r"/([\w%-]{1,300}+)(?:\.\w{1,5}+)?/?\Z")
_FEWEST_TITLE_CHARS = 8
_CELLS = frozenset({"td", "th"})
_FEWEST_CELLS = 9
_ARTICLES = "article:not(article article)"
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_CHALLENGES = (
    'script[src*="challenge-platform"], #challenge-form, #cf-wrapper, .g-recaptcha, .h-captcha'
)
# Where a site keeps its login on every page: in its frame, or in what opens on a click.
_FRAME = frozenset({"header", "footer", "nav", "aside", "dialog"})
_ON_EVERY_PAGE = re.compile(
    r"(?:^|[\s_-])(?:header|footer|nav|navbar|navigation|sidebar|menu|modal|popup|dropdown|"
    r"collapse|offcanvas|overlay|toolbar|topbar|block|widget|drawer|hidden)(?:$|[\s_-])"
)
_UNDISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)

_WHOLE = ("</html>", "</HTML>")
_CLOSED = re.compile(r"</(?:html|body|main|article)\s*>|<footer\b", re.IGNORECASE)
_HOLDER = re.compile(r"<(/?)(?:div|section|article|main)\b", re.IGNORECASE)
_WITHIN_A_TAG = re.compile(r"<[a-z/][^<>]{0,2000}\Z", re.IGNORECASE)
_IS_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_SHORTEST_LOOK_CHARS = 4_096


class PageFront:
    """What a page tells with its furniture, and how many elements it marks as articles.

    Few pages are asked for more than their markup, which is then read once again.
    """

    __slots__ = ("_tree", "articles", "text")

    def __init__(self, page: HtmlPage) -> None:
        self.text = page.text
        self.articles = len(find_all(page.tree, _ARTICLES))
        self._tree: Tree | None = None

    @property
    def tree(self) -> Tree:
        """All of it but its code; nothing leaves it."""
        if self._tree is None:
            page = HtmlPage(self.text)
            page.take_out_scripts()
            self._tree = page.tree
        return self._tree

    @property
    def shown(self) -> str:
        """All its words, on one line."""
        body = self.tree.body
        return " ".join(body.text().split()) if body is not None else ""

    @property
    def asks_password(self) -> bool:
        """Whether it has a field for one, in the open."""
        return any(map(_is_open, find_all(self.tree, 'input[type="password" i]')))

    @property
    def checks_reader(self) -> bool:
        """Whether it looks whether its reader is a browser."""
        return bool(find_all(self.tree, _CHALLENGES))


@cache
def _shows_its_day() -> re.Pattern[str]:
    return re.compile(rf"{any_of('shown_on', str)}\b.*\d", re.IGNORECASE)


@cache
def _consent() -> re.Pattern[str]:
    return re.compile(any_of("consent", str), re.IGNORECASE)


@cache
def _data_use() -> re.Pattern[str]:
    """Asked of text in small letters: to compare each letter in both takes twice as long."""
    return re.compile(any_of("data_use", str.casefold))


def _is_open(node: Node) -> bool:
    """Whether an element stands in the open, in no part that all pages of a site have."""
    for each in (node, *ancestors(node)):
        if each.tag in _FRAME or "hidden" in each.attributes:
            return False
        if attribute(each, "aria-hidden") == "true" or _UNDISPLAYED.search(
            attribute(each, "style")
        ):
            return False
        if each.tag != "body" and _ON_EVERY_PAGE.search(names(each)):
            return False
    return True


def instead(
    told: PageFront, page: BarePage, window: str, paragraphs: Sequence[str]
) -> Refused | None:
    """Why a page is one in place of an article; its text tells, whatever its metadata say, and what
    it keeps for its scripts is text too.
    """
    known = page.metadata
    if known.other:
        return _of_another_kind(known.other)
    return _requested(told, page, window, paragraphs) or interstitial(
        [line for line in (window, *page.lines) if line]
    )


def _requested(
    told: PageFront, page: BarePage, window: str, paragraphs: Sequence[str]
) -> Refused | None:
    """What a page asks of its reader, where it tells less than an article would."""
    sentences = max(prose(page.lines), prose(paragraphs), key=width)
    tells = width(sentences)
    is_its_subject = page.metadata.is_article and _says(page, (*page.metadata.titles, window))
    # More is no request, and to look through it takes time.
    is_looked_at = tells < _LONGEST_WALL_WIDTH and not is_its_subject
    if is_looked_at and (asking := _asking(sentences, tells)):
        return _of_another_kind(f"it asks for consent: {excerpt(asking[0])}")
    is_told = page.metadata.is_article or page.issued is not None
    if tells < (_SHORTEST_ARTICLE_WIDTH if is_told else _LONGEST_REQUEST_WIDTH):
        if told.asks_password:
            return Refused(reason=Reason.LOGIN, evidence="it has a field for a password")
        if told.checks_reader:
            return Refused(reason=Reason.CHALLENGE, evidence=f"it says {excerpt(told.shown)}")
    if tells >= (1 if is_told else _SHORTEST_ARTICLE_WIDTH):
        return None
    if found := _consent().search(told.shown):
        return _of_another_kind(f"it asks for consent: {excerpt(found[0])}")
    # What it says to readers without scripts.
    lines = (said(node) for node in find_all(told.tree, "noscript"))
    return interstitial([line for line in lines if line])


def _asking(sentences: Sequence[str], tells: int) -> list[str]:
    """The sentences that ask to use data, where they are most of all that is told."""
    asking: list[str] = []
    asked, others = 0, 0
    for line in sentences:
        if count := len(_data_use().findall(line.casefold())):
            asking.append(line)
            asked += count
        else:
            others += letters(line)
        if 2 * others >= tells:
            return []
    # A word or two in a long text may be of cookies to eat.
    return asking if tells - others <= _MOST_BETWEEN_WORDS_OF_A_WALL * asked else []


def _says(page: BarePage, titles: Iterable[str]) -> bool:
    """Whether a page shows the title its head gives it."""
    wanted = next((fold(title) for title in titles if title), "")
    return bool(wanted) and any(
        wanted.startswith(words) or words.startswith(wanted)
        for line in page.lines
        if len(words := fold(line)) >= _FEWEST_TITLE_CHARS
    )


def afterwards(
    draft: Draft, page: BarePage, told: PageFront, document: Document, taxonomy: Taxonomy
) -> Refused | None:
    """Why what was read is no item after all."""
    topics = len(draft.issuers) + len(draft.fields)
    if topics > _MOST_TOPICS:
        return _of_another_kind(f"it names {topics} issuers and fields of work")
    if cut := _cut_off(told.text):
        return cut
    is_known_kind = draft.content_type is not None and draft.content_type.slug is not None
    if is_known_kind or Slot.ISSUERS in page.printed.slots or document.lead is not None:
        return None
    against = _numbers(draft, page) or _several(draft, page, told)
    if against or (against := _against(draft, page, document.url, taxonomy)):
        return _of_another_kind(against)
    if _speaks_for_news(draft, page, told):
        return None
    undecided = _of_another_kind(f"nothing says that {excerpt(draft.title)} is news")
    return replace(undecided, is_undecided=prose(draft.paragraphs) != [])


def _numbers(draft: Draft, page: BarePage) -> str | None:
    """What a page is that shows tables, numbers for the most part, and next to no sentence."""
    cells = [block.line for block in page.blocks if block.tag in _CELLS]
    of_numbers = 3 * sum(any(map(str.isdigit, line)) for line in cells) > len(cells)
    is_table = len(cells) >= _FEWEST_CELLS and 2 * len(cells) > len(page.blocks) and of_numbers
    if page.metadata.is_described or not is_table:
        return None
    told = {line for line in draft.paragraphs if has_sentences(line)}.union(prose(draft.paragraphs))
    return "most of it is a table of numbers" if width(told) < _SHORTEST_ARTICLE_WIDTH else None


def _several(draft: Draft, page: BarePage, told: PageFront) -> str | None:
    """What a page is that has its title from one of several articles beside each other, and from
    nowhere else: results of a search, a section.
    """
    named = fold(draft.title)
    if told.articles < _SEVERAL or page.metadata.is_described:
        return None
    titles = (*page.metadata.titles, said(find(told.tree, "title")))
    if any(named in fold(title) for title in titles):
        return None
    articles = [each for each in find_all(told.tree, _ARTICLES) if find(each, _HEADINGS)]
    of_title = [each for each in find_all(told.tree, _HEADINGS) if fold(said(each)) == named]
    around = {each.mem_id for node in of_title for each in ancestors(node)}
    sizes = [(len(each.text()), each.mem_id in around) for each in articles]
    own, whole = (sum(size for size, is_own in sizes if is_own or every) for every in (False, True))
    is_one = len(of_title) == 1 and 0 < 2 * own < whole
    return f"it shows {len(articles)} articles and is none" if is_one else None


def _against(draft: Draft, page: BarePage, url: str | None, taxonomy: Taxonomy) -> str | None:
    """What a page is instead of news, weighed against how it describes itself and its prose."""
    # Of most pages nothing is against them anyway.
    return _shown_by(page.lines, draft, page, url, taxonomy) and _shown_by(
        list(_own_lines(page)), draft, page, url, taxonomy
    )


def _shown_by(
    lines: Lines, draft: Draft, page: BarePage, url: str | None, taxonomy: Taxonomy
) -> str | None:
    known, sentences = page.metadata, prose(draft.paragraphs)
    is_long, is_titled = len(sentences) >= _SEVERAL, is_headline(draft.title)
    is_story = draft.issued is not None and is_long and is_titled
    # A story that is described as one may say when and where something is held.
    held = None if is_story and known.is_described else genre.event(lines, taxonomy)
    if held:
        return held
    if known.is_described:
        # News has a day; a site may describe each of its pages as an article.
        return None if draft.issued else genre.named(draft.title, taxonomy)
    # Where the issue date stands, the words around it are those of news as well.
    is_shown = draft.issued is not None and draft.issued.origin is IssuedFrom.PAGE
    lines = [line for line in lines if not (is_shown and _shows_its_day().match(line))]
    found = genre.named(draft.title, taxonomy, is_story=is_story) or genre.shown_by(
        lines, beside_prose=is_long, is_story=is_story
    )
    # Reports tell what "I" saw as well; but blogs call themselves articles without more.
    is_news = _is_told(draft, page) and (is_long or not known.is_blog)
    is_news = is_news or (is_titled and width(sentences) >= _MUCH_WIDTH)
    is_news = is_news or (is_long and _is_in_its_address(draft.title, url))
    return found or (None if is_news else genre.told(lines, draft.paragraphs))


def _is_told(draft: Draft, page: BarePage) -> bool:
    return page.metadata.is_article or draft.issued is not None


def _is_in_its_address(title: str, url: str | None) -> bool:
    """Whether the last part of an address is the words of a title, as that of an article is."""
    slug = _SLUG.search((url or "").partition("?")[0])
    words = re.split("[-_]+", fold(slug[1].replace("-", "_"))) if slug else []
    known = set(re.split(r"\W+", fold(title)))
    return len(words) >= _FEWEST_WORDS_OF_A_SLUG and known.issuperset(words)


def _own_lines(page: BarePage) -> Iterator[str]:
    """The lines of a page without the remarks below links: those are about other pages."""
    is_of_link, is_below_heading = False, False
    for block in page.blocks:
        is_heading = block.tag.startswith("h")
        if page.whole.startswith("<a ", block.start):
            is_of_link = is_of_link or is_heading or is_below_heading
        elif is_heading or prose([block.line]):
            is_of_link = False
        is_below_heading = is_heading
        if not is_of_link:
            yield from block.text.split("\n")


def _speaks_for_news(draft: Draft, page: BarePage, told: PageFront) -> bool:
    """Whether a day, a description, much running text or words of news do; several paragraphs need
    one word, or to be marked as an article, or a headline.
    """
    if _is_told(draft, page):
        return True
    sentences = prose(draft.paragraphs)
    is_long = len(sentences) >= _SEVERAL
    if is_long and (told.articles == 1 or is_headline(draft.title)):
        return True
    if width(line for line in draft.paragraphs if has_sentences(line)) >= _ENOUGH_WIDTH:
        return True
    if len(sentences) >= _MANY and draft.title.count(" ") >= _FEWEST_SPACES_OF_A_SENTENCE:
        return True
    wanted = _SIGNS_OF_NEWS - is_long
    return len(list(islice(genre.for_news(draft.title, draft.paragraphs), wanted))) >= wanted


def untitled(text: str) -> Refused:
    """The refusal of a text nobody could find in a list."""
    return Refused(reason=Reason.INCOMPLETE, evidence=f"no title stands above {excerpt(text)}")


def empty(told: PageFront) -> Refused:
    """Why nothing was left of a page."""
    if cut := _cut_off(told.text):
        return cut
    if ending := told.shown[-50:]:
        return Refused(reason=Reason.MENU_ONLY, evidence=f"it ends with {excerpt(ending)}")
    return Refused(reason=Reason.EMPTY, evidence="its markup holds no text")


def _of_another_kind(evidence: str) -> Refused:
    """The refusal of a page that is whole and of another kind."""
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence)


def _cut_off(text: str) -> Refused | None:
    """The refusal of a page whose markup ends within its article, with elements open that nothing
    lets stay open; None for a whole one.
    """
    # Most are closed where they end.
    if text.rstrip().endswith(_WHOLE) or not _IS_PAGE.search(text[:_SHORTEST_LOOK_CHARS]):
        return None
    if _CLOSED.search(text[-_SHORTEST_LOOK_CHARS:]) or _CLOSED.search(text):
        return None
    if not _WITHIN_A_TAG.search(text[-_SHORTEST_LOOK_CHARS:]):
        # In a page whose writer leaves end tags out, paragraphs and list items stay open, no more.
        steps = _HOLDER.findall(text)
        if steps.count("") <= steps.count("/"):
            return None
    return Refused(
        reason=Reason.INCOMPLETE, evidence=f"it ends with {excerpt(one_line(text[-60:]))}"
    )
