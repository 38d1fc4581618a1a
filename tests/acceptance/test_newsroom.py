"""A newsroom whose pages twenty systems make, taken in from its front page by the command."""

import tomllib
from html import escape
from pathlib import Path

from tests.command import an_installation
from tests.publisher.server import Request, Response, publishing

PAGES = Path(__file__).parents[1] / "blind"
TEMPLATES = 20
#: What stands among the news, and is none.
WALLS = ("consent", "login", "event", "vacancy")


def chosen() -> dict[Path, tuple[str, str]]:
    """One article of each of twenty systems that differ, with its title and its day."""
    found: dict[str, tuple[Path, tuple[str, str]]] = {}
    for path in sorted(PAGES.glob("*/*.toml")):
        truth = tomllib.loads(path.read_text("utf-8"))
        item = truth["items"][0] if truth["news"] else None
        if item and item["issued"] and item["language"] in {"en", "es"}:
            found.setdefault(
                truth["template"], (path.with_suffix(""), (item["title"], item["issued"]))
            )
    every = list(found.values())
    step = len(every) / TEMPLATES
    return dict(every[int(number * step)] for number in range(TEMPLATES))


def walls() -> list[Path]:
    """Pages that are no article, by what their names say."""
    others = [path.with_suffix("") for path in sorted(PAGES.glob("*/*.toml"))]
    named = [next((page for page in others if wall in page.stem), None) for wall in WALLS]
    return [page for page in named if page is not None]


ARTICLES = chosen()


def front() -> str:
    """The front page: news in one column, events beside it, and a menu."""
    news = "".join(
        f'<article class="teaser"><h2><a href="/news/{number}">{escape(title)}</a></h2>'
        f"<time datetime={day}>{day}</time></article>"
        for number, (title, day) in enumerate(ARTICLES.values())
    )
    links = "".join(f'<li><a href="/more/{number}">More</a></li>' for number in range(len(walls())))
    events = "".join(
        f'<li class="event"><a href="/events/{number}">Open day at the harbour {number}</a>'
        f"<p>When: {number + 1} December 2099, 10:00</p></li>"
        for number in range(3)
    )
    return (
        "<!doctype html><html lang=en><head><title>Newsroom</title></head><body>"
        f"<nav><ul><li><a href='/'>Home</a></li><li><a href='/contact'>Contact</a></li>{links}</ul>"
        f"</nav><main><h1>News</h1>{news}</main>"
        f"<aside><h2>Events</h2><ul>{events}</ul></aside></body></html>"
    )


def answer(request: Request) -> Response:
    folder, _, number = request.path.strip("/").partition("/")
    if request.path == "/":
        return Response(headers=(("Content-Type", "text/html"),), body=front().encode())
    pages = {"news": list(ARTICLES), "more": walls()}.get(folder, [])
    if not number.isdecimal() or int(number) >= len(pages):
        return Response(status=404)
    truth = tomllib.loads(Path(f"{pages[int(number)]}.toml").read_text("utf-8"))
    media_type = truth["document"].get("media_type", "text/html")
    body = pages[int(number)].read_bytes()
    return Response(headers=(("Content-Type", media_type),), body=body)


def test_every_article_comes_once_and_nothing_else(tmp_path: Path) -> None:
    """No event, no wall; each with its text, though no page is made like another."""
    with publishing(answer) as publisher:
        house = an_installation(
            tmp_path,
            settings='[fetch]\nprivate_hosts = "127.0.0.1"\npause_seconds = 0\n',
            sources=f'[[sources]]\nname = "press"\nkind = "web"\nurl = "{publisher.at("/")}"\n'
            "full_text = true\n",
        )
        for _ in range(3):
            house.call("ingest", "press")
        asked = {request.path for request in publisher.requests}
    rows = house.report("items", "--limit", "100")
    told = {(row["title"], row["issued"]) for row in rows}
    assert told == set(ARTICLES.values())
    assert len(rows) == TEMPLATES
    assert not any(path.startswith(("/more", "/events")) for path in asked)
    house.call("publish")
    pages = (body for path, body in house.published().items() if path.endswith(".html"))
    shown = "".join(" ".join(page.decode().split()) for page in pages)
    for article in ARTICLES:
        held = tomllib.loads(Path(f"{article}.toml").read_text("utf-8"))["items"][0]["body_holds"]
        assert any(escape(passage, quote=False) in shown for passage in held), article
