"""Documents understood: bytes in, drafts or a reason out.

Knows which families of forms there are, and what every draft gets, whatever form it came in. Must
never know any one form, where a document came from or what was made of it before.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.identity.addresses import without_tracking
from feeds.identity.merge import completed
from feeds.model import Label, Mark, TopicKind
from feeds.parse.bytes import all_mended, is_suspect, mended, seen
from feeds.parse.dates import is_sane
from feeds.parse.language import is_written_so, speaks_another, spoken
from feeds.parse.recognise import Family, family_of, file_type
from feeds.taxonomy import Taxonomy

__all__ = ["filed_under", "understand"]

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
# A whole archive in one feed stays below this; sitemaps may have 50 MB (sitemaps.org).
_LARGEST_FEED_BYTES = 20_000_000
_LARGEST_BYTES = {
    Family.TEXT: _LARGEST_PAGE_BYTES,
    Family.HTML: _LARGEST_PAGE_BYTES,
    Family.FEED: _LARGEST_FEED_BYTES,
}

_PDF = "application/pdf"

# Titles and leads of so many items tell what language a list is in.
_ITEMS_OF_A_SAMPLE = 10
# What so few say of a list is no more than what its others say themselves.
_FEW_ITEMS = 3
_NONE: frozenset[Mark] = frozenset()
_GUESSED = frozenset({Mark.GUESSED_LANGUAGE})


def filed_under(document: Document) -> Counter[tuple[TopicKind, str]]:
    """The names that a document's items are filed under by their facets, known to anybody or not,
    each with the number of items that bear it; a free tag of a feed is a field.
    """
    if family_of(document.body, document.media_type) is Family.FEED:
        from feeds.parse.syndication import entries  # noqa: PLC0415
        from feeds.parse.syndication.categories import named  # noqa: PLC0415

        tags = (dict.fromkeys(named(entry.categories)) for entry in entries(document))
        return Counter(pair for entry in tags for pair in entry)
    understood = understand(document, _of_nobody())
    drafts = () if isinstance(understood, Refused) else understood.drafts
    return Counter((label.kind, label.text) for draft in drafts for label in draft.labels)


@cache
def _of_nobody() -> Taxonomy:
    return Taxonomy.from_toml("")


def understand(
    document: Document, taxonomy: Taxonomy, habits: Habits = _NO_HABITS
) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it.

    The form is the one ``habits`` name, or recognised by the bytes; the media type only decides
    where they leave it open, as servers often have it wrong.
    """
    family = Family(habits.form) if habits.form else family_of(document.body, document.media_type)
    # Whoever pushes nothing is told what is wrong with it as JSON.
    if family is not Family.PUSH and (not document.body or document.body.isspace()):
        return Refused(reason=Reason.EMPTY)
    if kind := file_type(document.body, document.media_type):
        if habits.pdf_text and kind == _PDF:
            return _of_pdf(document, taxonomy)
        return Refused(reason=Reason.BINARY, evidence=f"it is a file of the type {kind}")
    size, most = len(document.body), _LARGEST_BYTES.get(family)
    if most is not None and size > most:
        named = "feed" if family is Family.FEED else "page"
        evidence = f"{size:,} bytes; whatever the settings say, a {named} may have {most:,}"
        return Refused(reason=Reason.TOO_LARGE, evidence=evidence)
    understood = _parser_of(family)(document, taxonomy, habits)
    if isinstance(understood, Refused):
        return understood
    return finished(understood, document, taxonomy)


@cache
def _parser_of(family: Family) -> _Parse:
    # Half a second for all of them, which a command that reads no document need not wait.
    parse: _Parse = import_module(f"{__name__}.{_MODULES[family]}").parse
    return parse


def _of_pdf(document: Document, taxonomy: Taxonomy) -> Parsed | Refused:
    from feeds.parse.text import pdf  # noqa: PLC0415 - only where a source asks for it

    found = pdf.parse(document)
    return found if isinstance(found, Refused) else finished(found, document, taxonomy)


# -- What every draft gets -------------------------------------------------------------------------


