"""A digest holds all that is new, each item once, under the person's first selection for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Item, TopicKind, TopicRef
from feeds.selection import Selection
from notifier.digest.compose import Interest, News, compose
from notifier.model import Digest, Frequency, Match, Section, Window
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, only, some_news
from tests.digests import composed, matched

EVERYTHING = Window(after=0, upto=1_000_000)
TOPICS = [TopicRef(TopicKind.FIELD, slug) for slug in "abcdefg"]
RIGHTS, POLICE, OFFICE = map(only, (HUMAN_RIGHTS, POLICING, SECRETARIAT))
DAILY, WEEKLY = Frequency.DAILY, Frequency.WEEKLY


def of(
    follows: list[Selection], *news: Item, window: Window = EVERYTHING, limit: int = 50
) -> Digest:
    digest = composed(follows, news, window, limit=limit)
    assert digest is not None
    return digest


def numbers(section: Section) -> list[int]:
    return [item.number for item in section.items]


def told(digest: Digest | None) -> list[int]:
    return [number for section in digest.sections for number in numbers(section)] if digest else []


def about(number: int, *topics: TopicRef) -> Item:
    return some_news(number=number, topics=frozenset(topics))


news_on_topics = st.lists(
    st.builds(
        lambda number, topics: about(number, *topics),
        st.integers(1, 200),
        st.sets(st.sampled_from(TOPICS)),
    ),
    unique_by=lambda item: item.number,
)
followed = st.lists(st.sampled_from([only(topic) for topic in TOPICS]), unique=True)
windows = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(
    lambda ends: Window(after=min(ends), upto=max(ends))
)


def takes(selection: Selection, item: Item) -> bool:
    return selection.takes(item.topics, item.language)


@given(followed, news_on_topics, windows)
def test_the_union_of_the_mail_is_the_union_of_what_matched_each_item_once(
    follows: list[Selection], news: list[Item], window: Window
) -> None:
    """What stood in a digest before, by another selection, is not in this one."""
    within = [item for item in news if window.after < item.number <= window.upto]
    expected = {item.number for item in within if any(takes(each, item) for each in follows)}
    found = told(composed(follows, news, window, limit=len(news)))
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(followed, news_on_topics, st.integers(0, 30))
def test_what_a_mail_leaves_out_is_counted(
    follows: list[Selection], news: list[Item], limit: int
) -> None:
    digest = composed(follows, news, EVERYTHING, limit=limit)
    if digest is None:
        assert not any(takes(each, item) for each in follows for item in news)
        return
    shown = sum(len(section.items) for section in digest.sections)
    assert shown == min(limit, digest.total)
    assert sum(section.left_out for section in digest.sections) == digest.total - shown


@given(followed, news_on_topics, st.integers(0, 30))
def test_sections_follow_the_persons_order_and_items_the_newest_first(
    follows: list[Selection], news: list[Item], limit: int
) -> None:
    digest = composed(follows, news, EVERYTHING, limit=limit)
    for section in digest.sections if digest else ():
        assert numbers(section) == sorted(numbers(section), reverse=True)
        for item, also in zip(section.items, section.also_in, strict=True):
            assert [section.selection, *also] == [each for each in follows if takes(each, item)]
    headings = [section.selection for section in digest.sections] if digest else []
    assert headings == [each for each in follows if each in headings]


def test_nothing_new_makes_no_digest() -> None:
    """No mail without news: the caller records why instead."""
    news = [about(1, POLICING)]
    assert composed([RIGHTS], news, EVERYTHING) is None
    assert composed([], news, EVERYTHING) is None
    assert composed([POLICE], news, Window(after=1, upto=1)) is None


def test_an_item_of_two_selections_stands_under_the_first_and_names_the_other() -> None:
    digest = of(
        [RIGHTS, POLICE, OFFICE],
        about(1, POLICING, HUMAN_RIGHTS, SECRETARIAT),
        about(2, POLICING),
    )
    rights, policing = digest.sections
    assert (rights.selection, numbers(rights), rights.also_in) == (RIGHTS, [1], ((POLICE, OFFICE),))
    assert (policing.selection, numbers(policing), policing.also_in) == (POLICE, [2], ((),))


def test_a_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    news = [about(number, POLICING) for number in range(1, 6)]
    digest = of([POLICE], *news, window=Window(after=2, upto=4))
    assert numbers(digest.sections[0]) == [4, 3]


def test_a_busy_selection_does_not_crowd_out_a_quiet_one() -> None:
    busy = [about(number, POLICING) for number in range(10, 20)]
    digest = of([POLICE, RIGHTS], *busy, about(1, HUMAN_RIGHTS), limit=4)
    policing, rights = digest.sections
    assert (numbers(policing), policing.left_out) == ([19, 18, 17], 7)
    assert (numbers(rights), rights.left_out) == ([1], 0)
    assert digest.total == 11


def test_a_selection_without_a_place_in_the_mail_is_still_counted() -> None:
    digest = of([POLICE, RIGHTS], about(1, POLICING), about(2, HUMAN_RIGHTS), limit=1)
    assert [(section.selection, section.left_out) for section in digest.sections] == [
        (POLICE, 0),
        (RIGHTS, 1),
    ]


def test_what_became_one_selection_is_one_section() -> None:
    """Two topics, each followed, of which one is the other by now."""
    item = about(1, POLICING)
    [interest] = interests(POLICE)
    twin = replace(interest, key=2)
    news = News(
        matches={1: [Match(1, 1, is_again=False)], 2: [Match(1, 1, is_again=False)]},
        numbers={1: {1: 1, 2: 1}},
        items={1: item},
    )
    digest = compose([interest, twin], news, {DAILY: EVERYTHING}, limit=50)
    assert digest
    assert (len(digest.sections), digest.total, digest.sections[0].also_in) == (1, 1, ((),))


# -- What somebody had, and what they do not want --------------------------------------------------


def interests(*follows: Selection, until: int | None = None) -> list[Interest]:
    return [
        Interest(key=key, selection=each, frequency=DAILY, since=0, reached=0, until=until)
        for key, each in enumerate(follows, 1)
    ]


def made(
    interested: Sequence[Interest],
    *news: Item,
    daily: tuple[int, int],
    weekly: tuple[int, int] = (0, 0),
    **options: Any,
) -> list[int]:
    spans = {DAILY: daily, WEEKLY: weekly}
    covered = {often: Window(after=after, upto=upto) for often, (after, upto) in spans.items()}
    return told(compose(interested, matched(interested, news), covered, limit=50, **options))


def test_what_is_followed_since_later_brings_no_old_news() -> None:
    police, rights = interests(POLICE, RIGHTS)
    rights = replace(rights, since=2, reached=2)
    news = [about(1, HUMAN_RIGHTS), about(2, POLICING, HUMAN_RIGHTS), about(3, HUMAN_RIGHTS)]
    assert made([police, rights], *news, daily=(0, 9)) == [2, 3]
    assert made([rights], *news, daily=(0, 9)) == [3]


def test_what_ended_is_in_the_digest_that_was_on_its_way_and_in_no_later_one() -> None:
    [police] = interests(POLICE, until=5)
    news = [about(4, POLICING), about(6, POLICING)]
    assert made([police], *news, daily=(0, 9)) == [4]
    assert made([police], *news, daily=(5, 9)) == []


def test_who_moves_to_another_pace_gets_what_was_not_told_yet_once() -> None:
    """Daily ones reached 5, weekly ones 7 when they moved."""
    [was] = interests(POLICE, until=5)
    now = replace(was, frequency=WEEKLY, since=5, reached=7, until=None)
    news = [about(number, POLICING) for number in (4, 6, 8, 10)]
    both = [now, was]
    assert made(both, *news, daily=(0, 5), weekly=(7, 7)) == [4]
    assert made(both, *news, daily=(5, 5), weekly=(7, 7)) == []
    assert made(both, *news, daily=(5, 5), weekly=(7, 8)) == [8, 6]
    assert made(both, *news, daily=(5, 5), weekly=(8, 10)) == [10]


def test_what_was_told_by_another_selection_before_is_not_told_again() -> None:
    """It came to be of the second by a later change."""
    first, second = interests(POLICE, RIGHTS)
    item = about(1, POLICING, HUMAN_RIGHTS)
    news = News(
        matches={1: [Match(3, 1, is_again=False)], 2: [Match(6, 1, is_again=False)]},
        numbers={1: {1: 3, 2: 6}},
        items={1: item},
    )

    def digest(*interested: Interest, **spans: tuple[int, int]) -> list[int]:
        covered = {Frequency(o): Window(after=a, upto=u) for o, (a, u) in spans.items()}
        return told(compose(interested, news, covered, limit=50))

    assert digest(first, second, daily=(0, 4)) == [1]
    assert digest(first, second, daily=(4, 9)) == []
    assert digest(replace(first, until=4), second, daily=(4, 9)) == []
    weekly = replace(first, frequency=WEEKLY)
    assert digest(weekly, second, daily=(4, 9), weekly=(0, 0)) == [1]
    assert digest(weekly, second, daily=(9, 9), weekly=(0, 9)) == []
    assert digest(replace(first, frequency=WEEKLY, until=4), second, daily=(4, 9)) == []


def test_what_some_had_and_others_did_not_is_told_unless_it_was() -> None:
    """It was hidden, or was not of this for a while: spans of changes do not tell who had it."""
    first, second = interests(POLICE, RIGHTS)
    news = News(
        matches={1: [Match(3, 1, is_again=False)], 2: [Match(6, 1, is_again=True)]},
        numbers={1: {1: 3, 2: 6}},
        items={1: about(1, POLICING, HUMAN_RIGHTS)},
    )
    window = {DAILY: Window(after=4, upto=9)}
    assert told(compose([first, second], news, window, limit=50)) == [1]
    assert told(compose([first, second], news, window, limit=50, told={1})) == []


def test_what_is_hidden_muted_or_told_is_left_out() -> None:
    police, rights = interests(POLICE, RIGHTS)
    news = [about(1, POLICING), about(2, HUMAN_RIGHTS), about(3, POLICING, SECRETARIAT)]
    assert made([police, rights], *news, daily=(0, 9)) == [3, 1, 2]
    muted = frozenset({SECRETARIAT})
    assert made([police, rights], *news, daily=(0, 9), muted=muted) == [1, 2]
    assert made([police, rights], *news, daily=(0, 9), told={1}) == [3, 2]
    found = matched([police], news)
    hidden = replace(found, items={3: news[2]})
    digest = compose([police], hidden, {DAILY: EVERYTHING}, limit=50)
    assert told(digest) == [3]


def test_the_work_for_one_reader_does_not_grow_with_other_peoples_news() -> None:
    class Untouched(tuple[Match, ...]):
        """News that nobody may look at."""

        __slots__ = ()

        def __len__(self) -> int:
            raise AssertionError("other people's news were counted")

    [interest] = interests(POLICE)
    news = matched([interest], [about(1, POLICING)])
    others = replace(news, matches={**news.matches, 2: Untouched()})
    digest = compose([interest], others, {DAILY: EVERYTHING}, limit=50)
    assert digest
    assert digest.total == 1
