"""Why a page of HTML holds no article, where its markup or its words tell.

Knows pages that ask to log in, check a browser, are cut off or are of another kind. Must never
know what an article holds.
"""

import re
from collections.abc import Sequence
from functools import cache

from feeds.draft import Reason, Refused
from feeds.parse.bytes import excerpt
from feeds.parse.html.metadata import Metadata
from feeds.parse.html.tree import Tree, find, find_all, one_line, said, take_out
from feeds.parse.impostors import impostor
from feeds.parse.words import any_of

# An article that has a form to log in beside it is longer.
_SHORT_CHARS = 1_000
_CHALLENGES = (
    'script[src*="challenge-platform"], #challenge-form, #cf-wrapper, .g-recaptcha, .h-captcha'
)
_CLOSED = re.compile(r"</(?:html|body|main|article)\s*>|<footer\b", re.IGNORECASE)
_HOLDER = re.compile(r"<(/?)(?:div|section|article|main)\b", re.IGNORECASE)
_WITHIN_A_TAG = re.compile(r"<[a-z/][^<>]{0,2000}\Z", re.IGNORECASE)
_IS_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_SHORTEST_LOOK_CHARS = 4_096


@cache
def _consent() -> re.Pattern[str]:
    return re.compile(any_of("consent", str), re.IGNORECASE)


def visible(tree: Tree) -> str:
    """The start of what a page shows with its furniture; the scripts within it go."""
    take_out(find_all(tree, "script:not([src]), style, template"))
    return said(tree.body)


def front(tree: Tree, shown: str) -> Refused | None:
    """What the markup of a page that shows little tells, its furniture still there."""
    if len(shown) > _SHORT_CHARS:
        return None
    if find(tree, 'input[type="password" i]') is not None:
        return Refused(reason=Reason.LOGIN, evidence="it has a field for a password")
    if find(tree, _CHALLENGES) is not None:
        return Refused(reason=Reason.CHALLENGE, evidence=f"it says {excerpt(shown)}")
    if len(shown) > _SHORT_CHARS // 2:
        return None
    if found := _consent().search(shown):
        return not_news(f"it asks for consent: {excerpt(found[0])}")
    return impostor([line for node in find_all(tree, "noscript") if (line := said(node))])


def unlike_news(lines: Sequence[str], metadata: Metadata) -> Refused | None:
    """What a page says of itself, or its words, its furniture gone."""
    return (
        not_news(metadata.other) if metadata.other else impostor([line for line in lines if line])
    )


def not_news(evidence: str) -> Refused:
    """The refusal of a page that is whole and of another kind."""
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence)


def untitled(text: str) -> Refused:
    """The refusal of a text nobody could find in a list."""
    return Refused(reason=Reason.INCOMPLETE, evidence=f"no title stands above {excerpt(text)}")


def empty(text: str, shown: str) -> Refused:
    """Why nothing was left of a page; ``shown`` is what it showed with its furniture."""
    if cut := cut_off(text):
        return cut
    if shown:
        return Refused(reason=Reason.MENU_ONLY, evidence=f"it ends with {excerpt(shown[-50:])}")
    return Refused(reason=Reason.EMPTY, evidence="its markup holds no text")


def cut_off(text: str) -> Refused | None:
    """The refusal of a page whose markup ends within its article, with elements open that nothing
    lets stay open; None for a whole one.
    """
    if not _IS_PAGE.search(text[:_SHORTEST_LOOK_CHARS]) or _CLOSED.search(text):
        return None
    if not _WITHIN_A_TAG.search(text[-_SHORTEST_LOOK_CHARS:]):
        # In a page whose writer leaves end tags out, paragraphs and list items stay open, no more.
        steps = _HOLDER.findall(text)
        if steps.count("") <= steps.count("/"):
            return None
    return Refused(
        reason=Reason.INCOMPLETE, evidence=f"it ends with {excerpt(one_line(text[-60:]))}"
    )
