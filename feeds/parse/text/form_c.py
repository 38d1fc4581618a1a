"""Form C: a title and a text, and nothing that says what they are.

Knows how to weigh what speaks for and against news. Must never know other forms, or whether an item
was seen before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from feeds.draft import DateStyle, Draft, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dateline
from feeds.parse.bytes import excerpt
from feeds.parse.dateline import Dateline
from feeds.parse.prose import has_sentences, prose
from feeds.parse.text import clean, genre, labels
from feeds.parse.text.head_lines import is_home
from feeds.parse.text.labels import Beside
from feeds.parse.text.opening import Opening
from feeds.parse.text.text_page import TextPage
from feeds.taxonomy import Slot, Taxonomy
from feeds.taxonomy.naming import fold

FORM = "C"

# A subtitle and a line that names a picture may stand before the dateline.
_DATELINE_WITHIN = 3
_FEWEST_SIGNS = 2
# One paragraph alone is a teaser as often as an article.
_FEWEST_SIGNS_OF_ONE = 3
_ENDS_OF_A_SENTENCE = tuple(".!?…:;\"'”»)’")
_MOST_TITLE_CHARS = 400
# A menu is known by the topics it names, and no menu is longer. Its last entries are short.
_FEWEST_MENU_NAMES = 3
_FARTHEST_DATELINE = 400
_FEWEST_TITLE_SPACES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page's parts; the dateline is that of ``paragraphs[at]``."""

    top: Opening
    labels: Sequence[Beside]
    paragraphs: tuple[str, ...]
    at: int
    dateline: Dateline | None

    def values(self, slot: Slot) -> tuple[str, ...]:
        return tuple(label.value for label in self.labels if label.slot is slot)


def parse(reading: TextPage) -> Parsed | Refused | None:
    """The article of a page in form C, or what it is instead; None where nothing tells.

    A dateline decides. Without one, any sign of another kind of page is enough to refuse it; and
    what is left is news with two paragraphs of prose and two marks of a press release (words of
    reporting, a day, a quotation, a known kind, the newsroom's line, a listing that led here, a
    numbered address in an issuer's section), or with one paragraph of several sentences and three.
    """
    page = _page(reading)
    if page is None:
        return None
    if page.dateline is None and (below := _below_unmarked_menu(reading)):
        page = _page(below) or page
    if page.dateline is not None:
        return _cut_off(page) or _item(page, reading)
    if refused := _something_else(page, reading.taxonomy):
        return refused
    if not _speaks_for_news(page, reading):
        return None
    return _item(page, reading)


def vouched(reading: TextPage) -> Parsed | Refused:
    """The article a person says this is: the first line its title, the others its text."""
    page = _page(reading)
    if page is None or not page.paragraphs:
        evidence = f"nothing follows {excerpt(reading.lines[-1])}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    return _item(page, reading)


def _page(reading: TextPage) -> _Page | None:
    top = reading.top
    if top is None:
        return None
    printed = labels.above(top.below, reading.taxonomy)
    text = top.below[len(printed) :]
    paragraphs = clean.paragraphs(text, top.title, reading.taxonomy)
    datelines = (
        (at, line)
        for at, paragraph in enumerate(paragraphs[:_DATELINE_WITHIN])
        if (line := dateline.find(paragraph, reading.habits.date_style))
    )
    at, line = next(datelines, (0, None))
    return _Page(top=top, labels=printed, paragraphs=paragraphs, at=at, dateline=line)


def _below_unmarked_menu(reading: TextPage) -> TextPage | None:
    """The page from its title on, where a menu that lost its marks stands above the title and a
    dateline below it; None for other pages.
    """
    if len(reading.article) < len(reading.lines):
        return None
    lines = reading.lines[:_FARTHEST_DATELINE]
    datelines = (
        at for at, line in enumerate(lines) if dateline.find(line, reading.habits.date_style)
    )
    at = next(datelines, 0)
    if at <= _DATELINE_WITHIN or prose(lines[:at]):
        return None
    names = sum(reading.taxonomy.is_name(line) for line in lines[:at])
    if names < _FEWEST_MENU_NAMES:
        return None
    has_subtitle = lines[at - 2].count(" ") >= _FEWEST_TITLE_SPACES
    return replace(reading, lines=reading.lines[at - 1 - has_subtitle :])


