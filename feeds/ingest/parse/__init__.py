"""Documents understood: bytes in, drafts or a reason out.

Knows which forms there are and why a document is in none. Must never know where a document came
from or what was made of it before.
"""

from collections.abc import Callable

from feeds.ingest.parse import form_a, menu
from feeds.ingest.parse.lines import Lines, decode, excerpt, readable
from feeds.model import Document, Parsed, Reason, Refused
from feeds.taxonomy import Taxonomy

__all__ = ["understand"]

_Form = Callable[[Lines, Document, Taxonomy], Parsed | Refused | None]

# Each form is asked in turn; the first one that knows the page decides.
_FORMS: tuple[_Form, ...] = (form_a.parse,)

# Kind, title, subtitle and half a label: what may be left of an article that is cut off.
_MOST_LEFT_LINES = 4


def understand(document: Document, taxonomy: Taxonomy) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it; never raises."""
    text = decode(document.body)
    if isinstance(text, Refused):
        return text
    lines = readable(text)
    if not lines:
        return Refused(reason=Reason.EMPTY)
    outcomes = (form(lines, document, taxonomy) for form in _FORMS)
    known = (outcome for outcome in outcomes if outcome is not None)
    return next(known, None) or _in_no_form(lines, taxonomy)


def _in_no_form(lines: Lines, taxonomy: Taxonomy) -> Refused:
    menu_lines = menu.length(lines)
    article = lines[menu_lines:]
    if not article:
        return Refused(reason=Reason.MENU_ONLY, evidence=f"it ends with {excerpt(lines[-1])}")
    opens_as_item = menu_lines > 0 or taxonomy.kind_label(article[0]) is not None
    if opens_as_item and len(article) <= _MOST_LEFT_LINES:
        return Refused(reason=Reason.INCOMPLETE, evidence=f"it ends with {excerpt(lines[-1])}")
    return Refused(reason=Reason.NOT_NEWS, evidence=f"it starts with {excerpt(article[0])}")
