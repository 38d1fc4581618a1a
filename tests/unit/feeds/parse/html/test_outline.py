"""A page measured: what each element says."""

from feeds.parse.html.outline import outline
from feeds.parse.html.tree import Tree


def test_the_whole_has_nothing_before_it_and_does_not_leave() -> None:
    tree = Tree("<body><p>One</p><p>Two</p></body>")
    assert tree.body is not None
    whole, *_ = outline(tree.body)
    assert whole.before is None
    whole.leave()
    assert whole.chars == len("OneTwo")
    one, two = whole.parts
    assert two.before is one
    one.leave()
    assert whole.chars == len("Two")


def test_a_line_that_lost_a_part_of_it_is_measured_anew() -> None:
    tree = Tree("<body><p>One <b>two <u>deep</u></b> <i>three</i></p></body>")
    assert tree.body is not None
    whole, *_ = outline(tree.body)
    (line,) = whole.parts
    line.parts[0].leave()
    line.measure_line()
    assert (whole.chars, line.chars, line.own) == (len("Onethree"),) * 3


def test_a_comment_says_nothing() -> None:
    tree = Tree("<body><p>One<!-- two --></p></body>")
    assert tree.body is not None
    whole, line = outline(tree.body)
    assert (whole.chars, line.chars) == (len("One"),) * 2
