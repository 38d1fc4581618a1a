"""No domain goes before everybody else, none holds them up, and who is too fast slows down."""

import pytest

from notifier.mail.flow.quotas import Quotas, SendingLimits
from notifier.mail.flow.turns import Turns
from notifier.model import Envelope
from tests.builders import an_envelope


def mails(domain: str, count: int, first: int = 1) -> list[Envelope]:
    return [
        an_envelope(recipient=f"reader{number}@{domain}", delivery=number)
        for number in range(first, first + count)
    ]


def domains(turns: Turns, count: int, now: float = 0.0, sessions: int = 10) -> list[str]:
    """Of whom the next ones are."""
    taken = []
    for _ in range(count):
        envelope = turns.take(now, sessions)
        taken.append(envelope.recipient.partition("@")[2] if envelope else "nobody")
    return taken


def done(turns: Turns, domain: str, seconds: float, times: int = 1, *, now: float = 0.0) -> None:
    """So many of a domain came and went, each in its time."""
    for _ in range(times):
        turns.add(mails(domain, 1))
        envelope = turns.take(now, 10)
        assert envelope
        turns.ended(envelope, seconds, now)


def known(turns: Turns, *envelopes: Envelope) -> None:
    """These wait, and each of their domains has just answered."""
    names = dict.fromkeys(each.recipient.partition("@")[2].lower() for each in envelopes)
    turns.add(one for name in names for one in mails(name, 1))
    turns.add(envelopes)
    for _ in names:
        first = turns.take(0.0, 10)
        assert first
        turns.ended(first, 0.01, 0.0)


def test_domains_take_turns() -> None:
    turns = Turns()
    large, small = mails("large.example", 4), mails("small.example", 2)
    known(turns, *large, *small, *mails("Large.Example", 1))
    assert len(turns) == turns.ready(0.0) == 7
    assert [each.lower() for each in domains(turns, 8)] == [
        "large.example",
        "small.example",
        "large.example",
        "small.example",
        *["large.example"] * 3,
        "nobody",
    ]


def test_those_of_one_domain_leave_in_their_order() -> None:
    turns = Turns()
    known(turns, *mails("one.example", 3))
    assert [one.delivery for one in iter(lambda: turns.take(0.0, 1), None)] == [1, 2, 3]


def test_slow_domains_together_have_half_of_the_sessions() -> None:
    """Ten slow ones held five hundred others for half a minute."""
    turns = Turns()
    done(turns, "quick.example", 0.01, 50)
    for number in range(10):
        done(turns, f"slow{number}.example", 10.0)
    known(turns, *mails("quick.example", 5))
    for number in range(10):
        turns.add(mails(f"slow{number}.example", 5))
    begun = domains(turns, 10, sessions=10)
    assert sum(each.startswith("slow") for each in begun) == 5
    assert begun.count("quick.example") == 5
    assert domains(turns, 1) == ["nobody"]
    assert turns.again_at(1.0) == 1.0


def test_a_slow_domain_is_so_beside_others_alone() -> None:
    """Where everything takes long, it is the server, and holding back helps nobody."""
    turns = Turns()
    turns.add(mails("one.example", 10))
    done(turns, "one.example", 3.0, 60)
    assert domains(turns, 10) == ["one.example"] * 10


def test_of_a_domain_nobody_knows_one_message_is_on_its_way() -> None:
    """Nobody knows how slow it is; a first hundred of them took all sessions."""
    turns = Turns()
    turns.add([*mails("new.example", 3), *mails("other.example", 1)])
    assert domains(turns, 3) == ["new.example", "other.example", "nobody"]
    turns.add(mails("other.example", 1))
    # What waits behind both is not ready; what waits behind a single one soon is.
    assert (turns.held(0.5), turns.ready(0.5)) == ([], 0)
    turns.ended(mails("new.example", 1)[0], 0.01, 0.0)
    assert (turns.held(0.5), turns.ready(0.5)) == ([], 3)
    assert domains(turns, 3) == ["new.example", "new.example", "nobody"]


