"""Two tellings of one item made into one: what the first leaves open, the second fills.

Knows which word outranks which. Must never know where either was found or what is stored.
"""

from dataclasses import replace
from datetime import timedelta

from feeds.draft import Draft
from feeds.model import Issued, IssuedFrom, Label, Mark

#: These tell of the words of a draft, and go where its words go.
_OF_WORDS = frozenset({Mark.MENDED})
#: How sure a day of issue is by where it was read: what is read on a page lies between.
_SURETY = {IssuedFrom.PUSH: 3, IssuedFrom.FEED: 2, IssuedFrom.DATELINE: 0}
_PRINTED = frozenset({IssuedFrom.PAGE, IssuedFrom.LABEL, IssuedFrom.LINE})


def completed(draft: Draft, known: Draft) -> Draft:
    """``draft``, with what it leaves open taken from ``known``; absence is never "none".

    The words are those of ``draft`` unless it is partial and ``known`` is not. A statement
    outranks a conclusion whoever made it: a date a publisher pushes or writes into a feed one read
    on a page, that one in a dateline, a printed issuer one inferred, a stated language one guessed.
    """
    words, other = (known, draft) if draft.partial and not known.partial else (draft, known)
    issuers, inferred = _issuers(draft, known)
    language, guessed = _language(draft, known)
    marks = (words.marks & _OF_WORDS) | inferred | guessed
    return replace(
        draft,
        form=words.form,
        title=words.title or other.title,
        summary=words.summary or other.summary,
        paragraphs=words.paragraphs or other.paragraphs,
        # The markup goes with the paragraphs; what shows pictures alone has none.
        markup=(
            words if words.paragraphs or not (other.paragraphs or other.markup) else other
        ).markup,
        partial=words.partial,
        url=draft.url or known.url,
        also_at=tuple(dict.fromkeys((*draft.also_at, *known.also_at))),
        guid=draft.guid or known.guid,
        provenance=draft.provenance or known.provenance,
        issued=_issued(draft.issued, known.issued),
        updated=draft.updated or known.updated,
        dateline=draft.dateline or known.dateline,
        language=language,
        alternates=draft.alternates or known.alternates,
        content_type=draft.content_type or known.content_type,
        issuers=issuers,
        fields=draft.fields or known.fields,
        countries=draft.countries or known.countries,
        authors=draft.authors or known.authors,
        enclosures=draft.enclosures or known.enclosures,
        rights=draft.rights if any(draft.rights) else known.rights,
        marks=marks | ((draft.marks | known.marks) & {Mark.PROMOTED}),
    )


def _issued(said: Issued | None, known: Issued | None) -> Issued | None:
    if said is None or known is None:
        return said or known
    is_known_surer = _surety(known) > _surety(said)
    surer, other = (known, said) if is_known_surer else (said, known)
    if surer.at is None:
        is_finer = other.at is not None and other.day == surer.day
        return other if is_finer else surer
    if surer.origin is IssuedFrom.FEED and surer.day == surer.at.date() != other.day:
        # A feed may write its instant in UTC; the page prints the day of its own zone.
        is_printed = other.origin in _PRINTED and abs(other.day - surer.day) == timedelta(days=1)
        return replace(surer, day=other.day) if is_printed else surer
    return surer


def _surety(issued: Issued) -> int:
    return _SURETY.get(issued.origin, 1)


def _issuers(draft: Draft, known: Draft) -> tuple[tuple[Label, ...], frozenset[Mark]]:
    """The issuers, and the mark they carry."""
    is_inferred = Mark.INFERRED_ISSUER in draft.marks
    teller = draft
    if known.issuers and (not draft.issuers or is_inferred):
        is_known_better = Mark.INFERRED_ISSUER not in known.marks
        teller = known if is_known_better or not draft.issuers else draft
    return teller.issuers, teller.marks & {Mark.INFERRED_ISSUER}


def _language(draft: Draft, known: Draft) -> tuple[str | None, frozenset[Mark]]:
    """The language, and the mark it carries."""
    is_guess = draft.language is None or Mark.GUESSED_LANGUAGE in draft.marks
    is_told = known.language is not None and Mark.GUESSED_LANGUAGE not in known.marks
    is_finer = is_told and (known.language or "").startswith(f"{draft.language}-")
    teller = known if is_finer or (is_guess and (is_told or draft.language is None)) else draft
    return teller.language, teller.marks & {Mark.GUESSED_LANGUAGE}
