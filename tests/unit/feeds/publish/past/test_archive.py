"""Every item is on one page or open, and no page changes that need not."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from feeds.publish.past.archive import ArchivePage, ChainLink, PageChain, Position, changed


def chain(months: Mapping[str, int], size: int) -> PageChain:
    return PageChain(months=months, size=size)


def links(made: PageChain) -> list[ChainLink]:
    return [*made.links(made.names)]


counts = st.dictionaries(
    st.sampled_from(["1999-12", "2000-01", "2019-03", "2026-10", "2026-11"]), st.integers(0, 12)
)
sizes = st.integers(1, 5)


@given(counts, sizes)
def test_every_item_is_on_one_page_or_open(months: dict[str, int], size: int) -> None:
    made = chain(months, size)
    pages = [link.page for link in links(made)]
    assert sum(page.count for page in pages) + made.open == sum(months.values())
    assert 0 <= made.open < size
    assert all(0 < page.count <= size for page in pages)
    assert pages == sorted(pages)
    for month in months:
        starts = [page.start for page in pages if page.month == month]
        assert starts == list(range(0, len(starts) * size, size))


@given(counts, sizes)
def test_pages_lead_to_the_one_before_back_to_the_first(months: dict[str, int], size: int) -> None:
    made = chain(months, size)
    by_page = {link.page: link for link in links(made)}
    walked, page = [], made.last
    while page:
        walked.append(page)
        page = by_page[page].previous
    assert walked[::-1] == [link.page for link in links(made)]
    assert [by_page[each].next for each in walked[1:]] == walked[:-1]


@given(counts, counts, sizes)
def test_what_is_not_told_as_changed_is_as_it_was(
    before: dict[str, int], after: dict[str, int], size: int
) -> None:
    old, new = chain(before, size), chain(after, size)
    known = before | after
    first = {
        month: min(before.get(month, 0), after.get(month, 0))
        for month in known
        if before.get(month, 0) != after.get(month, 0)
    }
    told, gone = changed(old, new, first)
    assert {*links(new)} - {*told} <= {*links(old)}
    names = {link.page.name for link in links(new)}
    assert [page.name for page in gone] == [
        link.page.name for link in links(old) if link.page.name not in names
    ]


def test_one_more_item_changes_no_page_before_one_is_full() -> None:
    before = chain({"2026-10": 2, "2026-11": 4}, 3)
    after = chain({"2026-10": 2, "2026-11": 5}, 3)
    assert changed(before, after, {"2026-11": 4}) == ([], [])
    full = chain({"2026-10": 2, "2026-11": 6}, 3)
    told, _ = changed(after, full, {"2026-11": 5})
    assert [link.page.name for link in told] == ["2026-11-2", "2026-11"]


def test_no_page_changes_where_no_item_did() -> None:
    pages = chain({"2026-10": 2, "2026-11": 4}, 3)
    assert changed(pages, pages, {}) == ([], [])


def test_a_later_month_ends_the_one_before() -> None:
    before, after = chain({"2026-10": 2}, 3), chain({"2026-10": 2, "2026-11": 1}, 3)
    assert (links(before), before.open, before.last) == ([], 2, None)
    assert after.last == ArchivePage("2026-10", 1, 0, 2)
    told, _ = changed(before, after, {"2026-11": 0})
    assert [link.page.name for link in told] == ["2026-10"]


def test_a_month_that_is_over_changes_from_the_first_item_that_did() -> None:
    months = {"2019-03": 7, "2026-11": 1}
    told, _ = changed(chain(months, 3), chain(months, 3), {"2019-03": 3})
    assert [link.page.name for link in told] == ["2019-03-2", "2019-03-3"]


def test_the_document_of_a_page_stands_between_its_neighbours() -> None:
    first, second = links(chain({"2026-10": 2, "2026-11": 2}, 2))
    assert first.position == Position(page=first.page.name, next=second.page.name)
    assert second.position == Position(page=second.page.name, previous=first.page.name)


def test_nothing_has_no_pages() -> None:
    for made in (chain({}, 3), chain({"2019-03": 0}, 3)):
        assert (links(made), made.open, made.last, made.years) == ([], 0, None, [])


def test_each_year_has_its_newest_page() -> None:
    made = chain({"2019-03": 4, "2019-05": 1, "2020-01": 3, "2020-02": 1}, 3)
    assert [page.name for page in made.years] == ["2020-01", "2019-05"]
