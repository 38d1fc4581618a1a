"""The paragraphs of an article, without what is printed around and between them.

Knows captions, contact blocks, footers and doubles. Must never know forms, labels or topics.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile

from feeds.parse import dateline
from feeds.parse.bytes import Lines
from feeds.parse.prose import prose
from feeds.parse.words import any_of, openings, pattern, plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

# Who took a picture: "(Agency/Anna Example)"; in "(AGENCY/OFFICE)" an office did.
_CREDIT = r"[^\W\d_][\w. &-]{1,30}/[^()/]{2,60}"
_LONGEST_CAPTION_CHARS = 500
_YEAR_BEHIND = r"(?:19|20)[0-9]{2}"
# Words of buttons, and lines without a letter or a digit.
_LONGEST_NOISE_CHARS = 40
#: What stands around the words of a button.
AROUND_NOISE = " :.…»>›"
# Readers write behind an article, below a label; above one stands how many have.
_LONGEST_LABEL_CHARS = 40
_BRACKETS = str.maketrans("()", "  ")
_FEWEST_CHARS_ABOVE_COMMENTS = 400
# Who wrote it stands in the first lines: "By Jane Doe, Science Editor".
_MOST_LINES_ABOVE_TEXT = 4
_LONGEST_BYLINE_CHARS = 80
_LONGEST_PARTICLE_CHARS = 3
_LONGEST_CREDIT_CHARS = 100
_ENDS = (".", "!", "?", ":", "…", '"', "”", "»")
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
    unsigned = [
        line
        for at, line in enumerate(article)
        if at >= _MOST_LINES_ABOVE_TEXT or not _is_byline(line)
    ]
    kept = _once(_without_others([*without_captions(unsigned, taxonomy)]))
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
    noise, credit = plain("noise", str), pattern("credit")
    for line in lines:
        text = line
        if "(" in line[:_LONGEST_CAPTION_CHARS] and (found := caption.match(line)):
            text = line[found.end() :]
        elif line[-1] == ")" and len(line) <= _LONGEST_CAPTION_CHARS and end.search(line[-100:]):
            continue
        if len(text) <= _LONGEST_NOISE_CHARS and (
            text.lower().strip(AROUND_NOISE) in noise or not any(map(str.isalnum, text))
        ):
            continue
        # Whose a picture is, is no sentence.
        if len(text) <= _LONGEST_CREDIT_CHARS and not text.endswith(_ENDS):
            words = fold(text.lstrip("("))
            found = credit.match(words)
            if found and not words[found.end() :][:1].isalnum():
                continue
        yield text


def _is_byline(line: str) -> bool:
    """Whether a line says who wrote an article: names behind the word for it."""
    if len(line) > _LONGEST_BYLINE_CHARS or line.endswith(_ENDS):
        return False
    found = pattern("byline").match(folded := fold(line))
    if found is None or folded[found.end() : found.end() + 1] not in {" ", ":"}:
        return False
    words = line.split()[len(found[0].split()) :]
    return (
        len(words) > 1
        and words[0][0].isupper()
        and all(
            word[0].isupper() or len(word) <= _LONGEST_PARTICLE_CHARS or not word[0].isalpha()
            for word in words
        )
    )


def _without_others(lines: Lines) -> Iterator[str]:
    """The lines above the label of what readers wrote, or of what stands below an article without
    prose, such as its topics and events to come; contact blocks go from their first line to the
    next long one.
    """
    told = 0
    first_words = openings("contacts")
    contacts = pattern("contacts", gap=_CONTACTS_GAP_CHARS)
    in_block = False
    for at, line in enumerate(lines):
        if told >= _FEWEST_CHARS_ABOVE_COMMENTS and len(line) <= _LONGEST_LABEL_CHARS:
            label = fold(line.translate(_BRACKETS)).strip(AROUND_NOISE)
            is_below = pattern("below").fullmatch(label) and not prose(lines[at:])
            if is_below or pattern("comments").fullmatch(label):
                return
        told += len(line)
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
