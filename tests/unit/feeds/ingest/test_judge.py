"""Drafts judged in turn: what came before counts, stored or not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from feeds.draft import Alternate, Document, Draft
from feeds.identity import duplicates as memory_module
from feeds.identity.addresses import site_number
from feeds.identity.candidates import Candidate, candidate, is_numbered, item_key, names
from feeds.identity.decide import Added, Postponed, Restored, Revised, Role, Unchanged
from feeds.identity.duplicates import NEAR_EACH, Link, Memory
from feeds.identity.ids import content_hash, item_slug, told_hash
from feeds.identity.likeness import is_alike
from feeds.identity.ownership import OWN_RANK, Ownership
from feeds.ingest.judge import Judged, judge, rounds
from feeds.model import Issued, IssuedFrom, TopicKind
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TAXONOMY = Taxonomy.from_toml('[[site]]\nhosts = ["osce.org"]\nnumbered = true\n')
BODY = "Twenty officers from all over the country practised how to secure electronic evidence."


def a_candidate(document: str, title: str = "Title", **changes: Any) -> Candidate:
    source = changes.pop("source", "own")
    others = changes.pop("others", ())
    draft = a_draft(title=title, **{"paragraphs": (f"{title}.", BODY)} | changes)
    said = content_hash(draft)
    key = item_key(document, draft, TAXONOMY, alone=True)
    return Candidate(
        source=source,
        document=document,
        key=key,
        place=document,
        draft=draft,
        content_hash=said,
        told_hash=told_hash(draft, said),
        digest="d",
        names=names(draft, None, TAXONOMY),
        others=others,
        is_stated=bool(draft.guid or draft.url),
        is_numbered=is_numbered(key, draft, TAXONOMY),
        number=site_number(draft.url, TAXONOMY),
    )


def osce(number: int, section: str = "odihr") -> str:
    return f"https://www.osce.org/{section}/{number}"


def judged(*candidates: Candidate, memory: Memory | None = None) -> list[Judged]:
    memory = memory or Memory(TAXONOMY)
    return [judge(candidate, memory, NOW) for candidate in candidates]


def kinds(results: list[Judged]) -> list[type]:
    return [type(one.decision) for one in results]


def stored(one: Judged, **changes: Any) -> Memory:
    """A memory that recalls an item as it was judged, under its key and names."""
    memory = Memory(TAXONOMY)
    item = replace(one.item, **changes)
    memory.recall([item], dict(one.links), dict.fromkeys(one.names, item.slug))
    return memory


def test_a_new_item_is_named_after_its_first_key() -> None:
    (one,) = judged(a_candidate("a"))
    assert one.decision == Added()
    assert (one.item.slug, one.item.revision) == (item_slug("own", "a"), 1)


def test_a_second_draft_under_the_same_key_revises_the_first() -> None:
    results = judged(a_candidate("a", "One"), a_candidate("a", "Two"), a_candidate("a", "Two"))
    assert kinds(results) == [Added, Revised, Unchanged]
    assert [one.item.revision for one in results] == [1, 2, 2]
    assert len({one.item.slug for one in results}) == 1


def test_a_copy_brings_a_key_and_is_an_item_of_its_own_once_it_says_something_else() -> None:
    results = judged(
        a_candidate("a"),
        a_candidate("b"),
        a_candidate("b"),
        a_candidate("b", paragraphs=("The copy was corrected, and says otherwise now.",)),
    )
    assert kinds(results) == [Added, Unchanged, Unchanged, Added]
    assert results[1].links[0][1].role is Role.TWIN
    assert not results[2].links
    assert results[3].links[0][1].role is Role.OWN
    assert len({one.item.slug for one in results}) == 2


def test_a_copy_that_changed_a_little_stays_one() -> None:
    a_little = a_candidate("b", paragraphs=("Title.", BODY.replace("practised", "practiced")))
    results = judged(a_candidate("a"), a_candidate("b"), a_little)
    assert kinds(results) == [Added, Unchanged, Unchanged]
    assert results[2].item.revision == 1


def test_a_copy_that_a_person_set_apart_is_an_item_of_its_own() -> None:
    """However much it says what the other one says, now and when it comes again."""
    first, copy = judged(a_candidate("1"), a_candidate("2"))
    memory = Memory(TAXONOMY)
    apart = {key: replace(link, role=Role.APART) for key, link in copy.links}
    memory.recall([first.item], dict(first.links) | apart, {})
    own, again = judged(a_candidate("2"), a_candidate("2"), memory=memory)
    assert kinds([own, again]) == [Added, Unchanged]
    assert own.item.slug == again.item.slug != first.item.slug
    assert own.links[0][1].role is Role.OWN


def test_what_an_item_said_once_makes_no_twins() -> None:
    results = judged(a_candidate("a", "One"), a_candidate("a", "Two"), a_candidate("b", "One"))
    assert kinds(results) == [Added, Revised, Added]
    assert kinds(judged(a_candidate("c", "One"), memory=stored(results[2]))) == [Unchanged]


def test_what_is_stored_is_recalled_but_never_over_what_was_learnt() -> None:
    (first,) = judged(a_candidate("a", "Old"))
    memory = stored(first)
    (second,) = judged(a_candidate("a"), memory=memory)
    memory.recall([first.item], dict(first.links), {})
    (third,) = judged(a_candidate("a"), memory=memory)
    assert (second.item.slug, second.item.revision) == (first.item.slug, 2)
    assert third.decision == Unchanged(second.item)


def test_what_is_known_from_before_names_were_kept_is_named_when_its_document_comes_again() -> None:
    page = a_candidate("p", url="https://x.test/a")
    (first,) = judged(page)
    ((key, link),) = first.links
    memory = Memory(TAXONOMY)
    memory.recall([first.item], {key: replace(link, told_hash="")}, {})
    (again,) = judged(page, memory=memory)
    assert again.decision == Unchanged(first.item)
    assert again.names == page.names
    assert [each.told_hash for _, each in again.links] == [page.told_hash]


# -- A title that recurs ---------------------------------------------------------------------------


def a_report(number: int, day: int | None, **changes: Any) -> Candidate:
    issued = Issued(day=date(2026, 1, 1) + timedelta(day), origin=IssuedFrom.LABEL) if day else None
    said = f"Report {number}: {BODY}"
    return a_candidate(f"{number}", "Daily report", paragraphs=(said,), issued=issued, **changes)


@pytest.mark.parametrize("is_dated", [True, False])
def test_a_title_that_recurs_is_compared_with_a_few(
    is_dated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def counted(draft: Draft, known: Draft) -> bool:
        nonlocal compared
        compared += 1
        return is_alike(draft, known)

    monkeypatch.setattr(memory_module, "is_alike", counted)
    results = judged(*(a_report(number, 1 if is_dated else None) for number in range(10, 210)))
    assert set(kinds(results)) == {Added}
    assert compared <= 200 * NEAR_EACH


@pytest.mark.parametrize("day", [99, 100, 101, None])
def test_a_copy_is_found_among_many_of_its_title_by_its_day(day: int | None) -> None:
    many = [a_report(number, number) for number in range(50, 150)]
    copied = many[50] if day else many[-1]
    copy = replace(
        a_report(0, day), document="copy", key="copy", place="copy", content_hash="another"
    )
    said = replace(copy.draft, paragraphs=copied.draft.paragraphs)
    *_, found = judged(*many, replace(copy, draft=said))
    assert isinstance(found.decision, Unchanged)
    assert found.item.slug == item_slug("own", copied.document)


# -- Names and numbers -----------------------------------------------------------------------------


def test_a_name_leads_to_the_item_of_another_source() -> None:
    url = "https://x.test/a"
    page = a_candidate("p", url=url, source="pages")
    lead = a_candidate("f", "T", url=url + "?utm_source=f", paragraphs=(), partial=True)
    first, second = judged(page, lead)
    assert second.decision == Unchanged(first.item)
    assert second.links == (
        ("f", Link(slug=first.item.slug, role=Role.NAME, document="f", told_hash=lead.told_hash)),
    )


def test_a_stored_name_is_recalled() -> None:
    page = a_candidate("p", url="https://x.test/a")
    (first,) = judged(page)
    other = replace(page, key="q", place="q", document="q", told_hash="other")
    (second,) = judged(other, memory=stored(first))
    assert second.links[0][1].role is Role.NAME


def test_a_title_without_words_finds_nothing() -> None:
    said: dict[str, Any] = {"paragraphs": (), "summary": "Read more."}
    results = judged(a_candidate("a", "?!", **said), a_candidate("b", "!", **said))
    assert kinds(results) == [Added, Added]


def test_two_numbers_of_one_site_are_two_items_whatever_they_say() -> None:
    results = judged(
        a_candidate("a", url=osce(100_001)),
        a_candidate("b", url=osce(100_002)),
        a_candidate("c", url="https://x.test/100003"),
    )
    assert kinds(results) == [Added, Added, Unchanged]


def test_a_common_id_does_not_outweigh_two_numbers() -> None:
    results = judged(
        a_candidate("a", url=osce(100_001), guid="urn:all:same"),
        a_candidate("b", url=osce(100_002), guid="urn:all:same"),
    )
    assert kinds(results) == [Added, Added]


def test_two_documents_of_one_number_are_both_remembered() -> None:
    first, second = judged(
        a_candidate("a", url=osce(100_001)), a_candidate("b", url=osce(100_001, "node"))
    )
    assert [key for key, _ in first.links] == ["/100001"]
    assert [(key, link.document) for key, link in second.links] == [("b", "b")]
    assert second.item.slug == first.item.slug


# -- Languages -------------------------------------------------------------------------------------


def test_one_number_in_two_languages_is_two_items_of_one_group() -> None:
    english = a_candidate("en", "Police", url=osce(100_001), language="en")
    russian = a_candidate("ru", "Полиция", url=osce(100_001, "ru/odihr"), language="ru")
    again = replace(russian, document="ru2", told_hash="other")
    results = judged(english, russian, again)
    assert kinds(results) == [Added, Added, Unchanged]
    assert results[1].decision == Added(group=results[0].item.slug)
    assert results[1].item.group == results[0].item.slug
    assert results[1].links[0][0] == "/100001@ru"
    assert results[2].item.slug == results[1].item.slug
    memory = Memory(TAXONOMY)
    judged(english, russian, memory=memory)
    german = a_candidate("de", "Polizei", url=osce(100_001), language="de")
    assert judged(german, memory=memory)[0].item.group == results[0].item.slug


def test_a_name_leads_to_the_item_in_ones_own_language() -> None:
    guid = "urn:item:7"
    results = judged(
        a_candidate("en", "Police", guid=guid, language="en"),
        a_candidate("ru", "Полиция", guid=guid, language="ru"),
        a_candidate("ru2", "Полиция!", guid=guid, language="ru"),
    )
    assert kinds(results) == [Added, Added, Revised]
    assert results[2].item.slug == results[1].item.slug


def test_what_is_said_to_be_the_same_in_another_language_joins_its_group() -> None:
    alternates = (Alternate("en", "https://x.test/en"),)
    english = a_candidate("en", "Police", url="https://x.test/en", language="en")
    russian = a_candidate(
        "ru", "Полиция", language="ru", alternates=alternates, others=("at:x.test/en",)
    )
    stranger = replace(russian, key="de", place="de", others=("at:x.test/de",))
    results = judged(english, russian, stranger)
    assert results[1].decision == Added(group=results[0].item.slug)
    assert isinstance(results[2].decision, Unchanged)
    (alone,) = judged(replace(english, others=("at:x.test/en",)), memory=Memory(TAXONOMY))
    assert alone.decision == Added()


# -- Gone and back ---------------------------------------------------------------------------------


def test_what_is_seen_again_is_restored() -> None:
    (first,) = judged(a_candidate("a"))
    memory = stored(first, withdrawn_at=NOW)
    (again,) = judged(a_candidate("a"), memory=memory)
    assert isinstance(again.decision, Restored)
    assert not again.item.is_withdrawn


def test_what_moved_within_a_source_is_restored_and_a_copy_elsewhere_is_not() -> None:
    (first,) = judged(a_candidate("a"))
    (moved,) = judged(a_candidate("b"), memory=stored(first, withdrawn_at=NOW))
    assert isinstance(moved.decision, Restored)
    assert moved.links[0][1].role is Role.OWN
    elsewhere = a_candidate("c", source="copies")
    (copied,) = judged(elsewhere, memory=stored(first, withdrawn_at=NOW))
    assert isinstance(copied.decision, Unchanged)


def test_what_left_its_list_and_is_shown_elsewhere_has_moved() -> None:
    first, second = (
        a_candidate(f"https://x.test/{path}", url=f"https://x.test/{path}") for path in "ab"
    )
    assert kinds(judged(first, replace(second, told_hash="2", content_hash="2"))) == [Added, Added]
    memory = Memory(TAXONOMY)
    (known,) = judged(first, memory=memory)
    memory.look([second], [first.document])
    (moved,) = judged(second, memory=memory)
    assert isinstance(moved.decision, Revised)
    assert (moved.item.slug, moved.item.draft.url) == (known.item.slug, second.draft.url)
    assert moved.links[0][1].role is Role.OWN


def test_what_another_withdrew_stays_away() -> None:
    (first,) = judged(a_candidate("a", url="https://x.test/a"))
    memory = stored(first, withdrawn_at=NOW, source="other")
    (again,) = judged(a_candidate("b", url="https://x.test/a"), memory=memory)
    assert isinstance(again.decision, Unchanged)


def test_what_is_put_off_is_read_again() -> None:
    (first,) = judged(a_candidate("a"))
    busy = tuple(NOW - timedelta(hours=hours) for hours in range(1, 6))
    (put_off,) = judged(a_candidate("a", "New"), memory=stored(first, revised=busy))
    assert isinstance(put_off.decision, Postponed)
    assert put_off.links[0][1].told_hash == ""


# -- Rounds ----------------------------------------------------------------------------------------


def test_a_round_writes_an_item_and_a_key_once_and_keeps_the_order() -> None:
    results = judged(
        a_candidate("a", "One"),
        a_candidate("b", "One"),
        a_candidate("a", "Two"),
        a_candidate("c", "Three"),
        a_candidate("b", "Four"),
    )
    groups = list(rounds(results))
    assert [len(group) for group in groups] == [2, 3]
    assert [one for group in groups for one in group] == results


def test_nothing_makes_no_round() -> None:
    assert list(rounds([])) == []


OWNERS = Ownership(hosts={"site": "office.test", "others": "others.test"}, ranks={"own": OWN_RANK})
AT_THE_OFFICE = "https://office.test/a"


def test_a_strangers_use_of_an_id_makes_an_item_of_its_own_or_a_copy() -> None:
    """Never the owner's item."""
    memory = Memory(TAXONOMY)
    said = {"guid": "urn:x:1", "url": AT_THE_OFFICE}
    first = judge(a_candidate("s", source="site", **said), memory, NOW, OWNERS)
    others = {"guid": "urn:x:1", "url": "https://others.test/1", "source": "others"}
    copy = judge(a_candidate("o", **others), memory, NOW, OWNERS)
    assert (copy.item.slug, copy.is_copy) == (first.item.slug, True)
    untrue = {"paragraphs": ("Nothing of it is so.",)}
    lie = a_candidate("l", "Something else entirely", **untrue, **others)
    assert judge(lie, Memory(TAXONOMY), NOW, OWNERS).item.slug != first.item.slug
    assert judge(replace(lie, document="m"), memory, NOW, OWNERS).item.slug != first.item.slug


