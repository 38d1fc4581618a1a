"""What a robots.txt asks of us, and how long its word counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import FetchFailed, Stopped
from feeds.fetch.politeness import (
    ALL,
    KEPT_FOR,
    MAX_BYTES,
    MAX_DELAY_SECONDS,
    MAX_HOSTS,
    RETRIED_AFTER,
    Hosts,
    RobotsRules,
    rules_of,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOST = "https://news.example.org"
TROUBLE = FetchFailed(problem="503")


def rules(text: str) -> RobotsRules:
    return rules_of(text.encode(), "Fieldfare")


def some_hosts() -> Hosts:
    return Hosts(0.0, clock=lambda: 0.0, wait=lambda _: False)


def allows(text: str, path: str) -> bool:
    return rules(text).allows(f"{HOST}{path}")


@pytest.mark.parametrize(
    "name", ["Fieldfare", "fieldfare", "FIELDFARE", "Fieldfare/0.1", "Fieldfare # us"]
)
def test_we_are_called_by_our_name_in_any_case(name: str) -> None:
    assert not allows(f"User-agent: {name}\nDisallow: /private", "/private/a")
    assert allows(f"User-agent: {name}\nDisallow: /private", "/public")


@pytest.mark.parametrize("name", ["Field", "fare", "Fieldfares", "Otherbot", "not-us", ""])
def test_another_name_is_not_ours(name: str) -> None:
    assert allows(f"User-agent: {name}\nDisallow: /", "/a")


def test_rules_for_us_replace_those_for_all() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: a\nUser-agent: fieldfare\nDisallow: /b\n"
    assert allows(text, "/a")
    assert not allows(text, "/b")


def test_rules_for_all_are_for_us_too() -> None:
    text = "User-agent: a\nUser-agent: *\nUser-agent: b\nDisallow: /x\nUser-agent: c\nDisallow: /"
    assert not allows(text, "/x")
    assert allows(text, "/y")


def test_the_longest_rule_decides() -> None:
    text = "user-agent: *\nDisallow: /\nAllow: /news/\nDisallow: /news/*.pdf$"
    assert allows(text, "/news/1")
    assert not allows(text, "/news/1.pdf")
    assert not allows(text, "/")


def test_an_empty_file_allows_all() -> None:
    assert allows("", "/")
    assert ALL.allows(f"{HOST}/")


def test_a_page_instead_of_rules_allows_all() -> None:
    assert allows("<html><body>User-agent: * Disallow: /</body></html>", "/a")


@pytest.mark.parametrize(
    "text", ["\ufeffUser-agent: *\r\nDisallow: /a", "User-agent:*\rDisallow:/a"]
)
def test_rules_may_be_saved_by_any_editor(text: str) -> None:
    assert not allows(text, "/a")


def test_rules_beyond_the_limit_are_not_read() -> None:
    text = "User-agent: *\n" + "# filler\n" * (MAX_BYTES // 9) + "Disallow: /\n"
    assert allows(text, "/a")


@pytest.mark.parametrize(
    ("said", "held"),
    [("5", 5.0), ("0.5", 0.5), ("1e9", MAX_DELAY_SECONDS), ("-1", 0), ("nan", 0), ("soon", 0)],
)
def test_a_crawl_delay_is_held_within_reason(said: str, held: float) -> None:
    assert rules(f"User-agent: *\nCrawl-delay: {said}").delay_seconds == held


def test_thousands_of_names_times_thousands_of_rules_are_no_matter() -> None:
    names = "".join(f"User-agent: bot{number}\n" for number in range(14_000))
    lines = "".join(f"Disallow: /{number}*a*b*c\n" for number in range(12_000))
    found = rules(f"{names}User-agent: *\n{lines}")
    assert found.allows(f"{HOST}/{'a' * 5_000}")


def test_many_wildcards_are_no_matter() -> None:
    assert allows("User-agent: *\nDisallow: /" + "*a" * 5_000 + "*b\n", "/" + "a" * 8_000)


@given(st.binary(max_size=200), st.text(alphabet="ab/%?*$", max_size=20))
def test_no_file_is_too_odd(body: bytes, path: str) -> None:
    rules_of(body, "Fieldfare").allows(f"{HOST}/{path}")
    rules_of(b"User-agent: *\nDisallow: " + body, "Fieldfare").allows(f"{HOST}/{path}")


def test_rules_are_asked_for_once_a_day() -> None:
    hosts = some_hosts()
    assert hosts.rules(HOST, NOW, lambda: ALL) is ALL
    assert hosts.rules(HOST, NOW + KEPT_FOR - timedelta(seconds=1), lambda: TROUBLE) is ALL
    other = rules("User-agent: *\nDisallow: /")
    assert hosts.rules(HOST, NOW + KEPT_FOR, lambda: other) is other


def test_each_host_has_its_own() -> None:
    hosts = some_hosts()
    hosts.rules(HOST, NOW, lambda: ALL)
    assert hosts.rules("http://news.example.org", NOW, lambda: TROUBLE) is TROUBLE


def test_trouble_is_looked_at_again_soon_but_not_at_once() -> None:
    hosts = some_hosts()
    assert hosts.rules(HOST, NOW, lambda: TROUBLE) is TROUBLE
    assert hosts.rules(HOST, NOW, lambda: ALL) is TROUBLE
    assert hosts.rules(HOST, NOW + RETRIED_AFTER, lambda: ALL) is ALL


def test_old_rules_hold_while_there_are_no_others() -> None:
    hosts = some_hosts()
    hosts.rules(HOST, NOW, lambda: ALL)
    later = NOW + KEPT_FOR
    assert hosts.rules(HOST, later, lambda: TROUBLE) is ALL
    other = rules("User-agent: *\nDisallow: /")
    assert hosts.rules(HOST, later + RETRIED_AFTER, lambda: other) is other


def test_an_end_is_not_remembered() -> None:
    hosts = some_hosts()
    assert hosts.rules(HOST, NOW, Stopped) == Stopped()
    assert hosts.rules(HOST, NOW, lambda: ALL) is ALL


def test_not_every_host_ever_seen_is_kept() -> None:
    hosts = some_hosts()
    for number in range(MAX_HOSTS + 1):
        hosts.rules(f"https://h{number}.example", NOW, lambda: ALL)
    assert hosts.rules("https://h0.example", NOW, lambda: TROUBLE) is TROUBLE
    assert hosts.rules(f"https://h{MAX_HOSTS}.example", NOW, lambda: TROUBLE) is ALL
