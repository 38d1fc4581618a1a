"""Elements that hold nothing go, with those that held nothing else."""

import time

import pytest

from feeds.markup import CLEAN_TAG, in_paragraphs, without_empty


@pytest.mark.parametrize(
    ("markup", "less"),
    [
        ("<p>a</p><hr><p>b<br></p>", "<p>a</p><hr><p>b<br></p>"),
        ('<div lang="de"><h3></h3><ul><li> <br> </li></ul></div><p>a</p>', "<p>a</p>"),
        ("<table><tr><th></th><td></td></tr><tr><td></td><td>a</td></tr></table>",
         "<table><tr><td></td><td>a</td></tr></table>"),
        ("<p>a<b> </b>b<i>&nbsp;</i>c<u><br></u></p><p> &nbsp;<br></p>",
         "<p>a b&nbsp;c<br></p>"),
        ("<table><tr><td>&nbsp;</td></tr></table>", ""),
        ("<hr><p> </p><br>&nbsp;", ""),
        ("<blockquote><p><em><code></code></em></p></blockquote>", ""),
    ],
)  # fmt: skip
def test_what_holds_nothing_goes(markup: str, less: str) -> None:
    assert without_empty(markup) == less


def test_lines_become_paragraphs_in_the_same_way() -> None:
    assert in_paragraphs(['a < "b"', "c"]) == '<p>a &lt; "b"</p><p>c</p>'
    assert in_paragraphs([]) == ""


def test_a_tag_is_read_as_it_is_written() -> None:
    found = CLEAN_TAG.findall('<p>a</p><a href="&quot;>">b</a>')
    assert [each[1:] for each in found] == [("", "p"), ("/", "p"), ("", "a"), ("/", "a")]


@pytest.mark.one_python
@pytest.mark.parametrize("part", ["<p>", "<tr><td></td>", "<td></td>", "<br>", " ", '<p a="'])
def test_it_takes_time_in_proportion(part: str) -> None:
    begun = time.process_time()
    without_empty("<tr>" + part * (400_000 // len(part)))
    assert time.process_time() - begun < 2