def test_what_brings_the_text_is_no_mere_copy() -> None:
    """The item was told in part so far."""
    memory = Memory(TAXONOMY)
    judge(a_candidate("a", partial=True, paragraphs=(), summary=BODY), memory, NOW)
    whole = a_candidate("b", source="web", summary=BODY, paragraphs=(BODY, BODY))
    told = judge(whole, memory, NOW)
    assert isinstance(told.decision, Revised)
    assert [link.role for _, link in told.links] == [Role.NAME]


def test_a_page_that_claims_an_address_and_says_the_same_is_found_there() -> None:
    memory = Memory(TAXONOMY)
    page = Document(source="own", name="1", body=b"x", url="https://x.test/1")
    draft = a_draft(title="Title", paragraphs=(BODY,), url="https://x.test/1")
    first = judge(candidate(page, draft, "d", TAXONOMY), memory, NOW)
    other = replace(page, source="web", name="2", url="https://x.test/2")
    again = judge(candidate(other, draft, "d", TAXONOMY), memory, NOW)
    assert again.item.slug == first.item.slug


def test_what_an_owner_finds_is_the_owners() -> None:
    url = "https://office.test/1"
    named: dict[str, Any] = {"url": url, "guid": "urn:x:1"}
    (first,) = judged(a_candidate("a", source="stranger", **named))
    owners = Ownership(hosts={"site": "office.test", "stranger": "stranger.test"})
    found = judge(a_candidate("b", "Ours", source="site", **named), stored(first), NOW, owners)
    assert isinstance(found.decision, Revised)
    assert (found.item.slug, found.item.draft.title) == (first.item.slug, "Ours")


