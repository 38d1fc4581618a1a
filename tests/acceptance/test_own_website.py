"""A website of the organisation's own subscribes people by the daemon's API; ours has no form."""

import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx2

from tests.command import Installation, a_free_port, an_installation, until
from tests.pushing import bearer

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
[signup]
on_pages = false
[[clients]]
name = "website"
token_path = "website.token"
scopes = "subscribers:ask"
[[clients]]
name = "office"
token_path = "office.token"
scopes = "subscribers:ask subscribers:vouch"
[[clients]]
name = "wall"
token_path = "wall.token"
scopes = "status:read"
"""
TOKENS = {name: f"the token of the {name}, long enough" for name in ("website", "office", "wall")}


def asked(url: str, token: str, address: str, **more: Any) -> httpx2.Response:
    consent = {"source": "https://www.example.org/news", "text": "Yes, send me news of Policing."}
    body = {"address": address, "topics": ["Policing"], "consent": consent, **more}
    return httpx2.post(f"{url}/api/subscribers", json=body, headers=bearer(TOKENS[token]))


def link_mailed(house: Installation) -> str:
    until(house.mails)
    [mail] = house.mails()
    body = message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",))
    assert body is not None
    found = re.search(r"http\S+/confirm/\S+", body.get_content())
    assert found
    return found[0]


def test_from_a_website_of_ones_own_to_the_confirmed_subscription(tmp_path: Path) -> None:
    port = a_free_port()
    house = an_installation(tmp_path / "house", SETTINGS.format(port=port))
    for name, token in TOKENS.items():
        (house.folder / f"{name}.token").write_text(f"{token}\n")
    url = f"http://127.0.0.1:{port}"
    with house.running(url):
        assert httpx2.get(f"{url}/subscribe").status_code == 404
        status = httpx2.get(f"{url}/api/admin/status", headers=bearer(TOKENS["wall"]))
        assert status.json()["daemon"].startswith("pid ")
        # Nobody has a token for that.
        assert httpx2.get(f"{url}/api/admin/items", headers=bearer(TOKENS["wall"])).is_error
        assert asked(url, "website", "anna@example.org").status_code == 202
        link = link_mailed(house)
        assert httpx2.get(link).status_code == 200
        assert httpx2.post(link).status_code == 303
        assert asked(url, "website", "ben@example.org", double_opt_in=False).status_code == 403
        assert asked(url, "office", "ben@example.org", double_opt_in=False).status_code == 201
    told = {each["address"]: each for each in json.loads(house.call(*EXPORT).stdout)}
    assert {address: each["state"] for address, each in told.items()} == {
        "anna@example.org": "active",
        "ben@example.org": "active",
    }
    assert "confirmed: page" in told["anna@example.org"]["consent"]
    assert "vouched: https://www.example.org/news" in told["ben@example.org"]["consent"]


EXPORT = ("subscribers", "export", "--format", "json")
