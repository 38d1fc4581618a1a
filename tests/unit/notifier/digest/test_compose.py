"""A digest holds all that matched, each item once, under the person's first topic for it."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Item, TopicKind, TopicRef
from notifier.digest.compose import by_topic, compose
from notifier.model import Digest, Section, Window
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, some_news

EVERYTHING = Window(after=0, upto=1_000_000)
TOPICS = [TopicRef(TopicKind.FIELD, slug) for slug in "abcdefg"]


def composed(
    topics: list[TopicRef], *news: Item, window: Window = EVERYTHING, limit: int = 50
) -> Digest:
    digest = compose(topics, by_topic(news), window, limit=limit)
    assert digest is not None
    return digest


def numbers(section: Section) -> list[int]:
    return [item.number for item in section.items]


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
followed = st.lists(st.sampled_from(TOPICS))
windows = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(
    lambda ends: Window(after=min(ends), upto=max(ends))
)


@given(followed, news_on_topics, windows)
def test_the_union_of_the_mail_is_the_union_of_what_matched_each_item_once(
    topics: list[TopicRef], news: list[Item], window: Window
) -> None:
    within = {item for item in news if window.after < item.number <= window.upto}
    matched = {item for item in within if item.topics & set(topics)}
    digest = compose(topics, by_topic(news), window, limit=len(news))
    mailed = [item for section in digest.sections for item in section.items] if digest else []
    assert len(mailed) == len(set(mailed))
    assert set(mailed) == matched


@given(followed, news_on_topics, st.integers(0, 30))
def test_what_a_mail_leaves_out_is_counted(
    topics: list[TopicRef], news: list[Item], limit: int
) -> None:
    digest = compose(topics, by_topic(news), EVERYTHING, limit=limit)
    if digest is None:
        assert not any(item.topics & set(topics) for item in news)
        return
    shown = sum(len(section.items) for section in digest.sections)
    assert shown == min(limit, digest.total)
    assert sum(section.left_out for section in digest.sections) == digest.total - shown


@given(followed, news_on_topics, st.integers(0, 30))
def test_sections_follow_the_persons_order_and_items_the_newest_first(
    topics: list[TopicRef], news: list[Item], limit: int
) -> None:
    digest = compose(topics, by_topic(news), EVERYTHING, limit=limit)
    for section in digest.sections if digest else ():
        assert numbers(section) == sorted(numbers(section), reverse=True)
        for item, also in zip(section.items, section.also_in, strict=True):
            matching = [topic for topic in dict.fromkeys(topics) if topic in item.topics]
            assert [section.topic, *also] == matching
    headings = [section.topic for section in digest.sections] if digest else []
    assert headings == [topic for topic in dict.fromkeys(topics) if topic in headings]


def test_nothing_new_makes_no_digest() -> None:
    """No mail without news: the caller records why instead."""
    news = by_topic([about(1, POLICING)])
    assert compose([HUMAN_RIGHTS], news, EVERYTHING, limit=50) is None
    assert compose([], news, EVERYTHING, limit=50) is None
    assert compose([POLICING], news, Window(after=1, upto=1), limit=50) is None


def test_an_item_of_two_followed_topics_stands_under_the_first_and_names_the_other() -> None:
    digest = composed(
        [HUMAN_RIGHTS, POLICING, SECRETARIAT],
        about(1, POLICING, HUMAN_RIGHTS, SECRETARIAT),
        about(2, POLICING),
    )
    rights, policing = digest.sections
    assert (rights.topic, numbers(rights), rights.also_in) == (
        HUMAN_RIGHTS,
        [1],
        ((POLICING, SECRETARIAT),),
    )
    assert (policing.topic, numbers(policing), policing.also_in) == (POLICING, [2], ((),))


def test_a_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    news = [about(number, POLICING) for number in range(1, 6)]
    digest = composed([POLICING], *news, window=Window(after=2, upto=4))
    assert numbers(digest.sections[0]) == [4, 3]


def test_a_busy_topic_does_not_crowd_out_a_quiet_one() -> None:
    busy = [about(number, POLICING) for number in range(10, 20)]
    digest = composed([POLICING, HUMAN_RIGHTS], *busy, about(1, HUMAN_RIGHTS), limit=4)
    policing, rights = digest.sections
    assert (numbers(policing), policing.left_out) == ([19, 18, 17], 7)
    assert (numbers(rights), rights.left_out) == ([1], 0)
    assert digest.total == 11


def test_a_topic_without_a_place_in_the_mail_is_still_counted() -> None:
    digest = composed([POLICING, HUMAN_RIGHTS], about(1, POLICING), about(2, HUMAN_RIGHTS), limit=1)
    assert [(section.topic, section.left_out) for section in digest.sections] == [
        (POLICING, 0),
        (HUMAN_RIGHTS, 1),
    ]


def test_a_topic_followed_twice_counts_once() -> None:
    digest = composed([POLICING, POLICING], about(1, POLICING))
    assert (len(digest.sections), digest.total, digest.sections[0].also_in) == (1, 1, ((),))


def test_the_work_for_one_reader_does_not_grow_with_other_peoples_news() -> None:
    class Untouched(tuple[Item, ...]):
        """News that nobody may look at."""

        __slots__ = ()

        def __len__(self) -> int:
            raise AssertionError("other people's news were counted")

        def __iter__(self) -> Iterator[Item]:
            raise AssertionError("other people's news were read")

    news: dict[TopicRef, Sequence[Item]] = {
        POLICING: (about(1, POLICING),),
        HUMAN_RIGHTS: Untouched(),
    }
    digest = compose([POLICING], news, EVERYTHING, limit=50)
    assert digest
    assert digest.total == 1


def test_a_topic_added_later_brings_only_what_came_after_it() -> None:
    old, new = about(1, HUMAN_RIGHTS), about(3, HUMAN_RIGHTS)
    both = about(2, POLICING, HUMAN_RIGHTS)
    digest = compose(
        [POLICING, HUMAN_RIGHTS],
        by_topic([old, both, new]),
        EVERYTHING,
        limit=50,
        late=[(HUMAN_RIGHTS, 2)],
    )
    assert digest
    assert [numbers(section) for section in digest.sections] == [[2], [3]]
    assert digest.sections[0].also_in == ((),)
