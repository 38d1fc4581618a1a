"""Markup that would take a parser for ever, and what only looks like it."""

from feeds.parse.nesting import harm

LONG = "<p>" + "Twenty officers took part. " * 4_000 + "</p>"


def test_a_long_tag_with_few_attributes_does_no_harm() -> None:
    styled = f'<div style="{"color: red; " * 2_000}<">{LONG}</div>'
    assert harm(styled) is None
    assert harm(f"{LONG}<div title='<'>A</div>") is None


def test_elements_left_open_do_no_harm_where_few_follow() -> None:
    assert harm("<b>" * 30 + LONG) is None
    assert harm("<b>A</b>" * 30) is None
    assert "unclosed" in (harm("<b>" * 30 + "<p>A</p>" * 10_000) or "")


def test_no_number_of_quotes_hides_how_deep_elements_are() -> None:
    hidden = "<i " + '""' * 10_001 + ' "' + "</div>" * 400 + '">'
    assert harm(("<div>" * 400 + hidden) * 8) == "its elements are nested 3208 deep"