def test_a_domain_that_says_nothing_is_slow_before_it_answers() -> None:
    turns = Turns()
    done(turns, "quick.example", 0.01, 50)
    known(turns, *mails("quick.example", 3))
    turns.add(mails("silent.example", 200))
    [quick], [silent] = mails("quick.example", 1), mails("silent.example", 1)
    assert sorted(domains(turns, 5, now=10.0))[:4] == ["nobody", *["quick.example"] * 3]
    turns.ended(quick, 0.01, 10.9)
    assert (turns.held(11.0), turns.ready(11.0), turns.takes_long(silent)) == ([], 199, False)
    # It is not ready, so that others are asked for; while few answer it may be the server.
    assert (turns.held(11.5), turns.ready(11.5), turns.takes_long(silent)) == ([], 0, True)
    turns.ended(quick, 0.01, 11.8)
    assert turns.held(11.8) == []
    turns.ended(quick, 0.01, 12.4)
    held = turns.held(12.5)
    assert [envelope.delivery for envelope, _ in held] == [*range(52, 201)]
    seconds = [seconds for _, seconds in held]
    assert seconds == pytest.approx([min(2.5 * place, 300) for place in range(51, 200)])
    # Those that come later wait behind them, but not for ever.
    turns.add(mails("silent.example", 10))
    assert [seconds for _, seconds in turns.held(12.5)] == [300] * 10
    # The first may wait behind another domain's: it is tried once more, and not again.
    assert domains(turns, 2, now=12.5) == ["silent.example", "nobody"]
    turns.ended(silent, 10.0, 12.5)
    assert domains(turns, 5, now=12.5) == [*["silent.example"] * 4, "nobody"]
    for _ in range(30):
        turns.ended(silent, 0.01, 12.5)
        assert turns.take(12.5, 10)
    assert (turns.held(13.0), turns.ready(13.0), turns.takes_long(silent)) == ([], 15, False)


def test_what_nothing_was_heard_of_counts_no_more_once_it_is() -> None:
    """It stood behind somebody else's message."""
    turns = Turns()
    known(turns, *mails("small.example", 1))
    assert domains(turns, 1, now=10.0) == ["small.example"]
    [small] = mails("small.example", 1)
    assert (turns.held(70.0), turns.takes_long(small)) == ([], True)
    turns.add(mails("small.example", 1))
    turns.ended(small, 0.01, 70.0)
    assert not turns.takes_long(small)


def test_what_did_not_leave_tells_nothing_of_its_domain() -> None:
    turns = Turns()
    turns.add(mails("one.example", 3))
    assert domains(turns, 2) == ["one.example", "nobody"]
    turns.ended(mails("one.example", 1)[0], 0.0, 0.0)
    assert domains(turns, 2) == ["one.example", "nobody"]


def test_who_waits_for_a_moment_is_not_forgotten_beside_who_waits_for_a_session() -> None:
    turns = Turns(quotas=Quotas(STRICT))
    turns.add([*mails("strict.example", 2), *mails("other.example", 2)])
    assert limited(turns, 10.0, 10.4) == {}
    assert domains(turns, 2, now=10.0) == ["other.example", "nobody"]
    assert limited(turns, 10.0, 10.4) == {"strict": (10, 3)}
    assert turns.again_at(10.0) == 10.4


def test_before_it_is_known_what_is_usual_none_is_left_to_the_store() -> None:
    """It may be the server that is slow. But neither is all of the store taken out."""
    turns = Turns()
    turns.add(mails("silent.example", 701))
    assert domains(turns, 1, now=10.0) == ["silent.example"]
    assert (turns.held(12.0), turns.ready(12.0)) == ([], 200)


