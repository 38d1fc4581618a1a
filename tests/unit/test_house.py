"""The house itself: how large its rooms may be, what stands at the door, what must not leak."""

import ast
import io
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

# It reads the code and runs none.
pytestmark = pytest.mark.one_python

ROOT = Path(__file__).parents[2]

#: A module that fits in one reading, a function that fits on one screen.
MODULE_LINES = 400
#: A test module is a list of behaviours, looked up by name, not read through.
TEST_MODULE_LINES = 500
FUNCTION_LINES_OF_CODE = 40

#: What one finds at a glance. The door of a package is not counted.
FOLDER_MODULES = 13
#: Shorter, and with one importer alone, a module is a part of that one.
OWN_MODULE_LINES = 40

#: What is installed.
PRODUCT = ("config", "feeds", "notifier")
ROOMS = {*PRODUCT, "deploy", "docs", "seeds", "tests"}
AT_THE_DOOR = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "pyproject.toml",
    "requirements-dev.lock",
    "requirements-peers.lock",
    "requirements-s3.lock",
    "requirements.lock",
}

#: File names that may occur twice: a format is read in one room and written in another, and either
#: side, feeds and notifier, has its words, its errors and its tables.
FORMATS = {"atom", "html", "jsonfeed", "opml", "rss", "sitemap", "xml"}
SHARED_STEMS = {"__init__", "errors", "model", "tables", *FORMATS}

#: Unit tests of the whole instead of one module.
OF_THE_WHOLE = {"test_corpus", "test_docs", "test_house", "test_readme", "test_rules"}


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
    return tuple(path for path in paths if (ROOT / path).is_file())


@cache
def _modules() -> dict[Path, str]:
    return {path: (ROOT / path).read_text("utf-8") for path in _files() if path.suffix == ".py"}


@cache
def _trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(source) for path, source in _modules().items()}


@cache
def _product() -> dict[Path, ast.Module]:
    """Every module that is installed, but the migrations, which nothing imports."""
    return {
        path: tree
        for path, tree in _trees().items()
        if path.parts[0] in PRODUCT and "migrations" not in path.parts
    }


def _name(module: Path) -> str:
    """What a module is imported by."""
    parts = module.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.Module) -> Iterator[str]:
    """The names of all modules a module may import, and of what it takes from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _said_twice(places: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    """The names that have several places."""
    by_name: dict[str, list[str]] = {}
    for name, path in places:
        by_name.setdefault(name, []).append(str(path))
    return {name: sorted(at) for name, at in by_name.items() if len(at) > 1}


def _annotated(tree: ast.Module, wanted: Container[str]) -> Iterator[tuple[str, str]]:
    """Parameters and fields of the names wanted with what they are said to be."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation and node.arg in wanted:
            yield node.arg, ast.unparse(node.annotation)
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id in wanted
        ):
            yield node.target.id, ast.unparse(node.annotation)


def _budget(module: Path) -> int:
    return TEST_MODULE_LINES if module.name.startswith("test_") else MODULE_LINES


