"""Who wrote an entry, as feeds and pages write it: names, without the mail addresses beside them.

Knows the ways persons and offices are written. Must never know which element or member they stood
in, or which of them is a topic.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from itertools import islice

from config.values import DIRECTION_MARKS, on_one_line
from feeds.model import Author
from feeds.parse.prose import is_placeholder

_LONGEST_CHARS = 300
# No name is longer; what is longer is an account of a life.
_LONGEST_NAME_CHARS = 120
# More wrote no news item; every feed would repeat them.
_MOST_AUTHORS = 20
# "press@example.org (Press Office)" (RSS 2.0), or a name and an address in some order.
_PERSON = re.compile(
    r"(?:<[^<>]*>|(?=[^\s()<>]{0,200}@)[^\s()<>]++)\s*+\(?(?P<behind>[^\s<>@()][^<>@()]*)\)?"
    r"|(?P<before>[^<>@()]+)(?:<[^<>]*>|\([^\s()<>]+@[^\s()<>]+\))"
)
# Where one person with an address ends, and another may begin.
_NEXT = re.compile(r"(?<=[)>])\s{0,9}[,;&]\s{0,9}(?=\S)")
_MAIL_ADDRESS = re.compile(r"(?:mailto:)?[^\s@<>(),;:\"]{1,100}+@[^\s@<>(),;:\"]{1,200}+")
_ADDRESS = re.compile(r"://|(?:^|\s)www\.[^\s]{1,200}\.[^\s]")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_MARKS = re.compile(f"[{DIRECTION_MARKS}]")
# What JSON-LD names a thing by that it describes elsewhere.
_REFERENCES = ("#", "/", "_:")
_AROUND = " \t,;:|/<>"
_PAIRS = (("(", ")"), ("[", "]"), ('"', '"'), ("'", "'"))


def person(text: str) -> str:
    """The name of a person or office, without the address beside it."""
    text = text[:_LONGEST_CHARS]
    found = _PERSON.fullmatch(text.strip()) if "@" in text or "<" in text else None
    name = (found["behind"] or found["before"]) if found else text
    line = " ".join(name.split())
    is_quoted = len(line) > 1 and line[0] == line[-1] and line[0] in "\"'"
    return line[1:-1] if is_quoted else line


def authors_of(people: Iterable[tuple[str, str | None]]) -> tuple[Author, ...]:
    """The authors among people, each a name as it is written and an absolute address, if any; each
    name once. A name that is empty, an address or a word for none is no name.
    """
    found = [
        author for text, uri in people for author in _authors(text[:_LONGEST_CHARS], uri or "")
    ]
    return tuple(found) if len(found) < 2 else _each_once(found)


# The same few people write all entries of a feed.
@lru_cache(maxsize=1_024)
def _authors(text: str, uri: str) -> tuple[Author, ...]:
    return tuple(Author(name=name, uri=uri) for name in _names(text))


def _each_once(authors: Iterable[Author]) -> tuple[Author, ...]:
    named: dict[str, Author] = {}
    for author in authors:
        named.setdefault(author.name.casefold(), author)
    return tuple(islice(named.values(), _MOST_AUTHORS))


def _names(text: str) -> Iterator[str]:
    text = unescape(text) if "&" in text else text
    for part in _NEXT.split(text) if "@" in text else (text,):
        # A stranger's mail address is nobody's business.
        name = _MAIL_ADDRESS.sub(" ", _TAG.sub(" ", person(part)))
        name = on_one_line(_MARKS.sub("", name)).replace("\ufffd", "?").strip(_AROUND)
        name = _without_marks_around(name)
        is_address = text.startswith(_REFERENCES) or _ADDRESS.search(name) is not None
        is_one = any(map(str.isalnum, name)) and not is_address
        if is_one and not is_placeholder(name) and len(name) <= _LONGEST_NAME_CHARS:
            yield name


def _without_marks_around(name: str) -> str:
    """A name without the quotes or brackets all of it stands in, and without half of a pair."""
    for start, end in _PAIRS:
        if len(name) > 1 and name[0] == start and name[-1] == end:
            name = name[1:-1]
        elif start != end and name.count(start) != name.count(end):
            name = name.strip(start + end)
    return name.strip(_AROUND)
