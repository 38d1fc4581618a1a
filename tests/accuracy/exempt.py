"""Rules that no document of the corpus needs, each kind with its reason.

Knows their names (of a whole module: ``module.*``). Must never know how a rule is switched off.
A name leaves the list with the last rule it means; ``python -m tests.accuracy`` sees to that.
"""

from collections.abc import Collection
from fnmatch import fnmatchcase

#: By the reason why no document of the corpus can show them.
EXEMPT: dict[str, tuple[str, ...]] = {
    "of safety: what it keeps away is made to harm, tests/fuzz and the hostile tests make it": (
        "nesting.*",
        "sanitise._PART",
        "sanitise._prepared",
        "sanitise._short",
        "sanitise._in_parts",
        "sanitise._TAG",
        "bytes.NO_XML",
        "bytes._NONCHARACTERS",
        "xml._RESOURCE_ERRORS",
        "xml.VERBATIM",
        "xml._nodes",
        "xml.untyped",
        "bytes._CONTROLS",
        "bytes._UPPER_CONTROLS",
        "bytes._SEPARATOR",
        "bytes.seen",
        "syndication.drafts._seen",
        "syndication.drafts.within_budget",
        "syndication.feed_entries._CONTROLS",
        "understand._LARGEST_BYTES",
        "html.embedded._STRANGE",
        "syndication.embeds._STRANGE_NUMBER",
        "syndication.embeds._NO_NUMBER",
        # Which no document of a publisher has; unit tests do.
        "href._HOST",
        "href._OTHER_SCHEME",
        "html.outline._OF_TITLES",
        "syndication.embeds._EMPTY_LINK",
    ),
    "of speed: the same answer comes without it, later": (
        "html.refusals._WHOLE",
        "html.state._WORD",
        "html.tree._PLAIN_ADDRESS",
        "href._PLAIN_PATH",
        "href._root",
        "href.joined_plainly",
        "html.outline._UNREAD",
        "html.title.voices.Voices.says",
        "html.listing._UNSHOWN",
        "sanitise._AMPERSAND",
        "sanitise._LINK",
        "sanitise._MARKS",
        "sanitise._OF_A_SITE",
        "sanitise._WORDS",
        "sanitise._WRITTEN_SO",
        "sanitise._as_written",
        "sanitise._line",
        "sanitise._site_of",
        "language._by_words",
        "language._common",
        "language._is_commonly",
        "language._speakers",
        "syndication._holds_entries",
        "syndication.elements._ENTRIES",
        "syndication.elements.is_entry",
        "bytes._utf_8",
        "encodings._telling",
        "syndication.drafts._PARAGRAPH",
        "syndication.drafts._INLINE",
        "syndication.feed_dates._usual",
        "bytes._OTHER_SPACES",
        "dates.shapes._CENTURIES",
    ),
    "of words: what a person is told, or what a form is called": (
        "*.FORM",
        "text.site_form.FORM_*",
        "bytes.excerpt",
        "bytes._NULS",
        "recognise._OPEN_DOCUMENT",
        "recognise._PAGE_TYPE",
        "understand._GUESSED",
    ),
    "given to Python's codecs when it is loaded, under the name that has a witness": (
        "bytes._stray",
    ),
    "of PDFs, which a setting has read; tests/unit/feeds/parse/text/test_pdf.py asks for each": (
        "text.pdf.*",
        "understand._PDF",
    ),
    "asked of the head of an answer whose body is too large to be had; tests/integration/"
    "test_ingest_what_lists_tell.py has files of several types": ("recognise.is_file_type",),
    "of the push API, a contract with tests of its own that guesses nothing": ("push.*",),
}


def reason_of(rule: str) -> str | None:
    """Why a rule need not have a witness, None where it must have one."""
    for reason, names in EXEMPT.items():
        if any(fnmatchcase(rule, name) for name in names):
            return reason
    return None


def means_none(rules: Collection[str]) -> list[str]:
    """The names here that mean none of these rules: they are gone."""
    names = (name for kind in EXEMPT.values() for name in kind)
    return [name for name in names if not any(fnmatchcase(rule, name) for rule in rules)]
