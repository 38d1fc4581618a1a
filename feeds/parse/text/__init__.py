"""Documents as plain text: item pages and listings somebody saved without their markup.

Knows which text forms there are and why a text is in none. Must never know where a document came
from or what was made of it before.
"""

from collections.abc import Callable
from dataclasses import replace

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.model import Mark
from feeds.parse import dateline
from feeds.parse.bytes import Lines, all_mended, bullet, decode, excerpt, is_suspect, readable, seen
from feeds.parse.interstitial import interstitial
from feeds.parse.text import blocks, form_c, site_form
from feeds.parse.text.text_page import TextPage
from feeds.taxonomy import Taxonomy

__all__ = ["of_lines", "parse"]

_Form = Callable[[TextPage], Parsed | Refused | None]


_TOP_LINES = 4
# Kind, title and subtitle: what may be left of an article that is cut off above its labels.
_MOST_LEFT_LINES = 3


def parse(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """What a text holds, or why nothing can be made of it."""
    text = decode(document.body, document.media_type)
    if isinstance(text, Refused):
        return text
    lines = readable(text)
    if not is_suspect(text):
        return of_lines(lines, document, taxonomy, habits)
    # Before anything is looked for: labels and names may be damaged too.
    better = readable("\n".join(all_mended(lines)))
    understood = of_lines(better, document, taxonomy, habits)
    changed = set(better).difference(map(seen, lines))
    return _marked(understood, changed) if changed else understood


def _marked(understood: Parsed | Refused, changed: set[str]) -> Parsed | Refused:
    """With a mark on each draft that has a line in ``changed`` among its words."""
    if isinstance(understood, Refused):
        return understood
    changed |= {text for line in changed if (text := bullet(line))}
    drafts = (
        draft
        if changed.isdisjoint((draft.title, draft.summary, *draft.paragraphs))
        else replace(draft, marks=draft.marks | {Mark.MENDED})
        for draft in understood.drafts
    )
    return replace(understood, drafts=tuple(drafts))


def of_lines(
    lines: Lines, document: Document, taxonomy: Taxonomy, habits: Habits
) -> Parsed | Refused:
    """What the lines of a page hold, wherever they came from.

    What a person vouched for (``habits.forced``) and is in no form is a title and a text.
    """
    if not lines:
        return Refused(reason=Reason.EMPTY)
    page = TextPage(lines=lines, document=document, taxonomy=taxonomy, habits=habits)
    outcomes = (form(page) for form in _FORMS)
    known = (outcome for outcome in outcomes if outcome is not None)
    outcome = next(known, None) or _in_no_form(page)
    if habits.forced and isinstance(outcome, Refused):
        return form_c.vouched(page)
    return outcome


def _impostor(page: TextPage) -> Refused | None:
    refused = interstitial(page.article)
    # An article about a login has a dateline; a login page has none.
    return None if refused is not None and _has_dateline(page.article) else refused


def _cut_off(page: TextPage) -> Refused | None:
    """A page that cannot be whole: it is a menu, or a menu and the head of an article."""
    article = page.article
    ends = f"it ends with {excerpt(page.lines[-1])}"
    if not article:
        return Refused(reason=Reason.MENU_ONLY, evidence=ends)
    has_menu = len(article) < len(page.lines)
    is_item = has_menu or page.taxonomy.kind_label(article[0]) is not None
    left = [line for line in article if bullet(line) is None]
    if is_item and len(left) <= _MOST_LEFT_LINES and not _has_dateline(article):
        return Refused(reason=Reason.INCOMPLETE, evidence=ends)
    return None


def _has_dateline(article: Lines) -> bool:
    return any(map(dateline.find, article[:_TOP_LINES]))


# Each form is asked in turn; the first one that knows the page decides. Labels tell most, a
# title and a text alone tell least.
_FORMS: tuple[_Form, ...] = (
    site_form.labelled,
    blocks.parse,
    site_form.placed,
    _impostor,
    _cut_off,
    form_c.parse,
)


def _in_no_form(page: TextPage) -> Refused:
    evidence = f"nothing in it speaks for news; it starts with {excerpt(page.article[0])}"
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence)
