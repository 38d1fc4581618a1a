"""What a person decides by the command: names mapped, items merged, documents promoted."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.command import FEW_TOPICS, Installation, an_installation
from tests.pages import page

UNKNOWN = "Public Affairs Unit"
AGENDA = "Agenda\n10:00 Opening\n11:00 Closing\n"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = an_installation(tmp_path_factory.mktemp("made") / "house")
    for number, title in enumerate(("First course", "Second course")):
        labels = ("- Issued by:", f"- {UNKNOWN}", "- Fields of work:", "- Policing")
        subtitle = f"Course {number} of the year was held."
        body = (subtitle, f"It had {number + 10} participants from the whole region.")
        text = page(head=("News Item", title, subtitle), labels=labels, body=body)
        (made.folder / "inbox" / f"{number}.txt").write_bytes(text)
    (made.folder / "inbox" / "agenda.txt").write_text(AGENDA)
    made.report("ingest", str(made.folder / "inbox"))
    made.report("publish")
    return made


@pytest.fixture
def house(made_once: Installation, tmp_path: Path) -> Installation:
    """Two items under a name nobody knows, and a document that is none."""
    return made_once.copied(tmp_path / "house")


def feed(house: Installation, path: str) -> str:
    return (house.folder / "public" / "feeds" / f"{path}.atom").read_text("utf-8")


def test_a_name_nobody_knows_is_mapped_once_for_all(house: Installation) -> None:
    """What is stored is filed anew and published; what comes later is filed so at once."""
    assert house.report("topics", "--unknown") == [{"kind": "issuer", "label": UNKNOWN, "items": 2}]
    assert "First course" not in feed(house, "issuers/secretariat")
    foreseen = house.report("map", "issuer:secretariat", UNKNOWN, "--dry-run")
    assert foreseen == {"items": 2, "feeds_written": 0}
    assert len(house.report("topics", "--unknown")) == 1
    report = house.report("map", "issuer:secretariat", UNKNOWN)
    assert report["items"] == 2
    assert "First course" in feed(house, "issuers/secretariat")
    assert house.report("topics", "--unknown") == []
    assert house.report("map")["items"] == 0
    labels = ("- Issued by:", f"- {UNKNOWN}")
    (house.folder / "inbox" / "3.txt").write_bytes(page(labels=labels))
    assert house.report("ingest", str(house.folder / "inbox"))["unknown_topics"] == []


def test_two_items_become_one_and_two_again(house: Installation) -> None:
    """By the address of its page or its id; a refusal says why."""
    rows = house.report("items")
    one, other = (row["slug"] for row in rows)
    house.report("items", "merge", one, other, "--dry-run")
    assert house.report("items", "--hidden") == []
    house.report("items", "merge", one, f"http://127.0.0.1:8025/items/{other}/")
    assert [row["slug"] for row in house.report("items")] == [other]
    assert [row["slug"] for row in house.report("items", "--hidden")] == [one]
    refused = house.call("items", "merge", other, one)
    assert refused.returncode == 1
    assert b"hidden itself" in refused.stderr
    assert house.report("items", "split", rows[0]["uid"], "--dry-run")["feeds_written"] == 0
    assert [row["slug"] for row in house.report("items")] == [other]
    for _ in ("once", "and again"):
        house.report("items", "split", rows[0]["uid"])
    assert {row["slug"] for row in house.report("items")} == {one, other}


def test_a_document_that_was_refused_is_taken_in(house: Installation) -> None:
    """And stays in, however often it is looked at."""
    (held,) = house.report("quarantine")
    assert (held["document"], held["code"]) == ("agenda.txt", "not-news")
    report = house.report("promote", held["source"], held["document"])
    assert [item["title"] for item in report["items"]] == ["Agenda"]
    assert house.report("quarantine") == []
    again = house.report("ingest", str(house.folder / "inbox"))
    assert (again["added"], again["revised"], again["quarantined"]) == (0, 0, 0)
    assert house.call("promote", held["source"], "no such document").returncode == 1


FORMS = {
    "rss": b"<rss version='2.0'><channel><item><title>A</title><link>https://a.example.org/1</link>"
    b"</item></channel></rss>",
    "sitemap": b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url>"
    b"<loc>https://a.example.org/1</loc></url></urlset>",
    "json": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "News",
            "items": [{"id": "1", "url": "https://a.example.org/1", "title": "A"}],
        }
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_parse_shows_every_form(form: str, tmp_path: Path) -> None:
    """From standard input, without an installation."""
    house = Installation(tmp_path)
    (tmp_path / "fieldfare.toml").write_text("")
    url = ("--url", "https://a.example.org/list")
    report = house.report("parse", "-", *url, stdin=FORMS[form])
    assert (report["form"], report["list"], report["refused"]) == (form, True, None)
    told = [item["url"] for item in report["items"]] or [
        location["url"] for location in report["locations"]
    ]
    assert told == ["https://a.example.org/1"]
    shown = house.call("parse", "-", *url, stdin=FORMS[form])
    assert b"a list of" in shown.stdout


def test_parse_reads_any_number_of_files_in_the_order_given(tmp_path: Path) -> None:
    """One object a line; a file that cannot be read keeps none of the others from it."""
    house = Installation(tmp_path)
    (tmp_path / "fieldfare.toml").write_text("")
    files = [str(tmp_path / f"{form}.one") for form in FORMS]
    for file, body in zip(files, FORMS.values(), strict=True):
        Path(file).write_bytes(body)
    missing = str(tmp_path / "missing.txt")
    done = house.call("parse", files[0], missing, "-", *files[1:], "--json", stdin=b"- a menu\n")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [f"fieldfare: {missing}: No such file or directory"]
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["document"] for report in reports] == [files[0], "-", *files[1:]]
    assert [report["form"] for report in reports] == [*[*FORMS][:1], None, *[*FORMS][1:]]
    shown = house.call("parse", *files)
    assert shown.returncode == 0
    assert shown.stdout.decode().startswith(f"{files[0]}:\n")
    assert shown.stdout.count(b"a list of") == len(FORMS)


def test_parse_knows_no_source_that_the_settings_do_not(tmp_path: Path) -> None:
    house = Installation(tmp_path)
    (tmp_path / "fieldfare.toml").write_text("")
    refused = house.call("parse", "-", "--source", "nobody", stdin=FORMS["rss"])
    assert refused.returncode == 2
    assert b"'nobody' is no source" in refused.stderr


def test_a_source_that_is_pushed_to_cannot_be_looked_at(tmp_path: Path) -> None:
    """Named, it says so; among all it is left out."""
    house = an_installation(tmp_path / "house")
    settings = house.folder / "fieldfare.toml"
    table = '\n[[sources]]\nname = "press"\nkind = "push"\ntoken_path = "press.token"\n'
    settings.write_text(settings.read_text("utf-8") + table, encoding="utf-8")
    refused = house.call("ingest", "press")
    assert refused.returncode == 1
    assert b"is pushed to" in refused.stderr
    assert house.report("ingest")["problems"] == []


def test_a_topic_is_renamed_in_the_taxonomy(house: Installation) -> None:
    """What is stored, and who names it as before, find it; its old feed leads on."""
    house = replace(house, taxonomy="")
    written = Path(FEW_TOPICS).read_text("utf-8")
    renamed = 'slug = "police"\nformer_slugs = ["policing"]\n'
    (house.folder / "topics.toml").write_text(written.replace('slug = "policing"\n', renamed))
    settings = house.folder / "fieldfare.toml"
    own = settings.read_text("utf-8")
    settings.write_text(own.replace("[site]\n", '[site]\ntaxonomy = "topics.toml"\n', 1))
    house.report("publish")
    assert "First course" in feed(house, "fields/police")
    assert "This feed has moved: Policing" in feed(house, "fields/policing")
    status = house.folder / "public" / "feeds" / "fields" / "policing.atom.status"
    assert status.read_text("ascii") == "308 /feeds/fields/police.atom\n"
    assert len(house.report("items", "--topic", "field:policing")) == 2
    house.report("subscribe", "anna@example.org", "--topic", "field:policing")
    (anna,) = house.report("subscribers")
    assert anna["digests"][0]["selections"] == ["field=police"]
    assert house.report("publish")["files"] == []


def test_an_editor_corrects_withdraws_and_is_asked_why(house: Installation) -> None:
    """Feeds and pages follow at once; the history tells it all."""
    house.report("map", "issuer:secretariat", UNKNOWN)
    [item] = [row["slug"] for row in house.report("items") if "First" in row["title"]]
    why = ("--reason", "a typo", "--by", "Eva")
    assert b"say why" in house.call("items", "correct", item, "--title", "The course").stderr
    told = house.report("items", "correct", item, "--title", "The course", *why, "--dry-run")
    assert told["changes"] == {"title": ["First course", "The course"]}
    assert "First course" in feed(house, "issuers/secretariat")
    near = house.call("items", "correct", item, "--topic", "field:policin", *why)
    assert (near.returncode, b"field:policing" in near.stderr) == (1, True)
    house.report("items", "correct", item, "--title", "The course", *why)
    shown = feed(house, "issuers/secretariat")
    assert ("The course" in shown, "First course" in shown) == (True, False)
    house.report("items", "withdraw", item, *why)
    assert "The course" not in feed(house, "issuers/secretariat")
    house.report("ingest", str(house.folder / "inbox"))
    assert [row["slug"] for row in house.report("items", "--hidden")] == [item]
    house.report("items", "restore", item, *why)
    house.report("items", "correct", item, "--undo", *why)
    assert "First course" in feed(house, "issuers/secretariat")
    steps = house.report("items", "history", item)["steps"]
    deeds = ["corrected", "withdrawn", "restored", "released"]
    assert [(step["deed"], step["who"]) for step in steps][-4:] == [(deed, "Eva") for deed in deeds]
    assert b"corrected by Eva: a typo" in house.call("items", "history", item).stdout
