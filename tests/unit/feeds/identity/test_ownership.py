"""Whose word counts: hosts have owners, sources have ranks."""

from typing import Any

import pytest

from feeds.draft import Document, Draft
from feeds.identity.candidates import Candidate, candidate
from feeds.identity.ownership import OWN_RANK, WEBSITE_RANK, Ownership, Precedence
from feeds.model import Provenance
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft

TAXONOMY = Taxonomy.from_toml("")
OWNERS = Ownership(
    hosts={
        "site": "office.test",
        "press": "press.office.test",
        "others": "others.test",
        "lab": "lab.school.test",
        "city": "город.example",
        "vlada": "vlada.gov.hr",
    },
    ranks={"own": OWN_RANK, "hosted": WEBSITE_RANK + 1},
)
URL = "https://www.office.test/a"


def named(source: str, **changes: Any) -> Candidate:
    document = Document(source=source, name="d", body=b"x")
    return OWNERS.restricted(candidate(document, a_draft(**changes), "d", TAXONOMY))


@pytest.mark.parametrize(
    ("source", "host", "may"),
    [
        ("site", "office.test", True),
        ("site", "news.office.test", True),
        ("press", "office.test", True),
        ("others", "office.test", False),
        ("others", "a.office.test", False),
        ("others", "test", True),
        ("others", "nobody.test", True),
        ("others", "", True),
        ("own", "office.test", True),
        ("hosted", "office.test", True),
        ("unknown", "office.test", False),
        ("lab", "school.test", True),
        ("others", "school.test", False),
        ("lab", "shop.school.test", True),
        ("others", "shop.school.test", False),
        ("others", "xn--c1ac3aaj.example", False),
        ("city", "www.город.example", True),
        ("others", "evil.gov.hr", True),
        ("others", "vlada.gov.hr", False),
        ("vlada", "evil.gov.hr", True),
        ("press", "shop.office.test", False),
        ("path:/tmp", "office.test", True),
    ],
)
def test_a_host_belongs_to_the_sources_on_it_and_to_who_ranks_higher(
    source: str, host: str, may: bool
) -> None:
    assert OWNERS.may_speak(source, host) is may
    assert Ownership().may_speak(source, host)


@pytest.mark.parametrize(
    ("source", "whose", "changes", "url", "precedence"),
    [
        ("others", "others", {}, URL, Precedence.EQUAL),
        ("others", "site", {}, URL, Precedence.THIRD_PARTY),
        ("others", "own", {}, "https://nobody.test/a", Precedence.THIRD_PARTY),
        ("site", "others", {}, URL, Precedence.OWNER),
        ("own", "others", {}, "https://nobody.test/a", Precedence.OWNER),
        ("press", "site", {}, URL, Precedence.EQUAL),
        ("own", "site", {}, URL, Precedence.HIGHER),
        ("own", "site", {"partial": True}, URL, Precedence.EQUAL),
        ("site", "own", {}, URL, Precedence.EQUAL),
        ("site", "others", {"url": URL}, None, Precedence.OWNER),
        ("others", "own", {"url": None}, None, Precedence.EQUAL),
    ],
)
def test_what_a_word_is_worth(
    source: str, whose: str, changes: dict[str, Any], url: str | None, precedence: Precedence
) -> None:
    known: Draft = a_draft(url=url)
    assert OWNERS.precedence(source, a_draft(**changes), known, whose) is precedence


def test_names_and_ids_of_anothers_host_are_no_names_of_a_strangers() -> None:
    origin = Provenance(entry_id="tag:a@office.test,2026:7", feed_id="tag:x", feed_title="F")
    said: dict[str, Any] = {"url": URL, "also_at": ("https://others.test/b",), "guid": "urn:x:7"}
    ours = named("site", **said | {"also_at": ()}, provenance=origin)
    assert ours.names == ("id:tag:a@office.test,2026:7", "id:urn:x:7", "at:office.test/a")
    assert not ours.is_contested
    theirs = named("others", **said, provenance=origin)
    assert theirs.names == ("id:urn:x:7", "at:others.test/b")
    assert theirs.is_contested


def test_nobody_is_a_third_party_to_itself() -> None:
    assert not OWNERS.is_third_party("others", "office.test", "others")
    assert OWNERS.is_third_party("others", "office.test", "site")
