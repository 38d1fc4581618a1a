"""A page measured: what each element says."""

from feeds.parse.html.outline import outline, put
from feeds.parse.html.tree import Tree


def test_the_whole_has_nothing_before_it_and_does_not_leave() -> None:
    tree = Tree("<body><p>One</p><p>Two</p></body>")
    assert tree.body is not None
    whole, *_ = outline(tree.body).values()
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
    whole, *_ = outline(tree.body).values()
    (line,) = whole.parts
    line.parts[0].leave()
    line.measure_line()
    assert (whole.chars, line.chars, line.own) == (len("Onethree"),) * 3


def test_what_readers_do_not_see_says_nothing() -> None:
    tree = Tree("<body><p>One<!-- two --><?three?></p><noscript>Four</noscript></body>")
    assert tree.body is not None
    whole, line, _ = outline(tree.body).values()
    assert (whole.chars, line.chars) == (len("One"),) * 2


def test_nobody_looks_into_a_menu_unless_it_holds_the_title() -> None:
    menu = "<nav>Menu <a href='/'>Home <b>page</b></a></nav>"
    tree = Tree(f"<body>{menu}<nav><h1>Title</h1></nav><script>code()</script><p>One</p></body>")
    assert tree.body is not None
    known = outline(tree.body)
    assert [part.tag for part in known.values()] == ["body", "nav", "nav", "h1", "script", "p"]
    whole, nav, *_ = known.values()
    assert (whole.chars, nav.chars) == (len("TitleOne"), 0)
    assert whole.has_title


def test_a_whole_page_is_measured_as_well() -> None:
    tree = Tree("<title>Title</title><p>One</p>")
    assert tree.root is not None
    whole, *_ = outline(tree.root).values()
    assert whole.chars == len("TitleOne")


def test_what_is_put_beside_a_part_is_one_in_its_place() -> None:
    tree = Tree("<body><p>One</p><p>Two</p></body>")
    assert tree.body is not None
    known = outline(tree.body)
    whole, one, two = known.values()
    put(tree.create_node("wbr"), two.node, known)
    put(tree.create_node("wbr"), one.node, known, is_behind=True)
    put(tree.create_node("wbr"), tree.css("head")[0], known)
    assert [part.tag for part in whole.parts] == ["p", "wbr", "wbr", "p"]
    assert [part.node.mem_id for part in whole.parts] == [each.mem_id for each in tree.body.iter()]
    assert two.before is one
    assert whole.neighbour(tree.create_node("wbr"), is_behind=True).up is None
