"""The house itself: how large its rooms may be, what stands at the door, what must not leak."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: A module that fits in one reading, a function that fits on one screen.
MODULE_LINES = 400
#: A test module is a list of behaviours, looked up by name, not read through.
TEST_MODULE_LINES = 500
FUNCTION_LINES_OF_CODE = 40

ROOMS = {"config", "docs", "feeds", "notifier", "seeds", "tests"}
AT_THE_DOOR = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "pyproject.toml",
    "requirements-dev.lock",
    "requirements.lock",
}

#: What would tie a clone to one machine or one network. A pattern does not match itself.
LEAKS = {
    "a registry's address": re.compile(
        r"pypi\.(?:org|python)|pythonhosted\.|registry\.npmjs|deb\.debian|[-_](?:index[-_]url|find[-_]links)\b",
        re.IGNORECASE,
    ),
    "a path of one machine": re.compile(r"(?<![\w.:])/(?:root|work|home/\w+|Users/\w+|opt)/"),
}

_NOT_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


@cache
def _files() -> tuple[Path, ...]:
    """What is in the repository, or will be once it is added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (Path(name) for name in listed.split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).exists())


def _modules() -> Iterator[tuple[Path, str]]:
    return ((path, (ROOT / path).read_text("utf-8")) for path in _files() if path.suffix == ".py")


def _budget(module: Path) -> int:
    return TEST_MODULE_LINES if module.name.startswith("test_") else MODULE_LINES


def _functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function's name and how many of its lines hold code."""
    lines = _lines_of_code(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            span = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            yield node.name, len(lines & (span - _docstrings(node)))


def _lines_of_code(source: str) -> set[int]:
    """The numbers of the lines that hold more than blanks and comments."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spans = ((token.start[0], token.end[0]) for token in tokens if token.type not in _NOT_CODE)
    return {line for first, last in spans for line in range(first, last + 1)}


def _docstrings(function: ast.AST) -> set[int]:
    """The lines of every docstring within, its own and those of what it defines."""
    return {
        line
        for node in ast.walk(function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }


def test_every_module_fits_in_one_reading() -> None:
    """No module is longer than the budget."""
    too_long = {
        str(path): lines
        for path, source in _modules()
        if (lines := len(source.splitlines())) > _budget(path)
    }
    assert too_long == {}


def test_every_function_fits_on_one_screen() -> None:
    """No function has more lines of code than the budget; docstrings and comments are free."""
    too_long = {
        f"{path}: {name}": lines
        for path, source in _modules()
        for name, lines in _functions(source)
        if lines > FUNCTION_LINES_OF_CODE
    }
    assert too_long == {}


def test_only_code_counts() -> None:
    """The measure of a function leaves out its docstring, comments and blank lines."""
    source = '''
def long(
    name: str,
) -> str:
    """Two lines
    of docstring."""
    # why

    text = """a string
    is code"""
    return text
'''
    assert dict(_functions(source)) == {"long": 6}


def test_the_top_level_holds_the_rooms_and_what_tools_expect() -> None:
    """The rooms, the files a reader looks for, and dot files."""
    top = {path.parts[0] for path in _files()}
    strangers = {name for name in top - ROOMS - AT_THE_DOOR if not name.startswith(".")}
    assert strangers == set()
    assert {name for name in top if (ROOT / name).is_dir() and not name.startswith(".")} <= ROOMS


def test_a_clone_works_anywhere() -> None:
    """No file names a package registry or a path of the machine it was written on."""
    leaks = [
        f"{path}: {what}: {found.group()}"
        for path in _files()
        if b"\0" not in (body := (ROOT / path).read_bytes())
        for what, pattern in LEAKS.items()
        if (found := pattern.search(body.decode("utf-8", errors="replace")))
    ]
    assert leaks == []
