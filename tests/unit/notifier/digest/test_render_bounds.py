"""A digest of whatever size is shown whole: what does not fit is counted, and led to."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Item, TopicRef
from notifier.digest.render import Renderer
from notifier.mail.message import fill
from notifier.model import Digest, Frequency, Window
from tests.builders import only, some_news
from tests.digests import DAY, MOST_BYTES, VALUES, a_renderer, body, composed, parsed, rendered

# Gmail cuts longer ones off and hides the rest, the way to unsubscribe included.
CLIPPED_BYTES = 102_000
RUSSIAN, GEORGIAN = "Права человека и полиция. ", "ადამიანის უფლებები და პოლიცია. "
LONG_URL = f"https://news.example.org/{'x' * 370}"


def topics_of(count: int) -> list[TopicRef]:
    return [TopicRef.parse(f"field:topic-{number}") for number in range(count)]


def a_digest_of(topics: Sequence[TopicRef], news: Sequence[Item]) -> Digest:
    window = Window(after=0, upto=10_000)
    digest = composed([*map(only, topics)], news, window, limit=10_000)
    assert digest
    return digest


def html_bytes(message: bytes) -> int:
    """The HTML part as it is encoded."""
    boundary = parsed(message).get_boundary()
    assert boundary
    part = message.split(f"--{boundary}".encode())[2]
    return len(part.partition(b"\r\n\r\n")[2])


def told(message: bytes) -> tuple[int, int]:
    """How many items are shown, and how many counted."""
    html = body(message, "html")
    more = re.findall(r"(?:and|и ещё) (\d+)", html)
    return html.count("<h3"), sum(map(int, more))


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("words", ["Human rights and policing. ", RUSSIAN, GEORGIAN])
def test_the_largest_digest_is_not_cut_off(language: str, words: str) -> None:
    topics = topics_of(3)
    news = [
        some_news(
            number=number,
            title=words * 4,
            summary=words * 40,
            issuers=(words * 2,),
            topics=frozenset({topics[number % 3]}),
        )
        for number in range(1, 121)
    ]
    message = rendered(a_digest_of(topics, news), language, follows=tuple(map(only, topics)))
    assert MOST_BYTES * 0.9 < html_bytes(message) <= MOST_BYTES < CLIPPED_BYTES
    shown, counted = told(message)
    assert shown > 30
    assert shown + counted == 120
    assert body(message, "plain").count("https://news.example.org/items/") == shown
    for kind in ("plain", "html"):
        assert body(message, kind).count(VALUES["unsubscribe_url"]) == 2


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=60),
    st.sampled_from(["x ", RUSSIAN, GEORGIAN]),
    st.integers(20_000, 40_000),
)
def test_every_item_is_shown_or_counted(sizes: list[int], words: str, most: int) -> None:
    """However many topics are followed: those that do not fit are led to the page of all news."""
    topics = topics_of(len(sizes))
    news = [
        some_news(number=1 + 100 * place + number, title=words * 5, topics=frozenset({topic}))
        for place, (topic, count) in enumerate(zip(topics, sizes, strict=True))
        for number in range(count)
    ]
    message = made(a_renderer(most_bytes=most), a_digest_of(topics, news), topics)
    assert html_bytes(message) <= most
    shown, counted = told(message)
    assert shown + counted == sum(sizes)


def made(renderer: Renderer, digest: Digest, topics: Sequence[TopicRef]) -> bytes:
    """With as long an address in each slot as may stand there."""
    template = renderer.render(
        digest, follows=[*map(only, topics)], frequency=Frequency.DAILY, day=DAY, language="en"
    )
    values = VALUES | {"view_url": LONG_URL, "unsubscribe_url": LONG_URL}
    return bytes(fill(template, values))


def test_what_does_not_fit_of_any_topic_is_led_to_all_news() -> None:
    topics = topics_of(120)
    news = [
        some_news(number=number, title=RUSSIAN * 5, topics=frozenset({topic}))
        for number, topic in enumerate(topics, 1)
    ]
    text = body(made(a_renderer(most_bytes=20_000), a_digest_of(topics, news), topics), "plain")
    assert re.search(r"and \d+ more in All news *\nhttps://news.example.org/feeds/all/ *\n", text)


def test_many_feeds_at_the_foot_do_not_take_the_place_of_news() -> None:
    topics = topics_of(0) + [TopicRef.parse("field:policing")] * 500
    digest = a_digest_of(topics, [some_news()])
    html = body(made(a_renderer(most_bytes=20_000), digest, topics), "html")
    assert 5 < html.count("policing.atom") < 40


def test_a_digest_is_the_same_however_much_was_made_before() -> None:
    """What is kept is what would be made anew; another revision of an item is made anew."""
    topics = [TopicRef.parse("field:policing")]
    renderer = a_renderer()
    first = made(renderer, a_digest_of(topics, [some_news(number=1)]), topics)
    other = some_news(number=1, change=9, title="Revised")
    revised = made(renderer, a_digest_of(topics, [other]), topics)
    assert made(renderer, a_digest_of(topics, [some_news(number=1)]), topics) == first
    assert "Revised" in body(revised, "html")
    assert "Revised" not in body(first, "html")
    assert made(a_renderer(), a_digest_of(topics, [other]), topics) == revised
