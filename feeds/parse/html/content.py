"""The text of an article: its paragraphs, the same as markup, and the subtitle above them.

Knows how sites mark their articles and their furniture, what stands between a title and the first
paragraph, and where a text ends: above a rule, labels and what readers signed. Must never know
metadata other than the text they hold, or who issued an article.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from feeds.draft import DateStyle, Draft, Habits
from feeds.markup import in_paragraphs
from feeds.model import Issued
from feeds.parse import dates
from feeds.parse.dates import Mention
from feeds.parse.html import boilerplate, page_head, printed
from feeds.parse.html.metadata import MARKS, HtmlPage, Metadata
from feeds.parse.html.outline import Part
from feeds.parse.html.page_head import HEADINGS, is_sentence, tells_its_day
from feeds.parse.html.printed import Printed
from feeds.parse.html.state import article_in
from feeds.parse.html.title import is_in
from feeds.parse.html.tree import Node, find, find_all, said
from feeds.parse.prose import prose, width
from feeds.parse.sanitise import PLACE, PLACE_NUMBER, Block, blocks, sanitised, without
from feeds.parse.syndication.embeds import Embed, filled, placed, within
from feeds.parse.text import clean
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

FORM = "html"

_RULE = "<hr>"
# What stands below a rule across the page, no sentence among it, beside what is above.
_MOST_BELOW_A_RULE = 0.25
# Readers write below an article, which is as long as this.
_FEWEST_ABOVE_COMMENTS = 400
_FEWEST_COMMENTS = 2
_LONGEST_SIGNATURE_CHARS = 80
_FEWEST_LETTERS_OF_A_NAME = 2
# "10:12 Uhr", "at 07:12 am (UTC)".
_MOST_LETTERS_BEHIND_A_DAY = 9
# The last line of a list or a table need not be a sentence.
_ENTRIES = frozenset({"li", "dt", "dd"})
_LISTED = frozenset({"li", "td", "th", "dd", "pre"})
_LONGEST_LABEL_CHARS = 60
_COMMAS = (",", "،", "、", "，", "՝")
# Some scripts end no sentence with a sign.
_LEAST_OF_SENTENCES = 0.5

# Where sites keep the text of an article, the narrowest part first.
_TEXTS = (
    *MARKS, ".node__content", ".rich-text", ".wysiwyg", "article", '[role="article"]', "main",
    '[role="main"]', "#main-content", "#content",
)  # fmt: skip
# Whoever has one of the first has the text in it, however short it is beside teasers.
_LEAST_OF_PROSE_OF_A_SURE_TEXT = 0.25
_FEWEST_CHARS_OF_A_TEXT = 140
# A mark is believed where it holds so much of the prose of a page, the rest being teasers.
_LEAST_OF_PROSE = 0.5
# What pages call a lead above their text.
_LEAD = re.compile(
    r"(?:^|[\s_-])(?:leads?|lede|leadtext|intro(?:duction)?|stand-?first|dec?k|summary|sub-?titles?|"
    r"sub-?head(?:line)?|excerpt|abstract|chapo|ingress|preamble|perex|vorspann|manchet|teaser)(?:$|[\s_-])"
)
_MOST_LINES_OF_A_LEAD = 3
# So much of a description tells that a line is its beginning; a subtitle has a quarter at least.
_LEAD_CHARS = 80
# Several marks are one text where what stands between them is no text of its own.
_MOST_AROUND_MARKS = 1.3
# So much prose is the article; of columns beside each other it is the one with most.
_MOST_OF_PROSE = 0.8
_MOST_OF_COLUMNS = 0.5

# A page that shows less may show the rest with its scripts alone.
_LITTLE_PROSE = 700
# What a page tells of itself as data is its text where it shows less than half of it.
_LEAST_HIDDEN = 2
_HAS_MARKUP = re.compile(r"<(?:p|br|div|ul|h[2-6])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarePage:
    """A page of some ``source`` at its ``address``, "" where it has none, without its furniture:
    sanitised ``whole``, its blocks, their lines, the labels among them, and what was read before
    the furniture went: ``embeds`` is what it shows, by its place, though the place is furniture.
    ``dated`` is a day that counts where nothing printed tells one, the ``latest`` one there can be.
    """

    source: str
    address: str
    embeds: Mapping[int, Embed]
    title: str
    metadata: Metadata
    issued: Issued | None
    dated: Issued | None
    latest: date | None
    changed: frozenset[date]
    base: str | None
    whole: str
    blocks: tuple[Block, ...]
    lines: tuple[str, ...]
    printed: Printed


def read(markup: HtmlPage, page: BarePage, taxonomy: Taxonomy, habits: Habits) -> Draft:
    """The title and the text, found by the source's selector, the page's own marks, its metadata or
    an extractor; the subtitle that stands between title and labels is the summary.
    """
    shown, embeds = _html(markup, page, habits.page_text)
    html = sanitised(shown, page.base, page=page.address, source=page.source, with_places=True)
    found = blocks(html)
    used = printed.read(found, taxonomy).used
    # Behind the title, where it stands within the text.
    named = fold(page.title)
    start = next((at for at, block in enumerate(found) if is_in(block.line, page.title)), -1) + 1
    first = found[start - 1].end if start else 0
    if not start and (behind := _behind_title(found[:1], named)):
        found = (*behind, *found[1:])
    start, subtitle = _behind_labels(found, start, used)
    if not subtitle and not used:
        start, subtitle = _behind_labels_of(page, found, start)
    days = page.changed | ({page.issued.day} if page.issued else frozenset())
    skipped = page_head.no_text(
        found, start, used, days, taxonomy=taxonomy, style=habits.date_style
    )
    kept = [
        block
        for at, block in enumerate(found)
        if at >= start and at not in used and at not in skipped
    ]
    since = page.issued.day if page.issued else date.min
    kept = _above_comments(_above_rule(html, kept), habits.date_style, since, page.latest)
    kept = _above_end(kept, days, habits.date_style)
    paragraphs = clean.paragraphs([block.line for block in kept], page.title, taxonomy)
    return Draft(
        form=FORM,
        title=page.title,
        summary=subtitle,
        paragraphs=paragraphs,
        markup=filled(
            without(html, _dropped(found, kept, paragraphs)),
            within(html, embeds, slice(first, _end_of(kept, found, html)), paragraphs),
        ),
    )


def _end_of(kept: Sequence[Block], found: Sequence[Block], html: str) -> int:
    """Where the text of an article ends: what it shows may stand below its last words."""
    last = kept[-1].start if kept else 0
    return next((block.start for block in found if block.start > last), len(html))


def _behind_title(first: Sequence[Block], named: str) -> Sequence[Block]:
    """A block that breaks its lines, without the title it begins with."""
    for block in first:
        title, _, rest = block.text.partition("\n")
        if rest and fold(title) == named:
            return (block._replace(text=rest),)
    return ()


def _above_end(kept: list[Block], days: Collection[date], style: DateStyle) -> list[Block]:
    """Those of the blocks that are the text, and not below it; a line that says one of the ``days``
    when its page was issued and changed is none.
    """
    sentences = [
        is_sentence(block.line) for block in kept if len(block.line) > _LONGEST_LABEL_CHARS
    ]
    if sum(sentences) < _LEAST_OF_SENTENCES * len(sentences) or not sentences:
        return kept
    end = len(kept)
    while end > 1 and (_is_label(kept[end - 1]) or tells_its_day(kept[end - 1], days, style)):
        end -= 1
    return kept[:end]


def _above_rule(clean: str, kept: Sequence[Block]) -> list[Block]:
    """The blocks above the first rule across the page with all prose above it, and little below."""
    at = clean.find(_RULE, kept[0].end if kept else 0)
    if at < 0:
        return list(kept)
    last = max((block.start for block in kept if prose([block.line])), default=0)
    at = clean.find(_RULE, last) if last > at else at
    above = [block for block in kept if block.start < at]
    below = width(block.line for block in kept[len(above) :])
    is_end = above and below <= _MOST_BELOW_A_RULE * width(block.line for block in above)
    return above if is_end and last else list(kept)


def _above_comments(
    kept: list[Block], style: DateStyle, issued: date, latest: date | None
) -> list[Block]:
    """The blocks above the first of several that readers have signed, each with words below, on
    days from that when their page was ``issued`` on.
    """
    told, first = 0, len(kept)
    for at, block in enumerate(kept):
        if told >= _FEWEST_ABOVE_COMMENTS:
            first = at
            break
        told += width(prose([block.line]))
    found = ((at, _signed(kept[at], style)) for at in range(first, len(kept)))
    # What is told of another time is a chronicle or a programme, and no remark.
    span = issued, latest or date.max
    signed = [at for at, on in found if on and (on.day is None or span[0] <= on.day <= span[1])]
    answered = [at for at in signed if "\n" in kept[at].text or at + 1 not in {*signed, len(kept)}]
    is_end = len(answered) >= max(_FEWEST_COMMENTS, len(signed) - 1)
    return kept[: signed[0]] if is_end else kept


def _signed(block: Block, style: DateStyle) -> Mention | None:
    """The day in the line a block begins with, where that is a name and a day, which may have one
    each; none in an entry of a list.
    """
    is_one_line = "\n" not in block.text
    is_long = is_one_line and len(block.text) > _LONGEST_SIGNATURE_CHARS
    if is_long or block.tag in HEADINGS or block.tag in _ENTRIES:
        return None
    first, _, rest = block.text.partition("\n")
    second = rest.partition("\n")[0]
    lines = filter(None, (first, f"{first} {second}", second))
    return next(filter(None, (_of_signature(line, style) for line in lines)), None)


def _of_signature(line: str, style: DateStyle) -> Mention | None:
    if len(line) > _LONGEST_SIGNATURE_CHARS or not any(map(str.isdigit, line)):
        return None
    days = dates.mentions(line, style)
    if len(days) != 1:
        return None
    name, behind = line[: days[0].start], line[days[0].end :]
    is_signature = (
        sum(map(str.isalpha, name)) >= _FEWEST_LETTERS_OF_A_NAME
        and sum(map(str.isalpha, behind)) <= _MOST_LETTERS_BEHIND_A_DAY
        # "It opened on 3 May 2024."
        and behind.strip() != "."
    )
    return days[0] if is_signature else None


def _is_label(block: Block) -> bool:
    if block.tag in _LISTED:
        return False
    is_short = len(block.line) <= _LONGEST_LABEL_CHARS and not is_sentence(block.line)
    # A statement ends with who made it, and what they are.
    return block.tag in HEADINGS or (is_short and not any(map(block.line.__contains__, _COMMAS)))


def _html(markup: HtmlPage, page: BarePage, selector: str) -> tuple[str, Mapping[int, Embed]]:
    """The article as HTML, by the source's selector or where the prose of a page is, and what it
    shows.
    """
    if chosen := find_all(markup.tree, selector) if selector else []:
        nodes = _outermost(chosen)
        return "\n".join(each.html or "" for each in nodes), page.embeds
    whole = markup.whole
    if whole is None:
        return "", {}
    boilerplate.strip_text(markup, whole)
    part = _marked(whole, markup.parts) or _narrowest(whole)
    told = page.metadata.body
    if part.prose < _LITTLE_PROSE and len(told) < _FEWEST_CHARS_OF_A_TEXT:
        told = article_in(page.source, page.title)
    if len(told) >= max(_LEAST_HIDDEN * part.chars, _FEWEST_CHARS_OF_A_TEXT):
        return placed(_told(told), page.base)
    lead = _lead(whole, part, page)
    html = "\n".join(each.node.html or "" for each in (*lead, part))
    return html, page.embeds


def _lead(whole: Part, text: Part, page: BarePage) -> list[Part]:
    """The prose between the title of a page and its text that its page calls the lead, or that its
    description begins with, and what is shown there.
    """
    named, told = fold(page.title), fold(page.metadata.summary)[:_LEAD_CHARS]
    lead: list[Part] = []
    is_behind = False
    above = () if text is whole else takewhile(lambda part: part is not text, whole.within())
    for part in above:
        is_place = part.tag == PLACE and PLACE_NUMBER in part.node.attributes
        if is_place and is_behind and len(lead) < _MOST_LINES_OF_A_LEAD:
            lead.append(part)
        if part.holds_blocks or not part.block:
            continue
        line = fold(said(part.node))
        # A heading may begin with what its article is about.
        if line == named or (part.is_heading and named and line.endswith(named)):
            is_behind, lead = True, []
        elif is_behind and part.prose and len(lead) < _MOST_LINES_OF_A_LEAD:
            called = f"{part.called} {part.up.called if part.up else ''}"
            if _LEAD.search(called) or (len(told) == _LEAD_CHARS and line.startswith(told)):
                lead.append(part)
    return lead


def _marked(whole: Part, known: Mapping[int, Part]) -> Part | None:
    """The element a page marks as its article; None where none holds it for sure."""
    # Those that mark nothing are told by one look.
    marks = _TEXTS if find(whole.node, ", ".join(_TEXTS)) is not None else ()
    for candidate in marks:
        nodes = _outermost(find_all(whole.node, candidate))
        parts = [part for node in nodes if (part := known.get(node.mem_id)) and part.prose]
        prose = sum(part.prose for part in parts)
        is_sure = len(parts) == 1 and candidate in MARKS
        least = _LEAST_OF_PROSE_OF_A_SURE_TEXT if is_sure else _LEAST_OF_PROSE
        if not parts or prose < least * whole.prose:
            continue
        best = max(parts, key=lambda part: part.prose)
        around = best if best.prose >= _MOST_OF_PROSE * prose else _around_all(parts)
        if around.prose <= _MOST_AROUND_MARKS * prose:
            return around
    return None


def _around_all(parts: Sequence[Part]) -> Part:
    """The narrowest element around some."""
    common = [parts[0], *parts[0].around()]
    for part in parts[1:]:
        around = {id(part), *map(id, part.around())}
        common = [each for each in common if id(each) in around]
    return common[0]


def _narrowest(whole: Part) -> Part:
    """The narrowest element with nearly all prose of a page."""
    part = whole
    while best := max(part.parts, key=lambda each: each.prose, default=None):
        is_titled = best.tag == "td" or (best.has_title and part.has_title)
        least = _MOST_OF_COLUMNS if is_titled else _MOST_OF_PROSE
        if not best.prose or best.prose < least * part.prose or best.is_line:
            break
        part = best
    return part


def _told(body: str) -> str:
    """A text that stands in a page as data, as HTML."""
    if _HAS_MARKUP.search(body):
        return body
    return in_paragraphs(line for each in body.splitlines() if (line := each.strip()))


def _behind_labels(found: Sequence[Block], start: int, used: frozenset[int]) -> tuple[int, str]:
    """Where the text starts, and the subtitle, if labels stand between the two."""
    first = min((at for at in used if at >= start), default=None)
    if first is None:
        return start, ""
    end = first
    while end in used:
        end += 1
    above = found[start:first]
    if sum(len(block.text) for block in found[end:]) < sum(len(block.text) for block in above):
        return start, ""
    return end, " ".join(block.line for block in above if len(block.line) > _LEAD_CHARS // 4)


def _behind_labels_of(page: BarePage, found: Sequence[Block], start: int) -> tuple[int, str]:
    """The same where the labels, links most of them, are no longer among the blocks found."""
    named = fold(page.title)
    title = next((at for at, block in enumerate(page.blocks) if fold(block.line) == named), -1)
    behind, subtitle = _behind_labels(page.blocks, title + 1, page.printed.used)
    above = {block.line for block in page.blocks[title + 1 : behind]} if title >= 0 else set()
    if not subtitle or not above:
        return start, ""
    first = start
    while first < len(found) and found[first].line in above:
        first += 1
    is_text = found[first:] and found[first].line == page.blocks[behind].line
    return (first, subtitle) if is_text else (start, "")


def _dropped(
    found: Sequence[Block], kept: Sequence[Block], paragraphs: Sequence[str]
) -> list[Block]:
    """The blocks that are no paragraph; where a paragraph comes twice, all but one."""
    places = {block.start for block in kept}
    waiting = list(paragraphs)
    dropped = []
    for block in found:
        if block.start in places and waiting and block.line.endswith(waiting[0]):
            del waiting[0]
        else:
            dropped.append(block)
    return dropped


def _outermost(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    inside: set[int] = set()
    for node in nodes:
        if node.mem_id not in inside:
            found.append(node)
            inside |= {below.mem_id for below in find_all(node, "article, div, main, section")}
    return found
