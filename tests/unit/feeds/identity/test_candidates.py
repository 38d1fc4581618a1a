"""What a draft is known by: alone in its document, and among others there."""

from dataclasses import replace
from datetime import date
from typing import Any

from feeds.draft import Alternate, Document, Draft, Parsed
from feeds.identity.candidates import Candidate, candidate, candidates
from feeds.model import Issued, IssuedFrom
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft

TAXONOMY = Taxonomy.from_toml('[[site]]\nhosts = ["osce.org"]\nnumbered = true\n')
PAGE = Document(source="own", name="a", body=b"x", url="https://x.test/page")
LIST = replace(PAGE, url="https://x.test/news")


def found(*drafts: Draft, document: Document = LIST, is_list: bool = True) -> list[Candidate]:
    parsed = Parsed(form="list", drafts=drafts, is_list=is_list)
    return [*candidates(document, parsed, "d", TAXONOMY)]


def teaser(title: str, **changes: Any) -> Draft:
    return a_draft(title=title, **{"paragraphs": (), "partial": True} | changes)


def test_the_one_item_of_a_document_has_its_name_and_its_address() -> None:
    (one,) = found(a_draft(url=None), document=PAGE, is_list=False)
    assert (one.source, one.document, one.key, one.place) == ("own", "a", "a", "a")
    assert (one.names, one.digest) == (("at:x.test/page",), "d")


def test_the_one_item_of_a_list_has_neither() -> None:
    (one,) = found(teaser("One", url=None))
    assert one.key.startswith("a#One@")
    assert one.names == ()


def test_what_several_items_of_a_list_have_in_common_names_none_of_them() -> None:
    shared = ("https://x.test/shared",)
    one, other = found(
        teaser("One", url="https://x.test/1", also_at=shared),
        teaser("Other", url="https://x.test/2", also_at=shared),
    )
    assert (one.names, other.names) == (("at:x.test/1",), ("at:x.test/2",))


def test_an_item_told_twice_by_one_document_is_taken_from_the_fuller_telling() -> None:
    issued = Issued(day=date(2026, 3, 1), origin=IssuedFrom.LISTING)
    short = teaser("One", url="https://x.test/1", issued=issued)
    full = replace(short, paragraphs=("All of it.",), partial=False)
    for drafts in ((short, full), (full, short)):
        (one,) = found(*drafts)
        assert one.draft == full
        assert one.names == ("at:x.test/1",)


def test_the_number_of_a_numbered_site_is_that_of_the_item_or_of_its_page() -> None:
    page = replace(PAGE, url="https://www.osce.org/odihr/123456")
    assert candidate(page, a_draft(url=None), "d", TAXONOMY).number == "osce.org/123456"
    draft = a_draft(url="https://www.osce.org/odihr/654321")
    assert candidate(page, draft, "d", TAXONOMY).number == "osce.org/654321"


def test_the_same_in_other_languages_is_known_by_its_addresses() -> None:
    alternates = (Alternate("en", "https://x.test/en"), Alternate("ru", "https://x.test/ru"))
    draft = a_draft(language="en", url="https://x.test/en", alternates=alternates)
    assert candidate(PAGE, draft, "d", TAXONOMY).others == ("at:x.test/ru",)


def test_languages_share_a_number_as_a_key() -> None:
    draft = a_draft(language="ru", url="https://www.osce.org/odihr/123456")
    one = candidate(PAGE, draft, "d", TAXONOMY)
    assert one.is_numbered
    assert one.keys == ("/123456@ru", "/123456")
    assert candidate(PAGE, replace(draft, url=None), "d", TAXONOMY).keys == ("a",)
