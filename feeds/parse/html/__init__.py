"""Pages of HTML: items, and listings of items.

Knows how to tell the two apart. Must never know where a document came from or what was made of
it before.
"""

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.parse.bytes import decode_page
from feeds.parse.dates import habits_in
from feeds.parse.html import item, listing, page_links
from feeds.parse.html.metadata import HtmlPage, language_of
from feeds.parse.html.tree import framed
from feeds.parse.nesting import harm
from feeds.taxonomy import Taxonomy

__all__ = ["parse"]


def parse(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """What a page holds, or why nothing can be made of it.

    A page that a person vouched for is an item. Another one is a listing where its source's
    selectors find entries and no text, or where repeated entries say more than the rest of the
    page does; a page that says it is an article, or has the title its lead promised, is none.
    """
    text = decode_page(document)
    if isinstance(text, Refused):
        return text
    if " srcdoc=" in text:
        text = framed(text)
    if not text or text.isspace():
        return Refused(reason=Reason.EMPTY)
    if evidence := harm(text):
        return Refused(reason=Reason.HOSTILE, evidence=evidence)
    with HtmlPage(text) as page:
        base = page_links.base_of(page.tree, document.url)
        habits = habits_in(habits, language_of(page.tree))
        if not habits.forced:
            listed = listing.parse(page, base, document, taxonomy, habits)
            if listed is not None:
                return listed
        return item.parse(page, base, document, taxonomy, habits)
