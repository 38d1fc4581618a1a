"""Every rule of understanding can be switched off, and what then goes wrong is named."""

from collections.abc import Iterator

import pytest

from tests.accuracy import rules as switching
from tests.accuracy.__main__ import main
from tests.accuracy.exempt import EXEMPT, reason_of
from tests.accuracy.rules import modules, rules, witnessed, witnesses
from tests.accuracy.truth import cases, judged

# These trace what they run themselves, and the corpus goes the same ways.
pytestmark = pytest.mark.one_python

#: Modules of types and of what is put together from rules: nothing in them can find nothing.
WITHOUT_RULES: set[str] = set()


@pytest.fixture(scope="module", autouse=True)
def some_documents() -> Iterator[None]:
    """Every fourth document of the corpus is asked; to ask all takes 10 s: `make accuracy` does."""
    some = cases()[::4]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switching, "cases", lambda: some)
        switching._runs.cache_clear()
        yield
    switching._runs.cache_clear()


def test_every_module_has_rules() -> None:
    """A new one has none only where somebody says so."""
    named = {rule.name.rpartition(".")[0] for rule in rules()}
    names = (module.__name__.removeprefix("feeds.parse.") for module in modules())
    without = {name for name in names if not any(rule.startswith(name) for rule in named)}
    assert without - {"feeds.parse"} == WITHOUT_RULES


def test_every_exemption_is_of_a_rule() -> None:
    exempt = {reason_of(rule.name) for rule in rules()} - {None}
    assert exempt == set(EXEMPT)


def test_what_fails_without_a_rule_is_named_and_all_is_well_again_behind_it() -> None:
    rule = next(rule for rule in rules() if rule.name == "html.title.voices.says")
    needed_by = witnesses(rule)
    assert needed_by
    assert all(name.startswith(("page/", "refused/")) for name in needed_by)
    assert all(
        finding.right for case in cases() if case.name in needed_by for finding in judged(case)
    )
    assert witnessed([rule.name], most=1) == {rule.name: needed_by[:1]}


def test_a_rule_is_asked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["html.title.voices.says"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("html.title.voices.says ")
    assert "rules: 1, 1 of them with a document that needs it" in told