def _cut_off(page: _Page) -> Refused | None:
    text = page.paragraphs[page.at :]
    if len(page.top.title) > _MOST_TITLE_CHARS:
        evidence = f"no title stands above {excerpt(text[0])}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    if len(text) == 1 and not text[0].endswith(_ENDS_OF_A_SENTENCE):
        evidence = f"it ends within its first paragraph, {excerpt(text[0][-40:])}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    return None


def _something_else(page: _Page, taxonomy: Taxonomy) -> Refused | None:
    kind = page.top.kind
    # A known kind above the title says what it is; words below it do not say otherwise.
    lines = [*page.top.above, page.top.title, *page.top.printed_below]
    if kind is not None:
        # But a home page has entries that read so.
        what = genre.shown_by(lines) if any(map(is_home, page.top.above)) else None
    else:
        what = genre.against(page.top.title, lines, taxonomy)
        if what is None and page.top.has_skips:
            what = "it opens with links for screen readers and has no dateline"
    return Refused(reason=Reason.NOT_NEWS, evidence=what) if what else None


def _speaks_for_news(page: _Page, reading: TextPage) -> bool:
    sentences = prose(page.paragraphs)
    if len(sentences) > 1:
        return _signs(page, sentences, reading) >= _FEWEST_SIGNS
    is_text = len(sentences) == 1 and has_sentences(sentences[0])
    return is_text and _signs(page, sentences, reading) >= _FEWEST_SIGNS_OF_ONE


def _signs(page: _Page, sentences: Sequence[str], reading: TextPage) -> int:
    lead, url = reading.document.lead, reading.document.url
    is_led_to = lead is not None and fold(lead.title) == fold(page.top.title)
    is_told = (
        page.top.kind
        or page.top.told.is_release
        or is_led_to
        or (url and reading.taxonomy.is_numbered_item(url))
    )
    found = (_FEWEST_SIGNS if is_told else 0) + page.top.in_newsroom + bool(page.labels)
    found += page.top.told.is_dated
    wanted = _FEWEST_SIGNS_OF_ONE - found
    # What words say is asked last, and no more of them than needed.
    return found + len(list(islice(genre.for_news(page.top.title, sentences), max(0, wanted))))


def _item(page: _Page, reading: TextPage) -> Parsed:
    taxonomy = reading.taxonomy
    dated = (*page.values(Slot.ISSUED), *page.values(Slot.PUBLISHED))
    draft = Draft(
        form=FORM,
        title=page.top.title,
        summary=" ".join((*page.top.subtitle, *page.paragraphs[: page.at])),
        paragraphs=page.paragraphs[page.at :],
        url=reading.document.url,
        issued=_issued(page, dated, reading.habits.date_style),
        dateline=page.dateline.text if page.dateline else None,
        language=labels.one_language(tuple(label.text for label in page.labels), taxonomy),
        content_type=page.top.kind or labels.kind(page.values(Slot.KIND), taxonomy),
        issuers=_issuers(page, taxonomy),
        fields=labels.topics(TopicKind.FIELD, page.values(Slot.FIELDS), taxonomy),
    )
    return Parsed(form=FORM, drafts=(draft,))


def _issued(page: _Page, dated: Sequence[str], style: DateStyle) -> Issued | None:
    """What a label says, else a line of the head, else the dateline."""
    told = page.top.told
    if labelled := labels.issued((*dated, told.published), None, style):
        return labelled
    if told.day is not None:
        return Issued(day=told.day, origin=IssuedFrom.LINE)
    return labels.issued((), page.dateline, style)


def _issuers(page: _Page, taxonomy: Taxonomy) -> tuple[Label, ...]:
    sender = page.top.told.sender
    printed = labels.topics(TopicKind.ISSUER, (*page.values(Slot.ISSUERS), sender), taxonomy)
    # The name of a ministry holds commas.
    if sender and not any(label.slug for label in printed):
        return (Label(kind=TopicKind.ISSUER, text=sender, slug=None),)
    return printed
