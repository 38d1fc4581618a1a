"""The text that a page carries for its scripts."""

import json

from feeds.parse.html.state import article_in, published_in

TITLE = "Ferry sails again"
TEXT = (
    "The ferry sails again after a winter in which nobody crossed but the birds, and some of them. "
)
STATE = json.dumps({"props": {"story": {"headline": TITLE, "body": TEXT * 8}}})


def test_the_text_beside_a_title_is_found() -> None:
    assert TEXT.strip() in article_in(f'<script type="application/json">{STATE}</script>', TITLE)


def test_without_a_title_nothing_is_looked_for() -> None:
    assert article_in(f'<script type="application/json">{STATE}</script>', "") == ""


def test_scripts_of_other_files_and_broken_ones_tell_nothing() -> None:
    broken = json.dumps({"story": {"headline": TITLE, "body": '{"a": ' + TEXT * 8}})
    for script in (
        f'<script src="a.js" type="application/json">{STATE}</script>',
        '<script type="application/json">{"headline": </script>',
        "<script>window.a = 1</script>" * 300,
    ):
        assert article_in(script, TITLE) == ""
    assert TITLE not in article_in(f'<script type="application/json">{broken}</script>', TITLE)


def test_a_text_that_looks_like_a_script_is_a_text() -> None:
    held = {"headline": TITLE, "code": 'window.state = {"a": 1};', "body": TEXT * 8}
    script = f'<script type="application/json">{json.dumps(held)}</script>'
    assert TEXT.strip() in article_in(script, TITLE)


def test_of_very_many_values_the_first_are_read() -> None:
    many = json.dumps({"headline": TITLE, "body": [TEXT] + [1] * 60_000})
    script = f'<script type="application/json">{many}</script>'
    assert article_in(script, TITLE) in {"", TEXT}


def test_the_day_beside_a_title_is_found_and_no_neighbours() -> None:
    held = [
        {"title": "Other", "publishedAt": "2024-05-01"},
        {"title": TITLE, "updated": "2024-05-09"},
    ]
    script = '<script type="application/json">{}</script>'
    assert published_in(script.format(json.dumps(held)), TITLE) == ""
    held[1]["datePublished"] = "2024-05-03"
    assert published_in(script.format(json.dumps(held)), TITLE) == "2024-05-03"
    assert published_in(script.format(json.dumps(held)), "") == ""
