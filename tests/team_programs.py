"""Programs of the team for tests: the API of a house on a port, and what asks it by a token.

Knows how such a program would speak. Must never know what a test expects of the answers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from config.scopes import Scope
from feeds.web.bearer_api import Bearer, api_app
from notifier.app.house import House
from notifier.app.team.status_api import team_api
from tests.pushing import bearer
from tests.serving import serving

#: Who may all, and who may look at the state alone.
ALL, LOOKING = ("the token of whoever may do all of it", "the token of whoever may only look")
BEARERS = {
    ALL: Bearer(name="newsroom", scopes=frozenset(Scope)),
    LOOKING: Bearer(name="wall", scopes=frozenset({Scope.STATUS_READ})),
}


class TeamProgram:
    """A program with a token."""

    def __init__(self, base: str, token: str) -> None:
        self.client = httpx2.Client(base_url=base, headers=bearer(token), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, **query: Any) -> httpx2.Response:
        """What is shown there."""
        return self.client.get(f"/api/admin{path}", params=query)

    def post(self, path: str, **members: Any) -> httpx2.Response:
        """What is done there, by a body of these members, where there are any."""
        return self.client.post(f"/api/admin{path}", json=members or None)

    def parts(self, path: str, **query: Any) -> list[list[Any]]:
        """The parts of a list, each where the one before leads to."""
        answer = self.get(path, **query)
        found = [answer.json()]
        while "next" in answer.links:
            answer = self.client.get(answer.links["next"]["url"])
            found.append(answer.json())
        return found


@contextmanager
def a_team_api(house: House, publish: Callable[[], None]) -> Iterator[str]:
    """The address of a server with what the team does at /api."""
    api = api_app("0.1.0", BEARERS, team_api(house, publish, frozenset(Scope)))
    with serving(Starlette(routes=[Mount("/api", api)])) as base:
        yield base
