"""Documents understood: bytes in, drafts or a reason out.

Knows which families of forms there are and in which order they are asked. Must never know where a
document came from or what was made of it before.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.parse.finish import finished
from feeds.parse.recognise import Family, family_of
from feeds.taxonomy import Taxonomy

__all__ = ["understand"]

_Parse = Callable[[Document, Taxonomy, Habits], Parsed | Refused]

_MODULES: Mapping[Family, str] = {
    Family.TEXT: "text",
    Family.HTML: "html",
    Family.FEED: "syndication",
    Family.SITEMAP: "sitemap",
    Family.PUSH: "push",
}

_NO_HABITS = Habits()

# No page a person reads is as large, whatever the settings let pass for feeds and sitemaps; what
# is made of a page takes ten times its bytes.
_LARGEST_PAGE_BYTES = 5_000_000
_PAGES = frozenset({Family.TEXT, Family.HTML})


def understand(
    document: Document, taxonomy: Taxonomy, habits: Habits = _NO_HABITS
) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it.

    The form is the one ``habits`` name, or recognised by the bytes; the media type only decides
    where they leave it open, as servers often have it wrong.
    """
    family = Family(habits.form) if habits.form else family_of(document.body, document.media_type)
    # Whoever pushes nothing is told what is wrong with it as JSON.
    if family is not Family.PUSH and not document.body.strip():
        return Refused(reason=Reason.EMPTY)
    if family in _PAGES and len(document.body) > _LARGEST_PAGE_BYTES:
        evidence = f"{len(document.body):,} bytes, more than a page is taken with"
        return Refused(reason=Reason.TOO_LARGE, evidence=evidence)
    # Half a second for all of them, which a command that reads no document need not wait.
    parse: _Parse = import_module(f"{__name__}.{_MODULES[family]}").parse
    understood = parse(document, taxonomy, habits)
    if isinstance(understood, Refused):
        return understood
    return finished(understood, document, taxonomy)
