"""Link tokens: short, readable only by whom minted them, refused when altered."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import TokenRefused
from notifier.subscribers.links import Claim, LinkScope, MailLinks, read

SECRET = b"s" * 32
PUBLIC_ID = "kX3vQ9_aB-7z"
LINKS = MailLinks(base_url="https://news.example.org", secret=SECRET)

#: A moment with parts of a second, which no link spells.
UNTIL = datetime(2026, 11, 27, 7, 0, 0, 250_000, tzinfo=UTC)
SPELT = UNTIL.replace(microsecond=0)

parts = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=20)
epochs = st.integers(min_value=0, max_value=10**9)


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_an_unsubscribe_link_says_whose_it_is_and_of_which_consent() -> None:
    claim = read(token_of(LINKS.unsubscribe(PUBLIC_ID, 3)), SECRET)
    assert claim == Claim(scope=LinkScope.UNSUBSCRIBE, public_id=PUBLIC_ID, epoch=3)


def test_a_view_link_names_the_period_too() -> None:
    claim = read(token_of(LINKS.view(PUBLIC_ID, 1, "2026-11-24")), SECRET)
    assert claim == Claim(scope=LinkScope.VIEW, public_id=PUBLIC_ID, epoch=1, extra="2026-11-24")


@pytest.mark.parametrize(
    ("url", "scope", "extra"),
    [
        (LINKS.manage(PUBLIC_ID, 2, UNTIL), LinkScope.MANAGE, ""),
        (LINKS.undo(PUBLIC_ID, 2, UNTIL), LinkScope.UNDO, ""),
        (LINKS.confirm(PUBLIC_ID, 2, "8Zq-1", UNTIL), LinkScope.CONFIRM, "8Zq-1"),
        (LINKS.address(PUBLIC_ID, 2, "8Zq-1", UNTIL), LinkScope.ADDRESS, "8Zq-1"),
    ],
)
def test_a_link_that_changes_something_says_until_when_it_counts(
    url: str, scope: LinkScope, extra: str
) -> None:
    assert url.startswith(f"https://news.example.org/{scope}/")
    claim = read(token_of(url), SECRET)
    assert claim == Claim(scope=scope, public_id=PUBLIC_ID, epoch=2, extra=extra, until=SPELT)


def test_a_link_is_over_from_the_moment_it_names_on() -> None:
    claim = read(token_of(LINKS.manage(PUBLIC_ID, 2, UNTIL)), SECRET)
    assert not claim.is_over(SPELT - timedelta(seconds=1))
    assert claim.is_over(SPELT)


def test_unsubscribing_and_viewing_are_never_over_by_themselves() -> None:
    for url in (LINKS.unsubscribe(PUBLIC_ID, 1), LINKS.view(PUBLIC_ID, 1, "n7")):
        assert not read(token_of(url), SECRET).is_over(datetime.max.replace(tzinfo=UTC))


def test_no_later_moment_can_be_put_into_a_link() -> None:
    token = token_of(LINKS.manage(PUBLIC_ID, 2, UNTIL))
    seconds = str(int(UNTIL.timestamp()))
    with pytest.raises(TokenRefused):
        read(token.replace(seconds, str(int(seconds) + 3600)), SECRET)


@pytest.mark.parametrize("scope", LinkScope)
def test_no_purpose_can_be_swapped_for_another(scope: LinkScope) -> None:
    for url in (
        LINKS.unsubscribe(PUBLIC_ID, 1),
        LINKS.view(PUBLIC_ID, 1, "n7"),
        LINKS.manage(PUBLIC_ID, 1, UNTIL),
        LINKS.undo(PUBLIC_ID, 1, UNTIL),
        LINKS.confirm(PUBLIC_ID, 1, "8Zq-1", UNTIL),
    ):
        mac, own, rest = token_of(url).split(".", 2)
        if own != scope:
            with pytest.raises(TokenRefused):
                read(f"{mac}.{scope}.{rest}", SECRET)


def test_the_path_tells_what_a_link_is_for() -> None:
    assert LINKS.unsubscribe(PUBLIC_ID, 1).startswith("https://news.example.org/u/")
    assert LINKS.view(PUBLIC_ID, 1, "n7").startswith("https://news.example.org/d/")


def test_the_tokens_are_short_enough_for_a_header_line() -> None:
    """List-Unsubscribe is folded, and then encoded, from 75 characters on."""
    assert len(token_of(LINKS.unsubscribe(PUBLIC_ID, 12))) <= 40
    assert len(token_of(LINKS.view(PUBLIC_ID, 12, "2026-11-24"))) <= 52


def test_a_link_ends_in_a_character_that_no_mail_program_cuts_off() -> None:
    for epoch in range(64):
        assert LINKS.unsubscribe("ends-in-a-dash-", epoch)[-1].isdigit()


def test_the_same_link_is_minted_every_time() -> None:
    assert LINKS.unsubscribe(PUBLIC_ID, 1) == LINKS.unsubscribe(PUBLIC_ID, 1)


def test_no_secret_is_shown_by_a_log_line() -> None:
    assert "sss" not in repr(LINKS)


@pytest.mark.parametrize("bad", ["", "a.b", "a/b", "é", "a b", "a\n"])
def test_a_name_that_could_be_read_two_ways_gets_no_link(bad: str) -> None:
    with pytest.raises(ValueError, match="link"):
        LINKS.unsubscribe(bad, 1)


def test_a_period_that_could_be_read_two_ways_gets_no_link() -> None:
    with pytest.raises(ValueError, match="link"):
        LINKS.view(PUBLIC_ID, 1, "1.2")


def test_a_negative_epoch_gets_no_link() -> None:
    with pytest.raises(ValueError, match="epoch"):
        LINKS.unsubscribe(PUBLIC_ID, -1)


@given(parts, epochs, parts)
def test_what_was_minted_is_read_back(public_id: str, epoch: int, period: str) -> None:
    claim = read(token_of(LINKS.view(public_id, epoch, period)), SECRET)
    assert (claim.public_id, claim.epoch, claim.extra) == (public_id, epoch, period)


@given(st.data())
def test_any_other_character_anywhere_is_refused(data: st.DataObject) -> None:
    token = token_of(LINKS.view(PUBLIC_ID, 1, "2026-11-24"))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[place]))
    with pytest.raises(TokenRefused):
        read(token[:place] + other + token[place + 1 :], SECRET)


def test_every_spelling_of_the_same_signature_but_one_is_refused() -> None:
    """Base64 leaves bits of the last character unused; they are no second way in."""
    mac, dot, claimed = token_of(LINKS.unsubscribe(PUBLIC_ID, 1)).partition(".")
    alphabet = string.ascii_letters + string.digits + "-_"
    accepted = [last for last in alphabet if _passes(mac[:-1] + last + dot + claimed)]
    assert accepted == [mac[-1]]


@pytest.mark.parametrize("text", ["", "https://news.example.org/", "a b.u.c.1", "é"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused, match="damaged"):
        read(text, SECRET)


@given(st.text(max_size=300))
def test_wild_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(TokenRefused):
        read(text, SECRET)


@pytest.mark.parametrize("cut", range(1, 39))
def test_a_cut_token_is_refused(cut: int) -> None:
    with pytest.raises(TokenRefused):
        read(token_of(LINKS.unsubscribe(PUBLIC_ID, 1))[:-cut], SECRET)


def test_a_longer_token_is_refused() -> None:
    with pytest.raises(TokenRefused):
        read(token_of(LINKS.unsubscribe(PUBLIC_ID, 1)) + "0", SECRET)


def test_a_token_of_another_installation_is_refused() -> None:
    elsewhere = MailLinks(base_url="https://news.example.org", secret=b"t" * 32)
    with pytest.raises(TokenRefused):
        read(token_of(elsewhere.unsubscribe(PUBLIC_ID, 1)), SECRET)


def test_a_token_of_one_scope_never_passes_for_another() -> None:
    token = token_of(LINKS.view(PUBLIC_ID, 1, "n7"))
    with pytest.raises(TokenRefused):
        read(token.replace(".d.", ".u."), SECRET)


def _passes(token: str) -> bool:
    try:
        read(token, SECRET)
    except TokenRefused:
        return False
    return True


def test_the_links_of_a_mail_are_those_that_are_made_one_by_one() -> None:
    """To manage what one gets, for as long as an installation says since the mail was planned."""
    assert LINKS.of_mail(PUBLIC_ID, 2, "2026-11-24", UNTIL - LINKS.manage_for) == (
        LINKS.unsubscribe(PUBLIC_ID, 2),
        LINKS.view(PUBLIC_ID, 2, "2026-11-24"),
        LINKS.manage(PUBLIC_ID, 2, UNTIL),
    )