def test_what_takes_long_as_all_else_does_goes_where_nobody_else_waits() -> None:
    turns = Turns()
    turns.add(mails("one.example", 9))
    done(turns, "one.example", 3.0, 60)
    assert domains(turns, 2, now=10.0, sessions=4) == ["one.example"] * 2
    turns.add(mails("other.example", 1))
    assert (turns.held(14.0), turns.ready(14.0)) == ([], 1)
    begun = domains(turns, 3, now=14.0, sessions=4)
    assert begun == ["other.example", "one.example", "one.example"]


def test_a_domain_that_was_slow_has_its_share_again_once_it_is_not() -> None:
    turns = Turns()
    done(turns, "quick.example", 0.01, 50)
    done(turns, "slow.example", 10.0)
    turns.add(mails("slow.example", 2))
    first = turns.take(0.0, 2)
    assert first
    assert domains(turns, 1, sessions=2) == ["nobody"]
    for _ in range(20):
        turns.ended(first, 0.01, 0.0)
        turns.add([first])
        again = turns.take(0.0, 2)
        assert again
        first = again
    turns.add(mails("slow.example", 4))
    assert domains(turns, 2, sessions=2) == ["slow.example"] * 2


def test_a_domain_that_refuses_for_rate_waits_and_the_others_go_on() -> None:
    turns = Turns()
    [strict] = mails("strict.example", 1)
    known(turns, *mails("other.example", 2))
    turns.slow(strict, 10.0, 5.0, is_ours=False)
    turns.add(mails("strict.example", 2))
    assert turns.ready(10.0) == 2
    assert domains(turns, 3, now=10.0) == ["other.example", "other.example", "nobody"]
    assert turns.again_at(10.0) == 15.0
    assert domains(turns, 2, now=15.0) == ["strict.example", "nobody"]
    assert turns.ready(16.0) == 0


def test_what_the_sender_is_refused_for_holds_all() -> None:
    turns = Turns()
    turns.slow(mails("one.example", 1)[0], 10.0, 0.0, is_ours=True)
    turns.add(mails("other.example", 1))
    assert domains(turns, 1, now=10.5) == ["nobody"]
    assert turns.again_at(10.5) == 11.0
    assert domains(turns, 1, now=11.0) == ["other.example"]


def test_what_many_domains_refuse_is_meant_for_the_sender() -> None:
    turns = Turns()
    for number in range(3):
        turns.slow(mails(f"{number}.example", 1)[0], 10.0, 0.0, is_ours=False)
    turns.add(mails("other.example", 1))
    assert domains(turns, 1, now=10.5) == ["nobody"]


def limited(turns: Turns, now: float, *moments: float) -> dict[str, tuple[float, int]]:
    """What is asked for, and given as moments to each who asked."""
    asked = turns.quotas.asked(len(turns), now)
    for name in asked:
        turns.quotas.grant(name, moments, now + 1)
    return asked


def test_a_limit_of_all_is_kept() -> None:
    turns = Turns(quotas=Quotas(SendingLimits(rates={"": 2})))
    for number in range(4):
        turns.add(mails(f"{number}.example", 1))
    assert domains(turns, 1, now=10.0) == ["nobody"]
    assert limited(turns, 10.0, 10.0, 10.5) == {"": (2, 2)}
    assert domains(turns, 2, now=10.0) == ["0.example", "nobody"]
    assert turns.again_at(10.0) == 10.5
    assert domains(turns, 2, now=10.5) == ["1.example", "nobody"]
    # None was to be had: it is asked again when that may be otherwise.
    assert limited(turns, 10.5) == {"": (2, 2)}
    assert turns.again_at(10.6) == 11.5
    assert domains(turns, 1, now=10.6) == ["nobody"]
    assert limited(turns, 10.6) == {}


STRICT = SendingLimits(
    rates={"strict": 10},
    connections={"strict": 3},
    receivers={"strict.example": "strict", "*.strict.example": "strict"},
)


