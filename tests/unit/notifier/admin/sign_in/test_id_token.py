"""What an ID token has to say, to the second, and whom it names then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifier.account import Person
from notifier.admin.sign_in.id_token import Naming, TokenTerms, check, person_in
from notifier.errors import ProviderFault, SignInRefused

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
TERMS = TokenTerms(issuer="https://id.example.org", client_id="fieldfare", nonce="n")
GOOD = {
    "iss": "https://id.example.org",
    "sub": "Ada-1",
    "aud": "fieldfare",
    "iat": SECOND,
    "exp": SECOND + 300,
    "nonce": "n",
}


def told(**claims: Any) -> dict[str, Any]:
    """A good token, otherwise; what is None is left out."""
    return {name: value for name, value in {**GOOD, **claims}.items() if value is not None}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["fieldfare"]},
        {"aud": ["fieldfare", "another"], "azp": "fieldfare"},
        {"azp": "fieldfare"},
        {"exp": SECOND - 59},
        {"iat": SECOND + 60, "nbf": SECOND + 60},
    ],
)
def test_a_token_for_us_is_taken_by_clocks_that_differ_by_a_minute(claims: dict[str, Any]) -> None:
    check(told(**claims), TERMS, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        *({name: None} for name in GOOD),
        {"iss": "https://id.example.org/"},
        {"iss": ["https://id.example.org"]},
        {"aud": "Fieldfare"},
        {"aud": []},
        {"aud": ["another"]},
        {"aud": ["fieldfare", "another"]},
        {"aud": ["fieldfare", "another"], "azp": "another"},
        {"azp": "another"},
        {"azp": ""},
        {"exp": SECOND - 60},
        {"exp": "later"},
        {"exp": float("nan")},
        {"iat": SECOND + 61},
        {"nbf": SECOND + 61},
        {"nonce": "N"},
        {"nonce": ""},
        {"sub": 1},
        {"sub": "a\0"},
        {"sub": "a" * 256},
    ],
)
def test_a_token_for_another_or_of_another_time_is_not(claims: dict[str, Any]) -> None:
    with pytest.raises(ProviderFault, match="not for this sign-in"):
        check(told(**claims), TERMS, NOW)


def test_a_token_is_of_one_moment() -> None:
    with pytest.raises(ProviderFault):
        check(told(), TERMS, NOW + timedelta(minutes=6))


@pytest.mark.parametrize(
    ("naming", "claims", "name", "groups"),
    [
        ("email", {"email": "Ada@Example.org", "email_verified": True}, "Ada@Example.org", ()),
        ("preferred_username", {"preferred_username": "Ada"}, "Ada", ()),
        ("sub", {"sub": "ada-1"}, "ada-1", ()),
        ("sub", {"sub": "a", "groups": ["x", "y z", 5, None]}, "a", ("x", "y z")),
        ("sub", {"sub": "a", "groups": "x"}, "a", ("x",)),
        ("sub", {"sub": "a", "groups": {"x": 1}}, "a", ()),
    ],
)
def test_somebody_is_who_the_claim_names(
    naming: str, claims: dict[str, Any], name: str, groups: tuple[str, ...]
) -> None:
    found = person_in(told(**claims), Naming(person=naming, groups="groups"))
    subject = claims.get("sub", "Ada-1")
    assert found == Person(name=name, groups=frozenset(groups), subject=subject)


def test_groups_that_are_not_asked_for_are_not_read() -> None:
    claims = told(sub="a", groups=["chiefs"])
    assert person_in(claims, Naming(person="sub")).groups == frozenset()


@pytest.mark.parametrize(
    ("naming", "claims", "why"),
    [
        ("email", {}, "not told by the claim email"),
        ("email", {"email": ["ada@example.org"], "email_verified": True}, "not told"),
        ("email", {"email": "ada@example.org"}, "nobody made sure"),
        ("email", {"email": "ada@example.org", "email_verified": "true"}, "nobody made sure"),
        ("preferred_username", {"preferred_username": ""}, "not told"),
        ("sub", {}, "no name of an account"),
    ],
)
def test_who_is_not_named_for_certain_is_nobody(
    naming: str, claims: dict[str, Any], why: str
) -> None:
    with pytest.raises(SignInRefused, match=why) as refused:
        person_in(told(**claims), Naming(person=naming))
    assert refused.value.subject == "Ada-1"


def test_what_a_token_leaves_out_is_known() -> None:
    by_mail, by_groups = Naming(person="email"), Naming(person="sub", groups="groups")
    assert not by_mail.is_told({"email": "ada@example.org"})
    assert by_mail.is_told({"email": "ada@example.org", "email_verified": False})
    assert not by_groups.is_told({"sub": "a"})
    assert by_groups.is_told({"sub": "a", "groups": []})
