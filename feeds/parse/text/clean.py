"""The paragraphs of an article, without what is printed around and between them.

Knows captions, contact blocks, footers and doubles. Must never know forms, labels or topics.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from feeds.parse import dateline
from feeds.parse.bytes import Lines
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

__all__ = ["is_caption", "paragraphs", "without_captions"]

# Who took a picture: "(OSCE/Name)", "(OSCE)". "(OSCE/ODIHR)" is an institution.
_CREDIT = r"\((?:[^\W\d_][\w. &-]{1,30}/[^()/]{2,60}|OSCE)\)"
_LONGEST_CAPTION_CHARS = 500
_YEAR_BEHIND = r"(?:19|20)[0-9]{2}"
# A caption's own words end in a date and a full stop, or it says "Photo details"; only then may
# more text follow on the same line. Behind a dateline's credit stands a dash.
_CAPTION = re.compile(
    rf"(?:.{{1,400}}?{_YEAR_BEHIND}\.\s?{_CREDIT}(?!\s?[-–—])(?:\s?Photo details)?"
    rf"|.{{0,400}}?\([^()]{{2,60}}\)\s?Photo details)\s*"
)
_CREDIT_AT_END = re.compile(rf"(?:{_YEAR_BEHIND}|\.)\s?\(OSCE/[^()/]*[a-z][^()/]*\)$")
_NOISE = frozenset({"[email protected]", "photo details", "image", "[image]", "photo", "share"})

# Doubles that do not follow each other: shorter lines recur on purpose.
_FEWEST_CHARS_OF_A_DOUBLE = 40

_CONTACTS = re.compile(
    r"for (?:further|more|additional) (?:information|details|inquiries|enquiries),?"
    r" (?:or [^:]{1,60})?(?:please )?contact\b"
    r"|for (?:media|press) (?:queries|enquiries|inquiries|information|contacts?)\b"
    r"|(?:media|press|main)? ?contacts?(?: (?:person|persons|information|details|for media))?:?$"
    r"|за (?:дополнительнои|подробнои) информациеи\b.{0,40}обра|контакт\w{0,20}(?: \w{1,20})?:?$"
    r"|за додатковою інформацією\b|fur (?:weitere|nahere) (?:informationen|auskunfte)\b"
    r"|kontakt\w{0,10}:?$|ruckfragen\b|pour (?:plus d'|toute )informations?\b.{0,40}contact"
    r"|za (?:vise|dodatne|detaljnije) informacij[ae]\b.{0,40}kontakt"
    r"|за (?:више|додатне|повеке) информаци[јие]\w*\b.{0,40}контакт"
    r"|per (?:te dhena|informacione|me shume informa)\w*\b.{0,40}kontakt"
    r"|pentru (?:mai multe )?informatii\b.{0,40}contact|per (?:ulteriori|maggiori) informazioni\b"
    r"|para (?:mas|mayor) informacion\b"
)
_CONTACT_FIRST_WORDS = frozenset(
    "for media press main contact contacts contact: contacts: за контакт контакты контакти fur"
    " kontakt kontakti kontakte kontakt: kontakti: kontakte: контакты: контакти: контакт: контакт:"
    " контактная контактна ruckfragen pour za per pentru para".split()
)
# Names, addresses, numbers: a longer line behind them is text again.
_LONGEST_CONTACT_CHARS = 160


def paragraphs(below: Lines, title: str, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The article that stands below its head, in reading order, each paragraph once."""
    article = list(takewhile(lambda line: not taxonomy.is_end(line), below))
    if article and len(article) == len(below) and taxonomy.is_cut_end(article[-1]):
        del article[-1]
    while len(article) > 1 and article[0] == title:
        del article[0]
    kept = _once(_without_contacts(without_captions(article)))
    return _opening_once(kept)


def is_caption(line: str) -> bool:
    """Whether a line is the caption of a picture and nothing else."""
    return not any(without_captions([line]))


def without_captions(lines: Iterable[str]) -> Iterator[str]:
    """The lines without captions, also where one is glued to a paragraph, and without noise."""
    for line in lines:
        text = line
        if "(" in line[:_LONGEST_CAPTION_CHARS] and (found := _CAPTION.match(line)):
            text = line[found.end() :]
        elif line[-1] == ")" and len(line) <= _LONGEST_CAPTION_CHARS and _is_credited(line):
            continue
        if text and not _is_noise(text):
            yield text


def _is_credited(line: str) -> bool:
    return _CREDIT_AT_END.search(line[-100:]) is not None


def _is_noise(line: str) -> bool:
    return len(line) <= 20 and (
        line.lower() in _NOISE or not any(character.isalnum() for character in line)
    )


def _without_contacts(lines: Iterable[str]) -> Iterator[str]:
    """Contact blocks go from their first line to the next long one."""
    in_block = False
    for line in lines:
        if in_block and len(line) <= _LONGEST_CONTACT_CHARS:
            continue
        in_block = _opens_contacts(line)
        if not in_block:
            yield line


def _opens_contacts(line: str) -> bool:
    if fold(line.partition(" ")[0]) not in _CONTACT_FIRST_WORDS:
        return False
    return _CONTACTS.match(fold(line)) is not None


def _once(lines: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    kept: list[str] = []
    for line in lines:
        if line in seen and (len(line) >= _FEWEST_CHARS_OF_A_DOUBLE or line == kept[-1]):
            continue
        seen.add(line)
        kept.append(line)
    return kept


def _opening_once(kept: list[str]) -> tuple[str, ...]:
    # The opening printed twice, with and without its dateline.
    shorter, *longer = sorted(kept[:2], key=len) or [""]
    if longer and longer[0].endswith(shorter) and dateline.find(longer[0]):
        kept[:2] = longer
    return tuple(kept)