def _functions(source: str, tree: ast.Module, longer_than: int) -> Iterator[tuple[str, int]]:
    """The name of each function of more lines, and how many of them hold code."""
    spans = [
        (node, range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for node in _statements(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [(node, span) for node, span in spans if len(span) > longer_than]
    # To take a file apart takes longer than all the rest, and few hold a long function.
    lines = _lines_of_code(source) if long else set()
    for node, span in long:
        yield node.name, len(lines.intersection(span) - _docstrings(node))


def _statements(within: ast.AST) -> Iterator[ast.AST]:
    """Every node but expressions, which are most and define nothing."""
    for node in ast.iter_child_nodes(within):
        if not isinstance(node, ast.expr):
            yield node
            yield from _statements(node)


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
        for path, source in _modules().items()
        if (lines := len(source.splitlines())) > _budget(path)
    }
    assert too_long == {}


def test_every_function_fits_on_one_screen() -> None:
    """No function has more lines of code than the budget; docstrings and comments are free."""
    too_long = {
        f"{path}: {name}": lines
        for path, source in _modules().items()
        for name, lines in _functions(source, _trees()[path], FUNCTION_LINES_OF_CODE)
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
    tree = ast.parse(source)
    assert dict(_functions(source, tree, longer_than=9)) == {"long": 6}
    assert dict(_functions(source, tree, longer_than=10)) == {}


def test_a_file_name_occurs_once() -> None:
    """Whoever hears of `plan` finds one file of that name."""
    places = ((path.stem, path) for path in _product() if path.stem not in SHARED_STEMS)
    assert _said_twice(places) == {}


def test_a_class_name_occurs_once() -> None:
    """Whoever reads `Outcome` need not ask which; private ones count too."""
    classes = (
        (node.name, path)
        for path, tree in _product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert _said_twice(classes) == {}


def test_only_the_door_of_a_package_lists_what_it_offers() -> None:
    """Within, a leading underscore says what is private."""
    listing = {
        str(path)
        for path, tree in _product().items()
        if path.stem != "__init__"
        and any(
            isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets)
            for node in tree.body
        )
    }
    assert listing == set()


def test_a_small_module_has_several_importers() -> None:
    """What one module alone uses, and what fits there, stands there."""
    imported = {path: set(_imported(tree)) for path, tree in _product().items()}
    alone = set()
    for path in imported:
        small = len(_modules()[path].splitlines()) < OWN_MODULE_LINES
        if small and path.stem != "__init__":
            importers = [each for each, names in imported.items() if _name(path) in names]
            alone |= {str(path)} if len(importers) == 1 else set()
    assert alone == set()


def test_a_folder_is_seen_at_a_glance() -> None:
    """More modules than the budget are two rooms."""
    held = Counter(path.parent for path in _product() if path.stem != "__init__")
    full = {str(folder) for folder, number in held.items() if number > FOLDER_MODULES}
    assert full == set()


def test_a_clock_is_asked_and_now_is_a_moment() -> None:
    """`clock` is always the callable, `now` always what it said."""
    confused = {
        f"{name}: {said}: {path}"
        for path, tree in _product().items()
        for name, said in _annotated(tree, {"clock", "now"})
        if (name == "clock") != ("Callable" in said or "Clock" in said)
    }
    assert confused == set()


def test_no_group_is_repeated_possessively() -> None:
    """Python 3.11.0 to 3.11.4, which Debian 12 has, goes on behind what a last repetition began and
    did not end (https://github.com/python/cpython/issues/106052): ``(?>(?:..)*)`` is the same.
    """
    behind = re.compile(r"(?<![(\\])\)(?:[*+?]|\{[^{}()]*\})\+")
    found = {str(path): behind.findall(source) for path, source in _modules().items()}
    assert {path: those for path, those in found.items() if those} == {}


def test_the_unit_tests_mirror_the_house() -> None:
    """tests/unit/feeds/parse/test_dates.py, or test_dates_odd.py, is of feeds/parse/dates.py;
    tests/unit/test_lint.py is of tests/lint.py.
    """
    stems = {_name(path) for path in _product()}
    stems |= {path.stem for path in _files() if path.parent.name == "tests"}
    strays = set()
    for path in _files():
        is_unit = path.parts[:2] == ("tests", "unit") and path.name.startswith("test_")
        if is_unit and path.stem not in OF_THE_WHOLE:
            words = path.stem.removeprefix("test_").split("_")
            names = ("_".join(words[:length]) for length in range(1, len(words) + 1))
            folder = path.parts[2:-1]
            if not any(".".join((*folder, name)) in stems for name in names):
                strays.add(str(path))
    assert strays == set()


def test_the_top_level_holds_the_rooms_and_what_tools_expect() -> None:
    """The rooms, the files a reader looks for, and dot files."""
    top = {path.parts[0] for path in _files()}
    strangers = {name for name in top - ROOMS - AT_THE_DOOR if not name.startswith(".")}
    assert strangers == set()
    assert {name for name in top if (ROOT / name).is_dir() and not name.startswith(".")} <= ROOMS


def test_one_file_alone_knows_the_organisation() -> None:
    """Another one replaces its taxonomy; nothing of it is in code, templates or words."""
    own = re.compile(r"\b(?:osce|odihr|hcnm|oebs|oess|обсе|обсє)\b", re.IGNORECASE)
    # The one file that comes along is named where the default of each setting stands, and the
    # demonstration shows it at work.
    known = {
        Path("config/taxonomies/osce.toml"),
        Path("config/defaults.toml"),
        Path("notifier/cli/demo/examples.toml"),
    }
    named = [
        f"{path}: {found.group()}"
        for path in _files()
        if path.parts[0] in PRODUCT and path not in known
        if b"\0" not in (body := (ROOT / path).read_bytes())
        if (found := own.search(body.decode("utf-8", errors="replace")))
    ]
    assert named == []


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
