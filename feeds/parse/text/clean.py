"""The paragraphs of an article, without what is printed around and between them.

Knows captions, contact blocks, footers and doubles. Must never know forms, labels or topics.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile

from feeds.parse import dateline
from feeds.parse.bytes import Lines
from feeds.parse.words import any_of, openings, pattern, plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

# Who took a picture: "(Agency/Anna Example)"; in "(AGENCY/OFFICE)" an office did.
_CREDIT = r"[^\W\d_][\w. &-]{1,30}/[^()/]{2,60}"
_LONGEST_CAPTION_CHARS = 500
_YEAR_BEHIND = r"(?:19|20)[0-9]{2}"
# Words of buttons, and lines without a letter or a digit.
_LONGEST_NOISE_CHARS = 20
# Doubles that do not follow each other: shorter lines recur on purpose.
_FEWEST_CHARS_OF_A_DOUBLE = 40

# Names, addresses, numbers: a longer line behind them is text again.
_LONGEST_CONTACT_CHARS = 160


# "or to arrange an interview, please" may stand before "contact".
_CONTACTS_GAP_CHARS = 60


@lru_cache(maxsize=16)
def _captions(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a caption looks like, and how a line ends that is one, where ``name`` took it.

    A caption's own words end in a date and a full stop, or it says "Photo details"; only then may
    more text follow on the same line. Behind a dateline's credit stands a dash.
    """
    details, own = any_of("behind_credit", str), re.escape(name) or "(?!)"
    credit = rf"\((?:{_CREDIT}|{own})\)"
    caption = (
        rf"(?:.{{1,400}}?{_YEAR_BEHIND}\.\s?{credit}(?!\s?[-–—])(?:\s?{details})?"
        rf"|.{{0,400}}?\([^()]{{2,60}}\)\s?{details})\s*"
    )
    end = rf"(?:{_YEAR_BEHIND}|\.)\s?\({own}/[^()/]*[a-z][^()/]*\)$"
    return re.compile(caption), re.compile(end)


def paragraphs(below: Lines, title: str, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The article that stands below its head, in reading order, each paragraph once."""
    article = list(takewhile(lambda line: not taxonomy.is_end(line), below))
    if article and len(article) == len(below) and taxonomy.is_cut_end(article[-1]):
        del article[-1]
    while len(article) > 1 and article[0] == title:
        del article[0]
    kept = _once(_without_contacts(without_captions(article, taxonomy)))
    # The opening printed twice, with and without its dateline.
    shorter, *longer = sorted(kept[:2], key=len) or [""]
    if longer and longer[0].endswith(shorter) and dateline.find(longer[0]):
        kept[:2] = longer
    return tuple(kept)


def is_caption(line: str, taxonomy: Taxonomy) -> bool:
    """Whether a line is the caption of a picture and nothing else."""
    return not any(without_captions([line], taxonomy))


def without_captions(lines: Iterable[str], taxonomy: Taxonomy) -> Iterator[str]:
    """The lines without captions, also where one is glued to a paragraph, and without noise."""
    caption, end = _captions(taxonomy.name)
    for line in lines:
        text = line
        if "(" in line[:_LONGEST_CAPTION_CHARS] and (found := caption.match(line)):
            text = line[found.end() :]
        elif line[-1] == ")" and len(line) <= _LONGEST_CAPTION_CHARS and end.search(line[-100:]):
            continue
        is_noise = len(text) <= _LONGEST_NOISE_CHARS and (
            text.lower() in plain("noise", str) or not any(map(str.isalnum, text))
        )
        if text and not is_noise:
            yield text


def _without_contacts(lines: Iterable[str]) -> Iterator[str]:
    """Contact blocks go from their first line to the next long one."""
    first_words = openings("contacts")
    contacts = pattern("contacts", gap=_CONTACTS_GAP_CHARS)
    in_block = False
    for line in lines:
        if in_block and len(line) <= _LONGEST_CONTACT_CHARS:
            continue
        may_open = fold(line.partition(" ")[0]) in first_words
        in_block = may_open and contacts.fullmatch(fold(line)) is not None
        if not in_block:
            yield line


def _once(lines: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    kept: list[str] = []
    for line in lines:
        if line in seen and (len(line) >= _FEWEST_CHARS_OF_A_DOUBLE or line == kept[-1]):
            continue
        seen.add(line)
        kept.append(line)
    return kept