def finished(parsed: Parsed, document: Document, taxonomy: Taxonomy) -> Parsed:
    """The same drafts, mended, completed by the lead that led here, in a language."""
    drafts = tuple([_finished(draft, document, taxonomy) for draft in parsed.drafts])
    if parsed.is_list and not all(draft.language for draft in drafts):
        drafts = _in_one_language(drafts)
    # A page shows by itself whether it is all there.
    is_cut = parsed.is_cut or (document.is_cut and parsed.is_list)
    return replace(parsed, drafts=drafts, is_cut=is_cut)


def _finished(draft: Draft, document: Document, taxonomy: Taxonomy) -> Draft:
    own = _untracked(_mended(_dated(draft, document)))
    whole = completed(own, document.lead) if document.lead else own
    return _spoken(_placed(whole, taxonomy), taxonomy)


def _dated(draft: Draft, document: Document) -> Draft:
    """Without a day of issue that cannot be one."""
    if draft.issued is None or is_sane(draft.issued.day, document.latest):
        return draft
    return replace(draft, issued=None)


def _mended(draft: Draft) -> Draft:
    said = (draft.title, draft.summary, draft.dateline or "", draft.markup, *draft.paragraphs)
    labels = [label.text for label in draft.labels]
    if not is_suspect("\n".join((*said, *labels))):
        return draft
    words = tuple(all_mended(said))
    if words == said and [*map(mended, labels)] == labels:
        return draft
    title, summary, dateline, markup, *paragraphs = words
    # To drop what nobody sees is no mending.
    is_mended = words != tuple(map(seen, said))
    return replace(
        draft,
        title=title,
        summary=summary,
        paragraphs=tuple(paragraphs),
        markup=markup,
        dateline=dateline or None,
        content_type=_labels((draft.content_type,))[0] if draft.content_type else None,
        issuers=_labels(draft.issuers),
        fields=_labels(draft.fields),
        countries=_labels(draft.countries),
        marks=draft.marks | {Mark.MENDED} if is_mended else draft.marks,
    )


def _labels(printed: tuple[Label, ...]) -> tuple[Label, ...]:
    return tuple(replace(label, text=mended(label.text)) for label in printed)


def _untracked(draft: Draft) -> Draft:
    """With an address that readers may share: nobody is counted by it."""
    if not draft.url or "?" not in draft.url:
        return draft
    url = without_tracking(draft.url)
    if url == draft.url:
        return draft
    return replace(draft, url=url, also_at=(*draft.also_at, draft.url))


def _placed(draft: Draft, taxonomy: Taxonomy) -> Draft:
    """With the issuer its address speaks for, where nothing else names one."""
    ref = None if draft.issuers or not draft.url else taxonomy.section_of(draft.url)
    if ref is None:
        return draft
    issuer = Label(kind=TopicKind.ISSUER, text=taxonomy.get(ref).label, slug=ref.slug)
    return replace(draft, issuers=(issuer,), marks=draft.marks | {Mark.INFERRED_ISSUER})


def _spoken(draft: Draft, taxonomy: Taxonomy) -> Draft:
    text = " ".join((*draft.paragraphs[:3], draft.summary, draft.title))
    language, is_guess = spoken(
        text,
        draft.language,
        is_whole=not draft.partial,
        home=taxonomy.home_of(draft.issuers),
        called=taxonomy.called,
    )
    if language == draft.language:
        return draft
    return replace(draft, language=language, marks=draft.marks | (_GUESSED if is_guess else _NONE))


def _in_one_language(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    """With the language that all others are in, or else that of all words together, for those
    too short to tell; where few speak for it, not for one whose own words speak another.
    """
    told = {draft.language for draft in drafts if draft.language}
    primary = {language.partition("-")[0] for language in told}
    if told:
        language = (told if len(told) == 1 else primary).pop() if len(primary) == 1 else None
    else:
        # Titles first: every one counts.
        some = drafts[:_ITEMS_OF_A_SAMPLE]
        text = " ".join((*(draft.title for draft in some), *(draft.summary for draft in some)))
        language = spoken(text, None, is_whole=False).language
    if language is None:
        return drafts
    is_weak = (sum(1 for draft in drafts if draft.language) or len(drafts)) <= _FEW_ITEMS
    return tuple(
        draft
        if draft.language
        or not is_written_so(draft.title, language)
        or (is_weak and speaks_another(f"{draft.title} {draft.summary}", language))
        else replace(draft, language=language, marks=draft.marks | _GUESSED)
        for draft in drafts
    )
