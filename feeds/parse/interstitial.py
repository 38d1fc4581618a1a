"""Pages served in place of an article: they ask to log in, check the reader, or say what failed.

Knows how such pages read. Must never know which form or address
a page has.
"""

import re
from collections.abc import Iterable
from functools import cache

from feeds.draft import Reason, Refused
from feeds.parse.bytes import Lines, bullet, excerpt
from feeds.parse.prose import letters, prose, width
from feeds.parse.words import any_of, pattern
from feeds.taxonomy.naming import fold

# Such pages are short; an article about logins or errors is longer.
_MOST_LINES = 40
_MOST_CHARS = 2_000
# What they explain of themselves.
_MOST_WIDTH_OF_PROSE = 200
# "Log in" and "Password" are words of their own there, not parts of a sentence.
_MOST_WORDS = 6
# What is wrong stands on top, below the name of the site at most.
_TOP_LINES = 4
# One such line may be a title, two are a form to fill in.
_FEWEST_LOGIN_LINES = 2

# "Error 404", "404 Not Found", "HTTP 503 Service Unavailable".
_NUMBER = "[45][0-9][0-9]"
# "Sorry, ..." goes on for a while.
_GAP_CHARS = 300


@cache
def _error_with_number() -> re.Pattern[str]:
    before, behind = any_of("before_error_number"), any_of("behind_error_number")
    return re.compile(rf"(?:{before} )*{_NUMBER}(?:$|[ :.|]+{behind}.*$)")


def interstitial(lines: Lines) -> Refused | None:
    """Why a short page is no article but one of a login, a browser check or an error.

    ``lines`` are those a person sees, without the menu.
    """
    if not lines or len(lines) > _MOST_LINES or sum(map(len, lines)) > _MOST_CHARS:
        return None
    if error := _error(map(_folded, lines[:_TOP_LINES])):
        return error
    # An article may have one line of a check beside it, and more is told in most.
    told = sorted(map(letters, prose(lines)))
    if sum(told[:-1]) > _MOST_WIDTH_OF_PROSE:
        return None
    folded = [*map(_folded, lines)]
    check = next((line for line, words in folded if pattern("challenge").fullmatch(words)), None)
    if width(line for line in prose(lines) if line != check) > _MOST_WIDTH_OF_PROSE:
        return None
    if check is not None:
        return Refused(reason=Reason.CHALLENGE, evidence=f"it says {excerpt(check)}")
    return _login(folded)


def _folded(line: str) -> tuple[str, str]:
    return line, fold(bullet(line) or line).strip(" :.…!*")


def _error(lines: Iterable[tuple[str, str]]) -> Refused | None:
    phrases = pattern("error", gap=_GAP_CHARS)
    for line, words in lines:
        if _error_with_number().match(words) or phrases.fullmatch(words):
            return Refused(reason=Reason.ERROR_PAGE, evidence=f"it says {excerpt(line)}")
    return None


def _login(lines: Iterable[tuple[str, str]]) -> Refused | None:
    asked = {
        words: line
        for line, words in lines
        if len(words.split()) <= _MOST_WORDS and pattern("login").fullmatch(words)
    }
    if len(asked) < _FEWEST_LOGIN_LINES:
        return None
    shown = " and ".join(map(excerpt, list(asked.values())[:2]))
    return Refused(reason=Reason.LOGIN, evidence=f"it asks for {shown}")
