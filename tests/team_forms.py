"""What somebody of the team types and presses on their pages.

Knows the forms. Must never know what they do.
"""

import re
from datetime import timedelta
from typing import Final

import httpx2

from notifier.web.forms import minted
from tests.serving import SECRET, Clock

#: Of those whom tests let in.
PASSWORD: Final = "a thrush with a slate head"


def enter(
    client: httpx2.Client, clock: Clock, name: str = "otto", password: str = PASSWORD, to: str = ""
) -> httpx2.Response:
    token = minted(SECRET, clock.now - timedelta(seconds=5))
    sent = {"name": name, "password": password, "to": to, "token": token}
    return client.post("/admin/sign-in", data=sent)


def press(client: httpx2.Client, page: str, action: str, **fields: str) -> httpx2.Response:
    """The button of a form on a page, with what its form holds and what is typed."""
    shown = client.get(page)
    assert shown.status_code == 200, shown.text
    return client.post(f"/admin{action}", data={"token": token_on(shown.text), **fields})


def token_on(text: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found
    return found[1]
