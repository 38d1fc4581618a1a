"""WCAG 2.2 AA as axe-core sees it in Chromium: all pages, light and dark, on a phone and a desk."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ALL, FeedRef
from feeds.publish.past.archive import ArchivePage, ChainLink
from feeds.selection import EVERYWHERE, Selection
from feeds.storage.entries import PastMonths
from feeds.taxonomy import Taxonomy
from notifier.digest.named import FollowedPage
from notifier.web.private_pages import PrivatePages
from notifier.web.subscribing import Filled
from notifier.web.wishes import Row, Wishes
from tests.axe import faults_of_page
from tests.builders import POLICING, SECRETARIAT, a_subscriber
from tests.digests import a_digest, body, rendered
from tests.items import NOON, a_site, an_item
from tests.served_site import ServedSite, served_site

NARROWED = Selection.parse("field=human-rights&field=policing&language=en&q=border")
#: A front page with a search, and charts.
HISTORIES = {
    place: PastMonths(months={"2026-10": 3, "2026-11": 12}, latest_at=NOON)
    for place in (EVERYWHERE, POLICING.place, SECRETARIAT.place)
}
#: The form to subscribe, with some of everything; and as if all of it were wrong.
FORM: dict[str, Any] = {
    "filled": Filled(
        address="anna@example.org",
        queries=("field=policing",),
        often="weekly",
        hour="07:00",
        weekday="0",
        zone="Europe/Vienna",
        language="en",
        page="/",
        read="en",
        client="",
    ),
    "is_open": True,
    "chosen": [("field=policing", "Policing", "about 3 items a week")],
    "offered": [("field", [("field=gender", "Gender", "en")]), ("issuer", []), ("country", [])],
    "read": "en",
    "token": "x.1",
    "zones": [("Europe/Vienna", "Europe/Vienna", ""), ("Europe/Warsaw", "Europe/Warsaw", "")],
    "languages": [("en", "English", "en"), ("ru", "Русский", "ru")],
    "weekdays": [("0", "Monday", ""), ("1", "Tuesday", "")],
    "consent": "With the button you ask for this.",
}
#: What somebody gets, with all there is to change.
OWN: dict[str, Any] = {
    "address": "a…@example.org",
    "done": "Saved.",
    "new_address": "",
    "coming": [(["Policing"], "Every day at 07:00.", "Next digest: tomorrow.")],
    "wishes": Wishes.of(a_subscriber(muted=(SECRETARIAT,))),
    "rows": [(Row("field=policing", "daily", "1"), "Policing")],
    "oftens": ("immediate", "daily", "weekly", "never"),
    "offered": FORM["offered"],
    "added_often": [("daily", "Daily", ""), ("weekly", "Weekly", "")],
    "muted": [("issuer:secretariat", "OSCE Secretariat")],
    "days": [("0", "Monday"), ("1", "Tuesday")],
    "weekdays": FORM["weekdays"],
    "zones": FORM["zones"],
    "languages": FORM["languages"],
    "mails": [("Your daily digest", "/d/x", ""), ("Your link", "", "on its way")],
    "here": "/manage/x",
    "leave": "/u/x",
    "read": "en",
    "token": "x.1",
}
ALL_WRONG = {
    name: f"The {name} is wrong."
    for name in (
        *("select", "hour", "days", "weekday"),
        *("zone", "language", "pause", "send", "address"),
    )
}
LEFT: dict[str, Any] = {
    "undo": "/undo/x",
    "followed": [
        (
            "field=policing",
            FollowedPage(label="Policing", language="en", url="/x/", feed_url="/x.atom"),
        )
    ],
}
LINK: dict[str, Any] = {"is_over": True, "address": "anna", "token": "x.1"}
FAULTS = {
    name: f"The {name} is wrong."
    for name in ("select", "often", "address", "hour", "weekday", "zone", "language", "send")
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, osce: Taxonomy) -> Iterator[ServedSite]:
    with served_site(tmp_path_factory.mktemp("site"), osce) as up:
        yield up


@pytest.fixture(scope="module")
def made(site: ServedSite, osce: Taxonomy) -> Mapping[str, bytes]:
    """Pages that nobody finds by a link, by their paths."""
    own = a_site(url=site.url)
    builder, private = SiteBuilder(own, osce), PrivatePages(own, osce)
    month = ChainLink(page=ArchivePage("2019-03", 1, 0, 1), previous=None, next=None)
    *_, (_, archive) = builder.archive(ALL, month, [builder.ready(an_item())], ())
    digests = [("You get the daily digest.", ["Policing", "Human rights"])]
    return {
        "/archive": archive,
        "/searched": builder.front_page(["en", "de"], HISTORIES, [])[1],
        "/hidden": builder.hidden("gone", None)[1],
        "/moved": builder.hidden("gone", site.items[0].slug)[1].replace(b"http-equiv", b"data-x"),
        "/unsubscribe": bytes(private.answer("unsubscribe.html", digests=digests).body),
        "/subscribe": bytes(private.answer("subscribe.html", **FORM, faults={}).body),
        "/faults": bytes(private.answer("subscribe.html", **FORM, faults=FAULTS).body),
        "/confirm": bytes(private.answer("confirm.html", labels=["Policing"], when="Daily.").body),
        "/confirmed": bytes(
            private.answer("confirmed.html", comes=[(["Policing"], "Daily.", "Next: now.")]).body
        ),
        "/manage": bytes(private.answer("manage.html", **OWN, faults={}).body),
        "/manage-faults": bytes(private.answer("manage.html", **OWN, faults=ALL_WRONG).body),
        "/address": bytes(private.answer("address.html", address="b…@example.org").body),
        "/erase": bytes(private.answer("erase.html", token="x.1").body),
        "/left": bytes(private.answer("left.html", **LEFT, faults={}).body),
        "/left-faults": bytes(private.answer("left.html", **LEFT, faults={"select": "No."}).body),
        "/link": bytes(private.answer("link.html", **LINK, faults={"address": "Wrong."}).body),
        "/search": builder.search_page(ALL, [], ["de", "en"], None),
        "/narrowed": builder.search_page(FeedRef.of_selection(NARROWED), [], ["de", "en"], 1),
        "/mail": body(rendered(a_digest(), "de"), "html").encode(),
        "/notice": bytes(private.notice("missing_digest", 404).body),
    }


@pytest.fixture(scope="module")
def tab(browser: Browser, site: ServedSite, made: Mapping[str, bytes]) -> Iterator[Page]:
    """A tab for one page after the other, as a tab takes longer than all of them."""
    context = browser.new_context()
    page = context.new_page()

    def answer(route: Route) -> None:
        body = made.get(route.request.url.removeprefix(site.url))
        if body is None:
            route.continue_()
        else:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    yield page
    context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/feeds/all/",
        "/feeds/issuers/secretariat/",
        "guide",
        "foreign",
        "fetched",
        "/archive",
        "/searched",
        "/hidden",
        "/moved",
        "/unsubscribe",
        "/subscribe",
        "/faults",
        "/confirm",
        "/confirmed",
        "/manage",
        "/manage-faults",
        "/address",
        "/erase",
        "/link",
        "/left",
        "/left-faults",
        "/mail",
        "/notice",
        "/search",
        "/narrowed",
    ],
)
def test_a_page_has_no_fault_that_axe_finds(site: ServedSite, tab: Page, path: str) -> None:
    titles = {"guide": "Human rights", "foreign": "Конференция", "fetched": "Representative calls"}
    tab.goto(site.item(titles[path]) if path in titles else site.url + path)
    assert faults_of_page(tab) == []


def test_what_is_printed_is_the_text(site: ServedSite, tab: Page) -> None:
    """Ways to follow, menus and the foot of the page stay on the screen."""
    tab.goto(site.url + "/feeds/all/")
    tab.emulate_media(media="print")
    shown = {each: tab.locator(each).first.is_visible() for each in (".follow", "nav", "footer")}
    assert not any(shown.values()), shown
    assert tab.locator("article h3").first.is_visible()
    tab.emulate_media(media="screen")