def test_a_limit_of_a_receiver_is_kept_over_its_domains_and_holds_nobody_else() -> None:
    turns = Turns(quotas=Quotas(STRICT))
    for name in ("strict", "a.strict", "b.strict", "c.strict", "other", "another"):
        turns.add(mails(f"{name}.example", 1))
    assert domains(turns, 3, now=10.0) == ["other.example", "another.example", "nobody"]
    assert limited(turns, 10.0, 10.0, 10.1, 10.2, 10.3) == {"strict": (10, 4)}
    assert turns.ready(10.0) == 4
    assert domains(turns, 2, now=10.0) == ["strict.example", "nobody"]
    assert turns.ready(10.0) == 0
    assert turns.again_at(10.0) == 10.1
    assert domains(turns, 2, now=10.2) == ["a.strict.example", "b.strict.example"]
    # Three are on their way.
    assert domains(turns, 1, now=10.3) == ["nobody"]
    assert turns.ready(10.3) == 0
    turns.ended(mails("strict.example", 1)[0], 0.1, 10.3)
    assert domains(turns, 1, now=10.3) == ["c.strict.example"]


def test_what_a_receiver_takes_much_later_is_left_to_the_store() -> None:
    turns = Turns(quotas=Quotas(STRICT))
    turns.add(mails("strict.example", 200))
    assert len(turns.held(10.0)) == 100
    assert len(turns) == 100


def test_connections_are_shared_between_nodes() -> None:
    quotas = Quotas(STRICT)
    assert quotas.most_open("strict") == 3
    found = []
    for place in range(4):
        quotas.place = (place, 4)
        found.append(quotas.most_open("strict"))
    # One has one at least: nothing is never sent.
    assert found == [1, 1, 1, 1]


def test_what_waits_in_vain_is_left_to_the_store() -> None:
    """Else a domain that takes few would fill what is at hand, and nobody else got a turn."""
    turns = Turns()
    [strict] = mails("strict.example", 1)
    turns.add(mails("strict.example", 200))
    for _ in range(10):
        turns.accepted(strict, 10.0)
    turns.slow(strict, 10.0, 0.0, is_ours=False)
    held = turns.held(10.0)
    assert len(held) == 120
    assert len(turns) == 80
    assert all(80 / 8 < seconds < 27 for _, seconds in held)
    assert turns.held(10.0) == []
    assert len(turns.held(10.0, all_of_it=True)) == 80
    assert (len(turns), turns.again_at(10.0)) == (0, None)
    assert turns.held(1_000.0) == []
    turns.add(mails("strict.example", 200))
    assert turns.held(1_000.0) == []


def test_nothing_waits_after_it_was_cleared_and_what_was_learnt_stays() -> None:
    turns = Turns()
    turns.accepted(mails("gone.example", 1)[0], 10.0)
    turns.slow(mails("strict.example", 1)[0], 10.0, 5.0, is_ours=False)
    turns.add([*mails("strict.example", 2), *mails("other.example", 2)])
    begun = turns.take(10.0, 2)
    turns.clear()
    assert (len(turns), turns.again_at(10.0)) == (0, None)
    assert begun
    turns.ended(begun, 0.1, 10.0)
    turns.add(mails("strict.example", 1))
    assert domains(turns, 1, now=10.0) == ["nobody"]
    assert turns.again_at(10.0) == 15.0


def test_a_domain_that_is_slow_is_known_as_that_after_it_was_cleared() -> None:
    turns = Turns()
    done(turns, "quick.example", 0.01, 50)
    done(turns, "slow.example", 10.0)
    turns.clear()
    turns.add(mails("slow.example", 4))
    assert domains(turns, 2, sessions=2) == ["slow.example", "nobody"]


def test_of_domains_that_are_as_usual_nothing_is_kept() -> None:
    """There may be a hundred thousand of them."""
    turns = Turns()
    for number in range(100):
        done(turns, f"{number}.example", 0.01)
    assert len(turns._domains) == 0
