"""Every item is on one page or open, and no page changes that need not."""

from hypothesis import given
from hypothesis import strategies as st

from feeds.publish.archive import ArchivePage, PageChain, chain, changed

counts = st.dictionaries(
    st.sampled_from(["1999-12", "2000-01", "2019-03", "2026-10", "2026-11"]), st.integers(0, 12)
)
sizes = st.integers(1, 5)


@given(counts, sizes)
def test_every_item_is_on_one_page_or_open(months: dict[str, int], size: int) -> None:
    made = chain(months, size)
    pages = [link.page for link in made.links]
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
    by_page = {link.page: link for link in made.links}
    walked, page = [], made.last
    while page:
        walked.append(page)
        page = by_page[page].previous
    assert walked[::-1] == [link.page for link in made.links]
    assert [by_page[each].next for each in walked[1:]] == walked[:-1]


@given(counts, counts, sizes)
def test_what_is_not_told_as_changed_is_as_it_was(
    before: dict[str, int], after: dict[str, int], size: int
) -> None:
    old, new = chain(before, size), chain(after, size)
    first = {month: min(before.get(month, 0), after[month]) for month in after}
    told = changed(old, new, first)
    assert {*new.links} - {*told} <= {*old.links}


def test_one_more_item_changes_no_page_before_one_is_full() -> None:
    before = chain({"2026-10": 2, "2026-11": 4}, 3)
    after = chain({"2026-10": 2, "2026-11": 5}, 3)
    assert changed(before, after, {"2026-11": 4}) == []
    full = chain({"2026-10": 2, "2026-11": 6}, 3)
    told = changed(after, full, {"2026-11": 5})
    assert [link.page.name for link in told] == ["2026-11", "2026-11-2"]


def test_a_later_month_ends_the_one_before() -> None:
    before, after = chain({"2026-10": 2}, 3), chain({"2026-10": 2, "2026-11": 1}, 3)
    assert (before.links, before.open, before.last) == ((), 2, None)
    assert after.last == ArchivePage("2026-10", 1, 0, 2)
    assert [link.page.name for link in changed(before, after, {"2026-11": 0})] == ["2026-10"]


def test_a_month_that_is_over_changes_from_the_first_item_that_did() -> None:
    months = {"2019-03": 7, "2026-11": 1}
    told = changed(chain(months, 3), chain(months, 3), {"2019-03": 3})
    assert [link.page.name for link in told] == ["2019-03-2", "2019-03-3"]


def test_nothing_has_no_pages() -> None:
    assert chain({}, 3) == chain({"2019-03": 0}, 3) == PageChain(links=(), open=0)
