"""What published bytes depend on besides the items, as a name."""

import pytest

from feeds.publish.build import SiteBuilder
from feeds.publish.site import SourceTerms
from feeds.taxonomy import Taxonomy
from tests.items import a_site


def test_the_same_things_have_the_same_names(osce: Taxonomy) -> None:
    assert SiteBuilder(a_site(), osce).recipe == SiteBuilder(a_site(), osce).recipe
    assert SiteBuilder(a_site(), osce).fingerprint == SiteBuilder(a_site(), osce).fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://elsewhere.example"},
        {"language": "fr"},
        {"terms": (SourceTerms(source="own", full_text=False),)},
    ],
)
def test_entries_depend_on_addresses_words_and_terms(
    osce: Taxonomy, change: dict[str, object]
) -> None:
    assert SiteBuilder(a_site(**change), osce).recipe != SiteBuilder(a_site(), osce).recipe
    assert (
        SiteBuilder(a_site(**change), osce).fingerprint != SiteBuilder(a_site(), osce).fingerprint
    )


@pytest.mark.parametrize(
    "change", [{"contact": ""}, {"entries_per_feed": 7}, {"items_per_page": 7}]
)
def test_what_only_pages_and_feeds_depend_on_leaves_entries_as_they_are(
    osce: Taxonomy, change: dict[str, object]
) -> None:
    assert SiteBuilder(a_site(**change), osce).recipe == SiteBuilder(a_site(), osce).recipe
    assert (
        SiteBuilder(a_site(**change), osce).fingerprint != SiteBuilder(a_site(), osce).fingerprint
    )


def test_entries_depend_on_the_names_of_topics(osce: Taxonomy) -> None:
    other = Taxonomy.from_toml('[[field]]\nslug = "policing"\nlabel = "Police matters"\n')
    assert SiteBuilder(a_site(), other).recipe != SiteBuilder(a_site(), osce).recipe
