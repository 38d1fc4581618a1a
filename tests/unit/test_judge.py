"""Drafts judged in turn: what came before counts, stored or not."""

from feeds.ids import content_hash, item_slug
from feeds.ingest.decide import Added, Known, Revised, Unchanged
from feeds.ingest.judge import Candidate, Judged, Memory, judge, rounds
from tests.builders import a_draft


def a_candidate(key: str, title: str = "Title") -> Candidate:
    draft = a_draft(title=title)
    return Candidate(
        source="own", key=key, draft=draft, content_hash=content_hash(draft), digest="d"
    )


def judged(*candidates: Candidate, memory: Memory | None = None) -> list[Judged]:
    memory = memory or Memory()
    return [judge(candidate, memory) for candidate in candidates]


def kinds(results: list[Judged]) -> list[type]:
    return [type(one.decision) for one in results]


def test_a_new_item_is_named_after_its_first_key() -> None:
    (one,) = judged(a_candidate("a"))
    assert one.decision == Added()
    assert (one.item.slug, one.item.revision) == (item_slug("own", "a"), 1)


def test_a_second_draft_under_the_same_key_revises_the_first() -> None:
    results = judged(a_candidate("a", "One"), a_candidate("a", "Two"), a_candidate("a", "Two"))
    assert kinds(results) == [Added, Revised, Unchanged]
    assert [one.item.revision for one in results] == [1, 2, 2]
    assert len({one.item.slug for one in results}) == 1


def test_a_twin_in_the_same_batch_brings_a_key() -> None:
    results = judged(a_candidate("a"), a_candidate("b"), a_candidate("b", "Changed"))
    assert results[1].decision == Unchanged(results[0].item, renamed=True)
    assert isinstance(results[2].decision, Revised)
    assert results[2].item.slug == results[0].item.slug


def test_what_an_item_said_once_makes_no_twins() -> None:
    results = judged(a_candidate("a", "One"), a_candidate("a", "Two"), a_candidate("b", "One"))
    assert kinds(results) == [Added, Revised, Added]


def test_what_is_stored_is_recalled_but_never_over_what_was_learnt() -> None:
    stored = Known(slug="abc", revision=1, content_hash="1:old", substance="")
    memory = Memory()
    memory.recall({"a": stored}, {"1:old": stored})
    (first,) = judged(a_candidate("a"), memory=memory)
    memory.recall({"a": stored}, {"1:old": stored})
    (second,) = judged(a_candidate("a"), memory=memory)
    assert (first.item.slug, first.item.revision) == ("abc", 2)
    assert second.decision == Unchanged(first.item, renamed=False)


def test_a_round_writes_an_item_once_and_keeps_the_order() -> None:
    results = judged(
        a_candidate("a", "One"),
        a_candidate("b", "One"),
        a_candidate("a", "Two"),
        a_candidate("c", "Three"),
        a_candidate("b", "Four"),
    )
    groups = list(rounds(results))
    assert [len(group) for group in groups] == [2, 2, 1]
    assert [one for group in groups for one in group] == results


def test_nothing_makes_no_round() -> None:
    assert list(rounds([])) == []
