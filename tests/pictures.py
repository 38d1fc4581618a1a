"""The pictures of the README and of the papers, taken of what `fieldfare demo` serves: `make
pictures`.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
from playwright.sync_api import Browser, Page

from tests.command import FIELDFARE, a_free_port, answers, until
from tests.services import chromium

PICTURES = Path(__file__).parent.parent / ".github"
#: Of the mail that is taken: a daily one of several items.
SUBJECT = "3 new items: Policing"

PASSWORD = "a thrush with a slate head"
READER = "anna@example.org"
#: Of the team's pages: what a picture is called, where it is taken, and how much of it.
TEAM = (
    ("overview", "/", 600),
    ("items", "/items", 600),
    ("quarantine", "/quarantine", 430),
    ("names", "/names", 520),
    ("mails", "/mails", 760),
    ("statistics", "/statistics", 600),
    ("deeds", "/deeds", 560),
)
WIDTH = 1100
#: What nobody takes for news, and news that names what is no topic.
NOTES = "Lunch is at noon. Bring the keys of the archive, please.\n"
HARBOURS = """News Item
Harbour masters compare how they write down what ships bring
Four harbours find that they use eleven forms for the same thing.
- Issued on:
- 27 November 2026
- Issued by:
- Programme Office in Astana
- Fields of work:
- Policing matters, Ports and harbours
Four harbours find that they use eleven forms for the same thing.
They will try one form from spring on, and tell each other what it misses.
"""


def main() -> None:
    """All pictures are made anew."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        with demo(folder) as url:
            _taken_of_readers_pages(browser, url)
        _with_a_team(folder)
        with demo(folder) as url:
            until(lambda: "Harbour masters" in httpx.get(url).text)
            _taken_of_the_teams(browser, url)


def _taken_of_readers_pages(browser: Browser, url: str) -> None:
    listing = httpx.get(f"{url}/mails").text
    mail = re.findall(r'href="(/mails/[^"]+)">([^<]+)', listing)
    longest = next(path for path, subject in mail if subject.startswith(SUBJECT))
    for name, path, width, height in (
        ("front-page", "/", 1100, 900),
        ("feed-page", "/feeds/fields/policing", 760, 880),
        ("digest", f"{longest}/html", 760, 1120),
    ):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url + path)
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()


def _taken_of_the_teams(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.goto(f"{url}/admin/")
    page.get_by_label("Name").fill("otto")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/admin/items")
    page.get_by_role("link", name="Harbour masters").click()
    _take(page, "item", 800)
    page.goto(f"{url}/admin/readers")
    page.get_by_label("Mail address").first.fill(READER)
    page.get_by_role("button", name="Find").click()
    _take(page, "reader", 780)
    for name, path, height in TEAM:
        page.goto(f"{url}/admin{path}")
        _take(page, name, height)


def _take(page: Page, name: str, height: int) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.screenshot(path=PICTURES / f"team-{name}.png")


def _with_a_team(folder: Path) -> None:
    """The demo has pages for a team, with something to do on them."""
    file = folder / "fieldfare.toml"
    file.write_text(f"{file.read_text('utf-8')}\n[admin]\npages = true\n", "utf-8")
    for name, role in (("otto", "operator"), ("eve", "editor")):
        command = [FIELDFARE, "--config", str(file), "accounts", "add", name, "--role", role]
        subprocess.run(command, input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
    (folder / "inbox" / "notes.txt").write_text(NOTES, "utf-8")
    (folder / "inbox" / "harbours.txt").write_text(HARBOURS, "utf-8")


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The demo in that folder, once it answers under the address given."""
    port = a_free_port()
    url = f"http://127.0.0.1:{port}"
    command = [FIELDFARE, "demo", "--directory", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            until(lambda: answers(url))
            yield url
        finally:
            running.terminate()


if __name__ == "__main__":
    main()
