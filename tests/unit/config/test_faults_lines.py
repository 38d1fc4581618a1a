"""On which line a key of a TOML file stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import line_of, lines_of_keys
from config.options import Key

TEXT = """\
# [mail] in a comment
title = "a"   # top level
mail.smtp.port = 1

[site]
"quoted key" = 1
text = '''
[log]
level = 'inside a text'
'''
  list = [
    1,
    # a comment
    2,
  ]
inline = { a = 1, b = { c = 2 } }

[[sources]] # first
name = "a"

[[sources]]

name = "b"
[log]
level = "info"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 2),
        (("mail", "smtp", "port"), 3),
        (("site",), 5),
        (("site", "quoted key"), 6),
        (("site", "text"), 7),
        (("site", "list"), 11),
        (("site", "inline", "b", "c"), 16),
        (("sources", 0), 18),
        (("sources", 0, "name"), 19),
        (("sources", 1), 21),
        (("sources", 1, "name"), 23),
        (("log",), 24),
        (("log", "level"), 25),
    ],
)
def test_a_key_stands_on_the_line_its_statement_starts(key: Key, line: int) -> None:
    """Whatever TOML's spelling: dotted, quoted, inline, over several lines."""
    tomllib.loads(TEXT)
    assert lines_of_keys(TEXT)[key] == line


def test_what_does_not_stand_there_has_the_line_of_the_table_around_it() -> None:
    """A missing option is added under that header."""
    lines = lines_of_keys(TEXT)
    assert line_of(("sources", 1, "path"), lines) == 21
    assert line_of(("nowhere", "at", "all"), lines) == 1


PADDING = st.sampled_from(["", "# comment", "   ", "#[site]"])
STATEMENT = st.sampled_from(
    [
        "{} = 1",
        "{}.sub = 'x'",
        '{} = """\na = 1\n"""',
        "{} = [\n1,\n]",
        "[{}]",
        "[[{}]]",
        "[{}.sub]",
    ]
)


@given(st.lists(st.tuples(PADDING, STATEMENT), max_size=12))
def test_lines_are_exact_for_any_order_of_statements(parts: list[tuple[str, str]]) -> None:
    """Every statement's key is found on the very line it was written to."""
    text, starts = "", []
    for index, (padding, statement) in enumerate(parts):
        text += padding + "\n"
        starts.append((f"k{index}", text.count("\n") + 1))
        text += statement.format(f"k{index}") + "\n"
    lines = lines_of_keys(text)
    found = [min(line for key, line in lines.items() if name in key) for name, _ in starts]
    assert found == [start for _, start in starts]
