"""A request in the log, where settings ask for it: what was asked, and no reader's token."""

from typing import Any

import anyio
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from feeds.web.published import FileAnswer
from notifier.web.server import logged, logged_at_once, shown


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/u/secret", "/u/…"),
        ("/manage/secret/address", "/manage/…"),
        ("/subscribe", "/subscribe"),
        ("/u", "/u"),
        ("/feeds/all.atom", "/feeds/all.atom"),
        ("/news/u/secret", "/news/u/…"),
        ("/news/feeds/all.atom", "/news/feeds/all.atom"),
    ],
)
def test_tokens_are_no_part_of_a_path(path: str, told: str) -> None:
    assert shown(path, "/news" if path.startswith("/news/") else "") == told


def test_each_request_is_a_line_with_how_it_ended() -> None:
    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("gone", 410)(scope, receive, send)

    async def nothing(*_: Any) -> Any: ...

    moments = iter((1.0, 1.25))
    scope = {"type": "http", "method": "POST", "path": "/u/secret"}
    with capture_logs() as logs:
        anyio.run(logged(web, "", lambda: next(moments)), scope, nothing, nothing)
        answer = FileAnswer(status=304, headers=[], body=b"")
        at_once = logged_at_once(lambda url, _: answer if url.startswith(b"/f") else None, "")
        assert at_once(b"/feeds/all.atom?x=1", []) is answer
        assert at_once(b"/other", []) is None
    assert [(one["method"], one["path"], one["status"], one["seconds"]) for one in logs] == [
        ("POST", "/u/…", 410, 0.25),
        ("GET", "/feeds/all.atom", 304, 0.0),
    ]
