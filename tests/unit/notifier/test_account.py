"""Accounts: what they may be called, what a password has to be, who may do what."""

import pytest

from notifier.account import RoleRule, TeamRole, checked_name, checked_password
from notifier.errors import AccountRefused


@pytest.mark.parametrize("typed", ["eve", "Eve", "e", "eve.o-2", "eve@example.org", "e" * 64])
def test_a_name_is_in_small_letters(typed: str) -> None:
    assert checked_name(typed) == typed.lower()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "eve smith",
        ".eve",
        "eve-",
        "ève",
        "e" * 65,
        "eve\n../x",
        "eve ",
        "\u2003eve",
        "\u212aim",
    ],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    """Nor is what blanks or small letters would make another's."""
    with pytest.raises(AccountRefused, match="a name has letters"):
        checked_name(typed)


def test_a_password_is_taken_as_it_is_typed() -> None:
    for typed in ("a thrush with a slate head", " Пять слов и ещё пробел ", "123456789012345"):
        assert checked_password("eve", typed) == typed


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("fourteen chars", "at least 15"),
        ("x" * 257, "at most 256"),
        ("ababababababababab", "too easy"),
        ("Eve and her friends", "too easy"),
    ],
)
def test_a_password_that_is_tried_first_is_refused(typed: str, why: str) -> None:
    with pytest.raises(AccountRefused, match=why) as refused:
        checked_password("eve", typed)
    assert typed not in str(refused.value)


def test_an_operator_may_do_all_an_editor_may_and_not_the_other_way() -> None:
    assert TeamRole.OPERATOR.includes(TeamRole.EDITOR)
    assert TeamRole.OPERATOR.includes(TeamRole.OPERATOR)
    assert TeamRole.EDITOR.includes(TeamRole.EDITOR)
    assert not TeamRole.EDITOR.includes(TeamRole.OPERATOR)


def test_the_highest_role_that_groups_give_is_somebodys() -> None:
    rule = RoleRule(operators=frozenset({"chiefs"}), editors=frozenset({"editors", "interns"}))
    assert rule.role(["interns", "chiefs"]) is TeamRole.OPERATOR
    assert rule.role(["staff", "interns"]) is TeamRole.EDITOR
    assert rule.role(["staff"]) is rule.role([]) is None
