"""A page measured: what each element says."""

from selectolax.lexbor import LexborHTMLParser

from feeds.parse.html.outline import outline


def test_the_whole_has_nothing_before_it_and_does_not_leave() -> None:
    tree = LexborHTMLParser("<body><p>One</p><p>Two</p></body>")
    assert tree.body is not None
    whole = outline(tree.body)
    assert whole.before is None
    whole.leave()
    assert whole.chars == len("OneTwo")
    one, two = whole.parts
    assert two.before is one
    one.leave()
    assert whole.chars == len("Two")
