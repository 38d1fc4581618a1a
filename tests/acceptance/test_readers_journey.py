"""One reader's way through the door: in from a page, every change, another address, out, back, and
gone; in Chromium on a phone, with script and without.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.acceptance.test_daemon import SETTINGS, Served, drop_seed
from tests.command import a_free_port, an_installation, until
from tests.contract.notifier.subscribers.test_sign_up import text_of

OLD, NEW = "anna@example.org", "anna@example.net"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A site with one topic's page, whose daemon runs."""
    port = a_free_port()
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port, path=""))
    house.report("publish")
    url = f"http://127.0.0.1:{port}"
    with house.running(url):
        yield Served(house, url)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        java_script_enabled=request.param, viewport={"width": 320, "height": 640}
    )
    yield context.new_page()
    context.close()


def mails(served: Served, to: str, subject: str) -> list[EmailMessage]:
    found = []
    for path in served.house.mails():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if message["to"] == to and re.search(subject, str(message["subject"])):
            found.append(message)
    return found


def link(served: Served, to: str, subject: str, scope: str) -> str:
    """The address of that kind in the mail, once it is there."""
    until(lambda: mails(served, to, subject))
    found = re.search(rf"/{scope}/\S+", text_of(mails(served, to, subject)[-1]))
    assert found
    return served.url + urlsplit(found[0]).path


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def headed(tab: Page, name: str) -> None:
    tab.get_by_role("heading", level=1, name=name).wait_for()


def saved(tab: Page, *said: str) -> None:
    """The change is made, and what comes next is told."""
    press(tab, "Save")
    tab.get_by_role("status").get_by_text("Saved.").wait_for()
    for each in said:
        assert each in tab.get_by_role("main").inner_text()


def subscribed(tab: Page, served: Served) -> None:
    """From the page of Policing to the first digest."""
    tab.goto(f"{served.url}/feeds/fields/policing/")
    form = tab.locator("form", has=tab.locator("input[type=email]"))
    form.locator("input[type=email]").fill(OLD)
    form.get_by_role("button").click()
    tab.get_by_label("At once, as news comes").check()
    # Nobody reads the page and presses the button within two seconds.
    tab.wait_for_timeout(2_200)
    press(tab, "Subscribe")
    headed(tab, "Check your mail")
    tab.goto(link(served, OLD, "Confirm your subscription", "confirm"))
    press(tab, "Confirm")
    headed(tab, "You are subscribed")
    drop_seed(served.house)
    tab.goto(link(served, OLD, "new item", "manage"))
    headed(tab, "Your subscription")


def changed(tab: Page, served: Served) -> None:
    """Weekly, another hour and zone, paused and resumed, one topic more and one less."""
    often = tab.get_by_role("group", name="Policing").get_by_label("How often")
    often.select_option("Weekly")
    saved(tab, "Every Monday at 07:00 (UTC)", "Next digest: Monday")
    tab.get_by_label("Hour of the digest").fill("06:30")
    tab.get_by_label("Time zone").select_option("Asia/Bishkek")
    tab.get_by_label("Day of a weekly digest").select_option("Thursday")
    saved(tab, "Every Thursday at 06:30 (Asia/Bishkek)", "Next digest: Thursday")
    tab.get_by_label("No mail before this day").fill("2099-01-05")
    saved(tab, "Next digest: Thursday 8 January, 06:30 (Asia/Bishkek)")
    assert served.house.report("subscribers")[0]["paused_until"] == "2099-01-05"
    tab.get_by_label("No mail before this day").fill("")
    saved(tab, "Next digest: Thursday")
    tab.get_by_text("Add: Subjects").click()
    tab.get_by_label("Elections").check()
    saved(tab)
    group = tab.get_by_role("group", name="Elections")
    group.get_by_label("How often").select_option("Not any more")
    saved(tab)
    assert tab.get_by_role("group", name="Elections").count() == 0


def moved(tab: Page, served: Served) -> str:
    """Another address; what was mailed to the one before changes nothing any more, and the page is
    behind a link that was asked for.
    """
    tab.get_by_label("Your email address").fill(NEW)
    press(tab, "Use this address")
    tab.get_by_role("status").get_by_text("is on its way").wait_for()
    page = tab.url.partition("?")[0]
    tab.goto(link(served, NEW, "Confirm your new address", "address"))
    press(tab, "Confirm")
    headed(tab, "Your address is changed")
    until(lambda: mails(served, OLD, "go to another address"))

    tab.goto(page)
    headed(tab, "This link no longer works")
    tab.get_by_label("Your email address").fill(NEW)
    press(tab, "Mail me the link")
    headed(tab, "Check your mail")
    return link(served, NEW, "Your link", "manage")


def reach(tab: Page, wanted: Locator) -> None:
    """The keyboard alone leads there."""
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        tab.keyboard.press("Tab")
    raise AssertionError("no Tab leads there")


def changed_and_left_by_keyboard(tab: Page) -> None:
    """Daily at another hour, and then nothing any more."""
    reach(tab, tab.get_by_role("group", name="Policing").get_by_label("How often"))
    tab.keyboard.type("Daily")
    reach(tab, tab.get_by_label("Hour of the digest"))
    tab.keyboard.type("0615AM")
    reach(tab, tab.get_by_role("button", name="Save"))
    tab.keyboard.press("Enter")
    tab.get_by_role("status").get_by_text("Saved.").wait_for()
    assert "Every day at 06:15" in tab.get_by_role("main").inner_text()
    reach(tab, tab.get_by_role("link", name="Unsubscribe from everything"))
    tab.keyboard.press("Enter")
    reach(tab, tab.get_by_role("button", name="Unsubscribe"))
    tab.keyboard.press("Enter")
    headed(tab, "You will get no more mail")


def test_a_reader_comes_changes_everything_leaves_returns_and_is_erased(
    tab: Page, served: Served
) -> None:
    house = served.house
    subscribed(tab, served)
    changed(tab, served)
    page = moved(tab, served)
    tab.goto(page)
    changed_and_left_by_keyboard(tab)
    assert house.report("subscribers")[0]["state"] == "left"
    press(tab, "Undo")
    headed(tab, "You are subscribed")
    [back] = house.report("subscribers")
    assert (back["address"], back["state"]) == (NEW, "active")
    assert [each["selections"] for each in back["digests"]] == [["field=policing"]]

    tab.goto(page)
    tab.get_by_role("link", name="Erase all that is kept about you?").click()
    press(tab, "Erase")
    headed(tab, "You are erased")
    assert house.report("subscribers") == []
