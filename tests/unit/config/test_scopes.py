"""What a token may be for: each word says what it allows, and no other one is taken."""

import pytest

from config.scopes import GIVEN, MEANINGS, Scope, scopes_in


def test_each_scope_says_what_it_allows() -> None:
    assert {*MEANINGS} == {*Scope}
    assert {*Scope} - {*GIVEN} == {Scope.ITEMS_PUSH}


def test_scopes_are_separated_by_blanks() -> None:
    assert scopes_in(" items:read  status:read ") == {Scope.ITEMS_READ, Scope.STATUS_READ}
    assert scopes_in("") == frozenset()
    with pytest.raises(ValueError, match="items:all"):
        scopes_in("items:read items:all")
