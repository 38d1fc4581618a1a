"""Rules that no document of the corpus needs, each kind with its reason.

Knows their names (of a whole module: ``module.*``). Must never know how a rule is switched off.
A name leaves the list with the rule or with a document that needs it; a test sees to that.
"""

from fnmatch import fnmatchcase

#: By the reason why no document of the corpus can show them.
EXEMPT: dict[str, tuple[str, ...]] = {
    "of safety: what it keeps away is made to harm, tests/fuzz and the hostile tests make it": (
        "nesting.*",
        "html.content._depth",
        "sanitise._UNSEEN",
        "sanitise._TAG",
        "sanitise._base",
        "bytes.NO_XML",
        "bytes._NONCHARACTERS",
        "xml._RESOURCE_ERRORS",
        "xml._nodes",
        "bytes._CONTROLS",
        "bytes._UPPER_CONTROLS",
        "bytes.seen",
        "syndication.drafts._UNSEEN",
        "syndication.drafts._seen",
        "syndication.drafts.within_budget",
        "syndication.feed_entries._CONTROLS",
        "understand._PAGES",
    ),
    "of speed: the same answer comes without it, later": (
        "html.tree._PLAIN_PATH",
        "html.tree._root",
        "bytes._is_utf_8",
        "syndication.drafts._PARAGRAPH",
        "syndication.drafts._INLINE",
        "syndication.feed_dates._usual",
        "bytes._OTHER_SPACES",
        "dates._CENTURIES",
    ),
    "of words: what a person is told, or what a form is called": (
        "*.FORM",
        "text.site_form.FORM_*",
        "bytes.excerpt",
        "finish._GUESSED",
    ),
    "of the push API, a contract with tests of its own that guesses nothing": (
        "push.*",
        "recognise._PUSHED",
    ),
}

#: Rules a document of the corpus has still to be found for. The list only shrinks: one that has a
#: witness must leave it, and no new rule may join it.
STILL_WITHOUT = frozenset(
    {
        "bytes.declared",
        "bytes._CYRILLIC_WORD",
        "bytes._ACCENTED",
        "bytes._OTHERS",
        "dateline._JOINED",
        "dates._apart",
        "finish._labels",
        "html.content._NEVER",
        "html.content._dropped",
        "html.content._outermost",
        "html.content._squeezed",
        "html.repetition._TOPS",
        "html.repetition._is_of_article",
        "language._OTHERS",
        "language._APOSTROPHES",
        "language._CYRILLIC",
        "language._LATIN",
        "language._agree",
        "language._is_commonly",
        "language._common",
        "language._by_letters",
        "months._behind_dot",
        "sitemap._modified",
        "text.labels.one_language",
        "text.opening._ends",
        "text.signs._PRESENT_ALIKE",
        "text.site_form._items",
        "text.site_form._bulleted",
        "text.site_form._repeats",
        "text.site_form._repeated_in",
        "text.text_page.TextPage.article",
        "xml._VERBATIM",
        "words:beside_day",
        "words:consent",
        "words:croatian",
        "words:ijekavian",
        "words:more",
        "words:not_croatian",
        "words:pager",
        "words:year_joined",
    }
)


def reason_of(rule: str) -> str | None:
    """Why a rule need not have a witness, None where it must have one."""
    for reason, names in EXEMPT.items():
        if any(fnmatchcase(rule, name) for name in names):
            return reason
    return None