def test_two_of_one_document_with_ids_of_their_own_are_two() -> None:
    one = replace(a_candidate("feed", guid="1"), key="feed#1")
    two = replace(a_candidate("feed", guid="2"), key="feed#2")
    assert kinds(judged(one, two)) == [Added, Added]


def test_what_its_document_shows_under_another_key_alone_has_moved() -> None:
    one = replace(a_candidate("feed", guid="1"), key="feed#1")
    two = replace(a_candidate("feed", guid="2"), key="feed#2", place="feed#2")
    memory = Memory(TAXONOMY)
    judge(one, memory, NOW)
    memory.look([two], ())
    moved = judge(two, memory, NOW)
    assert moved.item.slug == judged(one)[0].item.slug


def test_what_its_document_shows_under_another_key_and_hour_is_another() -> None:
    first, second = (
        Issued(day=NOW.date(), at=NOW + timedelta(hours=hours), origin=IssuedFrom.FEED)
        for hours in (0, 2)
    )
    one = replace(a_candidate("feed", guid="1", issued=first), key="feed#1")
    shown = a_candidate("feed", guid="2", issued=second)
    two = replace(shown, key="feed#2", place="feed#2")
    memory = Memory(TAXONOMY)
    judge(one, memory, NOW)
    memory.look([two], ())
    assert judge(two, memory, NOW).decision == Added()


