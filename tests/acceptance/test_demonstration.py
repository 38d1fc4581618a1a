"""What a newcomer sees of `fieldfare demo`, and that what it says to try does what it says."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from time import sleep
from typing import Any

import httpx2 as httpx
from lxml import html

from notifier.web.forms import LEAST
from tests.command import FIELDFARE, Started, a_free_port, answers, until

#: In the name of the site, of which each page and mail is, and of who publishes each feed.
MARK = "Made-up "


def demo(folder: Path, port: int, *options: str) -> Started:
    command = [FIELDFARE, "demo", "--directory", str(folder), "--port", str(port), *options]
    return Started(command, dict(os.environ))


def test_a_port_that_is_taken_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        refused = demo(tmp_path / "demo", port)
        _, said = refused.communicate()
    assert refused.returncode == 1
    assert said.decode().startswith(f"fieldfare: cannot listen on 127.0.0.1 port {port}: ")
    assert f"`fieldfare demo --port {port + 1}`" in said.decode()
    assert not (tmp_path / "demo").exists()


def test_the_demo_is_alive_and_each_step_it_names_works(tmp_path: Path) -> None:
    folder, port = tmp_path / "demo", a_free_port()
    url = f"http://127.0.0.1:{port}"
    shown = demo(folder, port)
    try:
        until(lambda: shown.poll() is not None or answers(url))
        site_shows_two_years(url)
        examples_are_marked(folder)
        readers_got_different_mails(folder)
        somebody_signs_up(url)
    finally:
        shown.send_signal(signal.SIGTERM)
        guide = shown.communicate()[0].decode()
    assert shown.returncode == 0

    # What it said is tried while it runs again, at another port.
    other = a_free_port()
    again = demo(folder, other)
    url = f"http://127.0.0.1:{other}"
    try:
        until(lambda: again.poll() is not None or answers(url))
        front = httpx.get(url).text
        assert url in front
        assert f":{port}/" not in front
        every_step_works(url, guide)
    finally:
        again.send_signal(signal.SIGTERM)
        assert again.communicate()[1] == b""


def page(answer: httpx.Response) -> Any:
    return html.fromstring(answer.content)


def site_shows_two_years(url: str) -> None:
    front = page(httpx.get(url))
    lines = front.xpath("//ul[@id='field']//div[@class='line']")
    assert len(lines) == 28
    assert all(line.xpath(".//svg") and line.xpath(".//*[@class='count']") for line in lines)
    archives = page(httpx.get(f"{url}/feeds/all/"))
    assert archives.xpath("//a[contains(@href, '/feeds/all/20')]")
    until(lambda: "Winter school" in httpx.get(f"{url}/feeds/select/?q=bicycle").text)


def examples_are_marked(folder: Path) -> None:
    public = folder / "public"
    for path in (*public.rglob("*.html"), *public.rglob("*.atom"), *public.rglob("*.rss")):
        assert MARK in path.read_text("utf-8"), path
    for path in (folder / "mail" / "new").iterdir():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert MARK in message["from"]
    feed = (public / "feeds" / "all.atom").read_text("utf-8")
    made_up, real = (
        feed.count(credit) for credit in ("A made-up example:", "A document of the OSCE,")
    )
    assert (made_up + real, real) == (feed.count("<entry "), 2)


def readers_got_different_mails(folder: Path) -> None:
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (folder / "mail" / "new").iterdir()
    ]
    assert len({message["to"] for message in mails}) == 6
    assert len({message["content-language"] for message in mails}) == 5


def somebody_signs_up(url: str) -> None:
    topic = page(httpx.get(f"{url}/feeds/fields/policing/"))
    (first,) = topic.xpath("//form[contains(@class, 'sign-up')]")
    asked = httpx.post(url + "/subscribe", data={**first.fields, "address": "you@example.org"})
    (second,) = page(asked).xpath("//main//form")
    filled = dict(second.form_values())
    sleep(LEAST.total_seconds())
    assert httpx.post(url + "/subscribe", data=filled).has_redirect_location
    until(lambda: "you@example.org" in httpx.get(f"{url}/mails").text)


def every_step_works(url: str, guide: str) -> None:
    named = r"^ *(or by command|Add an item|Correct it) {2,}(.+)$"
    steps = dict(re.findall(named, guide, re.MULTILINE))

    def shown(title: str) -> Callable[[], bool]:
        return lambda: title in httpx.get(f"{url}/feeds/fields/policing/").text

    def tried(step: str) -> None:
        subprocess.run(steps[step], shell=True, check=True, capture_output=True)

    tried("or by command")
    tried("Add an item")
    until(shown("Two police stations"))
    until(lambda: "1 new item: Policing" in httpx.get(f"{url}/mails").text)
    tried("Correct it")
    until(shown("Three police stations"))
