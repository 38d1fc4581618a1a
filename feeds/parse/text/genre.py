"""What kind of page one is, news or something else, by its words where no label tells.

Knows how many words of press releases, or of event, tender, topic and home pages, tell. Must
never know where a title or a text stands in its page.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from feeds.model import TopicKind
from feeds.parse import dates
from feeds.parse.bytes import Lines, bullet, excerpt
from feeds.parse.words import any_of, pattern, plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, fold

# Where in a text its words are looked for, and how long a line of a form or a heading may be.
_READ_CHARS = 3_000
_HEADING_CHARS = 60
# No page of an organisation is longer; what a hostile one costs is bounded.
_MOST_LINES = 5_000
_FEWEST_EVENT_LABELS = 2
_FEWEST_QUESTIONS = 3
_FEWEST_I = 3

_MARKS = ".,:;!?…()[]\"'“”„‘’«»"
_QUOTE = re.compile('[“„«"][^“„«»”"]{20,600}[”“»"]')
_FEWEST_TURKIC_LETTERS = 3
_REPORTS_THAT_COUNT = 2
# What a page is whose title begins so, and whose headings do: so many of them tell.
_TITLES = {
    "faq": "an FAQ",
    "vacancy": "a vacancy",
    "tender": "a tender",
    "rules": "a page of rules",
    "blog": "a blog",
    "about": "a page about the organisation",
    "home": "a home page",
    "results": "a list of results",
}
_LINES = {
    "topic": ("a topic page", 1),
    "vacancy": ("a vacancy", 1),
    "tender": ("a tender", 1),
    "blog": ("a blog", 1),
    "home": ("a home page", 2),
    "meeting": ("a document of a meeting", 1),
    "rules": ("a page of rules", 1),
}

_ASKING = frozenset({_TITLES["vacancy"], _TITLES["tender"]})

_BELOW_ARTICLES = frozenset({"blog", "home"})

# Turkic sentences end in their verb, and the past in which reports are told has endings of its
# own: "bildirdi", "qatnashdi", "келісті". Behind a vowel Kazakh and Uzbek tell the present so.
_PAST_ENDING = "(?:[dt][ıiuü]|[дт][ыіиуү])(?:lar|ler|lər|лар|лер)?"
_SENTENCE_END = r"(?=[.!](?:[\"”»’]|\s|$))"
_PAST_BEHIND_CONSONANT = re.compile(
    rf"\b\w{{1,30}}(?![aeıioöuüəаеэыіиоөуүәяёюұ])\w{_PAST_ENDING}{_SENTENCE_END}"
)
_PAST = re.compile(rf"\b\w{{2,30}}{_PAST_ENDING}{_SENTENCE_END}")
# Of the letters of Turkic languages and the apostrophes of Uzbek the ones where the present ends as
# the past does elsewhere.
_PRESENT_ALIKE = re.compile(r"[қғі]|[og][ʻ‘’'`]\w")


def is_other_kind(text: str) -> bool:
    """Whether a kind of page that an organisation has beside news is named: "Event"."""
    return len(text) <= _HEADING_CHARS and pattern("kinds").fullmatch(fold(text)) is not None


def for_news(title: str, paragraphs: Sequence[str]) -> Iterator[str]:
    """What in a title and its text speaks for a press release, one reason at a time."""
    text = "\n".join(paragraphs)[:_READ_CHARS]
    words = {word.strip(_MARKS).replace("’", "'") for word in set(text.lower().split())}
    reports = set(filter(_is_reporting, words))
    if len(reports) < _REPORTS_THAT_COUNT:
        reports |= set(_verbs_of_turkic(text))
    yield from (f"it reports ({word})" for word in sorted(reports)[:_REPORTS_THAT_COUNT])
    openings = (title, *paragraphs[:2])
    if any(mention.day for each in openings for mention in dates.mentions(each)):
        yield "it names a day"
    elif not words.isdisjoint(plain("days", str)):
        yield "it tells of these days"
    if _QUOTE.search(text):
        yield "it quotes"


@cache
def _turkic() -> re.Pattern[str]:
    """Letters of Turkic languages, and words of the one that has none of them."""
    return re.compile(rf"[ığəқғңәөүұ]|\b{any_of('turkic', str)}\b")


def _verbs_of_turkic(text: str) -> list[str]:
    # A name in an English text has such a letter too.
    if len(_turkic().findall(text)) < _FEWEST_TURKIC_LETTERS:
        return []
    is_alike = _PRESENT_ALIKE.search(text) and "ğ" not in text
    return (_PAST_BEHIND_CONSONANT if is_alike else _PAST).findall(text)


@lru_cache(maxsize=8192)
def _is_reporting(word: str) -> bool:
    return pattern("reporting", str).fullmatch(word) is not None


def against(title: str, below: Lines, taxonomy: Taxonomy) -> str | None:
    """What a page is instead of news, with the line that shows it; None where nothing does."""
    return named(title, taxonomy) or event(below, taxonomy) or shown_by(below) or told(below)


def named(title: str, taxonomy: Taxonomy, *, is_story: bool = False) -> str | None:
    """What a title says that its page is instead of news; None where it says nothing. The headline
    of a story with a day may begin like any page but one that asks for people or goods.
    """
    what = _told_by_title(title, taxonomy)
    if is_story and what not in _ASKING:
        return None
    return f"{excerpt(title)} is the title of {what}" if what else None


def event(lines: Lines, taxonomy: Taxonomy) -> str | None:
    """The labels that say when, where or by whom an event is held; None for fewer than two."""
    shown = {
        words: line
        for line, text in _headings(lines)
        if taxonomy.is_event_label(words := text.partition(":")[0].strip())
    }
    if len(shown) < _FEWEST_EVENT_LABELS:
        return None
    return f"it is an event page: {' and '.join(map(excerpt, list(shown.values())[:2]))}"


def _headings(lines: Lines) -> Iterator[tuple[str, str]]:
    for line in lines[:_MOST_LINES]:
        if len(line) <= _HEADING_CHARS:
            yield line, bullet(line) or line


def _told_by_title(title: str, taxonomy: Taxonomy) -> str | None:
    words = fold(title)
    if len(title) <= LONGEST_NAME_CHARS and _is_topic(title, taxonomy):
        return "a topic page"
    for name, what in _TITLES.items():
        if pattern(f"titles.{name}").fullmatch(words):
            return what
    # What a page about it is called in English begins with its name.
    is_about = taxonomy.name and words.startswith(f"about {fold(taxonomy.name)}")
    return _TITLES["about"] if is_about else None


def _is_topic(title: str, taxonomy: Taxonomy) -> bool:
    return any(
        len(labels := taxonomy.resolve(kind, title)) == 1 and labels[0].slug is not None
        for kind in (TopicKind.FIELD, TopicKind.ISSUER, TopicKind.COUNTRY)
    )


def shown_by(lines: Lines, *, beside_prose: bool = False, is_story: bool = False) -> str | None:
    """What a page is instead of news by its headings and labels: "Closing date", "How to apply".

    What many sites have below each of their articles tells nothing ``beside_prose``: "Latest news",
    "Leave a comment"; and beside a story with a headline and a day, one line tells nothing.
    """
    headings = [(line, fold(text).strip(" :")) for line, text in _headings(lines)]
    for name, (what, least) in _LINES.items():
        if beside_prose and name in _BELOW_ARTICLES:
            continue
        known = pattern(f"lines.{name}")
        shown = [line for line, words in headings if known.fullmatch(words)]
        if len(shown) >= least + is_story:
            return f"it is {what}: {excerpt(shown[0])}"
    return None


def told(below: Lines, article: Lines | None = None) -> str | None:
    """What a text is instead of news by its questions, or by who tells it: in its ``article``,
    where that is known, as readers' remarks below it say "I".
    """
    questions = [line for line in below if line.endswith("?") and len(line) <= 2 * _HEADING_CHARS]
    if len(questions) >= _FEWEST_QUESTIONS:
        return f"it is an FAQ: {excerpt(questions[0])}"
    text = "\n".join(below if article is None else article)[:_READ_CHARS]
    # Asked first, as it takes no time; then in earnest.
    words = any_of("first_person", str)
    may_be_i = sum(text.count(word) for word in plain("first_person", str))
    said = re.compile(rf"\b{words}\b")
    if may_be_i >= _FEWEST_I and len(said.findall(_QUOTE.sub("", text))) >= _FEWEST_I:
        return "it is told in the first person, as blogs are"
    return None