def renamed(words: str) -> tuple[Candidate, Candidate]:
    """An entry of a list, and what has its place there, with another title, id and address."""
    told: dict[str, Any] = {
        "paragraphs": (f"{words} {BODY * 3}",),
        "issued": Issued(day=NOW.date(), at=NOW, origin=IssuedFrom.FEED),
    }
    old = a_candidate("feed", guid="https://x.test/old", url="https://x.test/old", **told)
    others = (a_label("Another office", "another", TopicKind.ISSUER),)
    url = "https://x.test/new"
    new = a_candidate("feed", "New", guid=url, url=url, issuers=others, **told)
    return replace(old, key="feed#1"), replace(new, key="feed#2", place="feed#2")


def test_the_one_that_has_the_words_and_is_shown_nowhere_else_was_renamed() -> None:
    old, new = renamed("A course.")
    memory = Memory(TAXONOMY)
    first = judge(old, memory, NOW)
    memory.look([new], ())
    assert judge(new, memory, NOW).item.slug == first.item.slug


def test_what_has_an_id_that_its_address_does_not_make_was_not_renamed() -> None:
    old, new = renamed("A course.")
    memory = Memory(TAXONOMY)
    judge(old, memory, NOW)
    other = replace(new, draft=replace(new.draft, guid="urn:x:2"))
    memory.look([other], ())
    assert judge(other, memory, NOW).decision == Added()


