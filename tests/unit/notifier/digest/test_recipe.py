"""What was told once is told again, as far as it is shown, in the words it has by then."""

from dataclasses import replace
from datetime import date

from notifier.digest.recipe import Recipe, items_of
from notifier.model import Digest, Frequency, Section
from tests.builders import HUMAN_RIGHTS, POLICING, SECRETARIAT, only, some_news

ONE, TWO, THREE = (some_news(number=number) for number in (1, 2, 3))
RIGHTS, POLICE, OFFICE = map(only, (HUMAN_RIGHTS, POLICING, SECRETARIAT))
DIGEST = Digest(
    sections=(
        Section(selection=RIGHTS, items=(TWO, ONE), also_in=((POLICE, OFFICE), ()), left_out=4),
        Section(selection=POLICE, items=(THREE,), also_in=((),)),
    ),
    total=7,
)
RECIPE = Recipe(
    digest=DIGEST,
    follows=(RIGHTS, POLICE, OFFICE),
    frequency=Frequency.WEEKLY,
    day=date(2026, 11, 24),
    language="ru",
)


def test_what_is_spelt_is_read_as_it_was() -> None:
    spelt = RECIPE.spelt()
    assert Recipe.read(spelt, {1: ONE, 2: TWO, 3: THREE}) == RECIPE
    assert items_of(spelt) == {1, 2, 3}


def test_what_was_revised_is_told_as_it_is_by_now() -> None:
    revised = replace(THREE, title="Another")
    again = Recipe.read(RECIPE.spelt(), {1: ONE, 2: TWO, 3: revised})
    assert again
    assert again.digest.sections[1].items == (revised,)
    assert again.spelt() == RECIPE.spelt()


def test_what_is_shown_no_more_is_left_out() -> None:
    again = Recipe.read(RECIPE.spelt(), {1: ONE})
    assert again
    [rights] = again.digest.sections
    assert (rights.items, rights.also_in, rights.left_out) == ((ONE,), ((),), 4)
    assert again.digest.total == 5
    assert Recipe.read(RECIPE.spelt(), {}) is None
