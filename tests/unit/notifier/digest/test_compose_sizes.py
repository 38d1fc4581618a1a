"""A mail has room for some items of every topic before it has any for the rest of one."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.digest.compose import SectionSizes, fitting

some_sections = st.lists(
    st.builds(
        SectionSizes,
        head=st.integers(0, 50),
        items=st.lists(st.integers(1, 100), min_size=1, max_size=9),
    ),
    max_size=9,
)


def of(*sections: tuple[int, list[int]]) -> list[SectionSizes]:
    return [SectionSizes(head=head, items=items) for head, items in sections]


def test_places_are_dealt_one_a_round() -> None:
    assert fitting(of((10, [10] * 9), (10, [10] * 2)), 100) == [6, 2]
    assert fitting(of((10, [10] * 9), (10, [10] * 9)), 100) == [4, 4]


def test_a_section_that_has_no_place_has_none_behind_it() -> None:
    """They are in the person's order: no later topic stands where an earlier one does not."""
    assert fitting(of((10, [10]), (10, [100]), (10, [10])), 60) == [1]
    assert fitting(of((10, [100])), 60) == []


def test_an_item_that_is_too_large_ends_its_section_and_no_other() -> None:
    assert fitting(of((0, [10, 100, 10]), (0, [10, 10, 10])), 100) == [1, 3]


@given(some_sections, st.integers(0, 500))
def test_no_more_is_taken_than_there_is(sections: list[SectionSizes], room: int) -> None:
    kept = fitting(sections, room)
    assert len(kept) <= len(sections)
    taken = sum(
        section.head + sum(section.items[:count])
        for section, count in zip(sections, kept, strict=False)
    )
    assert taken <= room
    for section, count in zip(sections, kept, strict=False):
        assert 1 <= count <= len(section.items)
        if count < len(section.items):
            assert taken + section.items[count] > room
