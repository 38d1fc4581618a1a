"""The pictures of the README, taken of what `fieldfare demo` serves: `make pictures`."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests.command import FIELDFARE, a_free_port, answers, until
from tests.services import chromium

PICTURES = Path(__file__).parent.parent / ".github"
#: Of the mail that is taken: a daily one of several items.
SUBJECT = "3 new items: Policing"


def main() -> None:
    """All pictures are made anew."""
    with demo() as url, chromium() as browser:
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


@contextmanager
def demo() -> Iterator[str]:
    """The demo in a folder of its own, once it answers under the address given."""
    port = a_free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [FIELDFARE, "demo", "--directory", folder, "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
            try:
                until(lambda: answers(url))
                yield url
            finally:
                running.terminate()


if __name__ == "__main__":
    main()