def test_what_is_shown_beside_it_was_not_renamed() -> None:
    old, new = renamed("A course.")
    memory = Memory(TAXONOMY)
    judge(old, memory, NOW)
    memory.look([old, new], ())
    assert judge(new, memory, NOW).decision == Added()


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("text", "is_same"), [("The very same text of it.", True), ("", False)])
def test_a_page_that_names_anothers_place_is_a_copy_of_it_where_it_says_the_same(
    is_first: bool, text: str, is_same: bool
) -> None:
    """Whichever of the two comes first, though both have an id of their own."""
    here = "https://x.test/world/bridge"
    one, other = (
        candidate(
            Document(
                source="s",
                name=url,
                body=b"x",
                url=url,
                lead=Draft(form="rss", title="Bridge", url=url, guid=url),
            ),
            a_draft(title="Bridge", url=here, guid=url, paragraphs=(BODY, said)),
            "d",
            TAXONOMY,
        )
        for url, said in ((here, "The very same text of it."), ("https://x.test/local/b", text))
    )
    assert (one.echoes, other.echoes) == ((), ("as:x.test/world/bridge",))
    results = judged(*((one, other) if is_first else (other, one)))
    assert kinds(results) == [Added, Unchanged if is_same else Added]
    assert results[1].is_copy is is_same
    assert {result.item.draft.url for result in results} == (
        {results[0].item.draft.url} if is_same else {here, "https://x.test/local/b"}
    )
