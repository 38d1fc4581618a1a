"""Every rule of understanding, and what the corpus shows of it once it is switched off.

Knows how a rule is told from a step, and what a rule that finds nothing would answer. Must never
know what a rule is about: what is exempt, and why, stands in ``exempt``.

A rule is a function or a constant of ``feeds/parse`` that may find nothing: it has an empty
answer (None, False, an empty text or list, its argument as it came), a list of words may be
empty, a pattern may match nothing. Switched off, that is what it is. All others, those that put
together what rules found, are steps.
"""

import importlib
import inspect
import multiprocessing
import os
import pkgutil
import re
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, partial
from itertools import islice

import feeds.parse
from feeds.parse import words
from tests.accuracy.truth import Case, cases, judged

_ROOT = feeds.parse.__name__
_NO_NEUTRAL = object()
#: What a file of words says of its language: no list that is looked for.
_NO_LISTS = frozenset({"languages", "alike", "scripts", "common"})
_EMPTY: dict[object, Callable[[], object]] = {
    **{kind: kind for kind in (bool, str, bytes, int, float, list, tuple, frozenset, set, dict)},
    Iterable: tuple,
    Sequence: tuple,
    Collection: tuple,
    Mapping: dict,
    Iterator: lambda: iter(()),
}
_NOWHERE: dict[type, re.Pattern[str] | re.Pattern[bytes]] = {
    str: re.compile("(?!)"),
    bytes: re.compile(b"(?!)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``off`` are the places where it is bound, each with what stands there while it is
    switched off; ``codes`` is what runs where a document asks it.
    """

    name: str
    off: tuple[tuple[object, str, object], ...]
    codes: frozenset[types.CodeType]


@cache
def modules() -> tuple[types.ModuleType, ...]:
    """All of ``feeds/parse``, loaded."""
    found = pkgutil.walk_packages(feeds.parse.__path__, f"{_ROOT}.")
    return (feeds.parse, *(importlib.import_module(each.name) for each in found))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of every module, in the order of the modules' names and of their lines."""
    return (*(rule for module in modules() for rule in _rules_of(module)), *_rules_of_words())


def witnesses(rule: Rule, most: int | None = None) -> tuple[str, ...]:
    """The documents that are misunderstood without a rule, the first ``most`` of them."""
    asked = _asked_by(rule)
    with _switched_off(rule):
        failing = (case.name for case in asked if not _is_understood(case))
        return tuple(islice(failing, most))


def _is_understood(case: Case) -> bool:
    return all(finding.right for finding in judged(case))


def _short(module: types.ModuleType) -> str:
    return module.__name__.removeprefix(f"{_ROOT}.") if module is not feeds.parse else "understand"


def _rules_of(module: types.ModuleType) -> Iterator[Rule]:
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        if inspect.isclass(value):
            if value.__module__ == module.__name__ and not issubclass(value, Enum):
                yield from _rules_of_class(module, value)
        elif callable(value):
            if getattr(value, "__module__", None) == module.__name__ and _own_name(value) == name:
                yield from _rule_of_function(f"{_short(module)}.{name}", value)
        elif (empty := _empty_like(value)) not in (_NO_NEUTRAL, value) and _is_at_home(
            module, name
        ):
            off = tuple(_places_of_constant(name, value, empty))
            if codes := _users({home for home, *_ in off}, name):
                yield Rule(name=f"{_short(module)}.{name}", off=off, codes=_asking(codes))


def _rules_of_words() -> Iterator[Rule]:
    """Every list of words, in all languages at once: switched off, it is empty."""
    listed = words.listed
    named = {
        f"{table}.{name}" if table else name
        for language in words.languages()
        for table in ("", "titles", "lines", "facets")
        for name, held in (language.table(table) if table else language.written).items()
        if isinstance(held, list) and held and isinstance(held[0], str)
    }
    for name in sorted(named - _NO_LISTS):
        asked = {name, f"{name.partition('.')[0]}." if "." in name else name}
        yield Rule(
            name=f"words:{name}",
            off=((words, "listed", partial(_listed_without, name, listed)),),
            codes=_asking(frozenset(code for code, texts in _texts() if asked & texts)),
        )


def _listed_without(off: str, listed: Callable[[str], object], name: str) -> object:
    return () if name == off else listed(name)


@cache
def _texts() -> tuple[tuple[types.CodeType, frozenset[str]], ...]:
    return tuple((code, frozenset(_constants(code))) for _, code, _ in _functions())


def _constants(code: types.CodeType) -> Iterator[str]:
    """Every text named in a function or in one within it."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _constants(constant)


def _own_name(function: object) -> str:
    return str(getattr(function, "__name__", ""))


def _rule_of_function(name: str, function: Callable[..., object]) -> Iterator[Rule]:
    plain = inspect.unwrap(function)
    silent = _silent(plain)
    if silent is not None:
        off = tuple(_places_of_function(function, silent))
        yield Rule(name=name, off=off, codes=_asking(frozenset({plain.__code__})))


def _rules_of_class(module: types.ModuleType, owner: type) -> Iterator[Rule]:
    for name, value in vars(owner).items():
        plain = value
        if isinstance(value, property):
            plain = value.fget
        elif isinstance(value, cached_property):
            plain = value.func
        if name.startswith("__") or not isinstance(plain, types.FunctionType):
            continue
        # What a dataclass or a named tuple makes by itself is no code of the house.
        if plain.__code__.co_filename != module.__file__:
            continue
        silent = _silent(plain)
        if silent is not None:
            yield Rule(
                name=f"{_short(module)}.{owner.__name__}.{name}",
                off=((owner, name, silent if plain is value else property(silent)),),
                codes=frozenset({plain.__code__}),
            )


def _silent(function: types.FunctionType) -> Callable[..., object] | None:
    """A function that finds nothing, in the place of another one; None for a step."""
    try:
        hints = typing.get_type_hints(function)
    except NameError:
        # It names a type that is there for the type checker alone: it answers with an object.
        return None
    answer = hints.pop("return", None)
    given = next(iter(inspect.signature(function).parameters), "")
    kept = hints.get(given)
    if _elements(answer) is not None and _elements(answer) == _elements(kept):
        shape = _shape(answer)
        return lambda *arguments, **named: shape([*arguments, *named.values()][0])
    if _empty(answer) is _NO_NEUTRAL:
        return None
    return lambda *_, **__: _empty(answer)


def _elements(hint: object) -> object:
    """What a text or a list of something is made of."""
    if hint in {str, bytes}:
        return hint
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return arguments[0]
    if inspect.isclass(origin) and issubclass(origin, Iterable) and len(arguments) == 1:
        return arguments[0]
    return None


def _shape(hint: object) -> Callable[[typing.Any], object]:
    origin = typing.get_origin(hint) or hint
    if origin in {str, bytes, list, tuple, frozenset, set}:
        return typing.cast("Callable[[typing.Any], object]", origin)
    return iter if issubclass(typing.cast("type", origin), Iterator) else list


def _empty(hint: object) -> object:
    """The answer of a kind that says nothing; _NO_NEUTRAL where there is none."""
    arguments = typing.get_args(hint)
    if type(None) in arguments:
        return None
    kind = typing.get_origin(hint) or hint
    if kind is tuple and arguments and arguments[-1] is not ...:
        parts = tuple(map(_empty, arguments))
        return _NO_NEUTRAL if _NO_NEUTRAL in parts else parts
    return _EMPTY[kind]() if kind in _EMPTY else _NO_NEUTRAL


def _empty_like(value: object) -> object:
    if isinstance(value, re.Pattern):
        return _NOWHERE[type(value.pattern)]
    if isinstance(value, str | bytes | list | frozenset | set | dict) or type(value) is tuple:
        kind: Callable[[], object] = type(value)
        return kind()
    return _NO_NEUTRAL


def _is_at_home(module: types.ModuleType, name: str) -> bool:
    """Whether a constant is defined there: a constant keeps no record of its module."""
    return re.search(rf"^{name}\b[^=\n]*=", inspect.getsource(module), re.MULTILINE) is not None


#: A module that knows something, the name it has there, and what that is.
_Place = tuple[types.ModuleType, str, object]


@cache
def _known() -> Mapping[int, Sequence[_Place]]:
    """Where each thing is bound, itself or in a list, by its identity."""
    modules()
    known: dict[int, list[_Place]] = {}
    for key, module in list(sys.modules.items()):
        if key.partition(".")[0] == "feeds":
            for name, value in vars(module).items():
                for each in {id(value), *(map(id, value) if type(value) is tuple else ())}:
                    known.setdefault(each, []).append((module, name, value))
    return known


def _places_of_constant(
    name: str, value: object, empty: object
) -> Iterator[tuple[object, str, object]]:
    places = _known()[id(value)]
    return ((module, known, empty) for module, known, it in places if it is value and known == name)


def _places_of_function(function: object, silent: object) -> Iterator[tuple[object, str, object]]:
    """Every module that knows a function, and every list of functions it stands in."""
    for module, known, value in _known().get(id(function), ()):
        if value is function:
            yield module, known, silent
        elif type(value) is tuple and any(each is function for each in value):
            yield module, known, tuple(silent if each is function else each for each in value)


def _users(homes: Collection[object], name: str) -> frozenset[types.CodeType]:
    """The functions that look a constant up when they run; none for what others are made of."""
    return frozenset(
        code
        for module, code, names in _functions()
        if name in names and (module in homes or not name.startswith("_"))
    )


def _asking(codes: frozenset[types.CodeType]) -> frozenset[types.CodeType]:
    """With those that ask for what is made once, of which a later document sees no call."""
    asked = [each for each in _made_once() if each.__wrapped__.__code__ in codes]
    more = codes.union(*(_users(set(modules()), each.__name__) for each in asked))
    return codes if more == codes else _asking(more)


@cache
def _made_once() -> tuple[typing.Any, ...]:
    return tuple(each for each in _remembering() if not each.__wrapped__.__code__.co_argcount)


@cache
def _functions() -> tuple[tuple[types.ModuleType, types.CodeType, frozenset[str]], ...]:
    return tuple(
        (module, code, frozenset(_names(code)))
        for module in modules()
        for code in _codes_of(module)
    )


def _codes_of(module: types.ModuleType) -> Iterator[types.CodeType]:
    owners = [value for value in vars(module).values() if inspect.isclass(value)]
    for value in (value for owner in (module, *owners) for value in vars(owner).values()):
        plain = value.fget if isinstance(value, property) else value
        plain = value.func if isinstance(value, cached_property) else plain
        code = getattr(inspect.unwrap(plain) if callable(plain) else None, "__code__", None)
        if code is not None and code.co_filename == module.__file__:
            yield code


def _names(code: types.CodeType) -> Iterator[str]:
    """Every name looked up in a function or in one within it."""
    yield from code.co_names
    for within in code.co_consts:
        if isinstance(within, types.CodeType):
            yield from _names(within)


@contextmanager
def _switched_off(rule: Rule) -> Iterator[None]:
    kept = [(place, name, vars(place)[name]) for place, name, _ in rule.off]
    for place, name, silent in rule.off:
        setattr(place, name, silent)
    made = [each for each in _made_once() if each.__wrapped__.__code__ in rule.codes]
    _forget(made)
    try:
        yield
    finally:
        for place, name, value in kept:
            setattr(place, name, value)
        _forget(made)


def _forget(made: Iterable[typing.Any] = ()) -> None:
    """Empties every cache but those of what is made once, whatever a document says."""
    for remembered in (*_remembering(), *made):
        if remembered in made or remembered.__wrapped__.__code__.co_argcount:
            remembered.cache_clear()


@cache
def _remembering() -> tuple[typing.Any, ...]:
    found = (value for module in modules() for value in vars(module).values())
    return tuple(dict.fromkeys(value for value in found if hasattr(value, "cache_clear")))


def _asked_by(rule: Rule) -> tuple[Case, ...]:
    """The documents that a rule is asked about, those of which least is asked first."""
    return tuple(case for case, run in _runs() if not rule.codes.isdisjoint(run))


@cache
def _runs() -> tuple[tuple[Case, frozenset[types.CodeType]], ...]:
    """What of the house runs for each document."""
    ours = frozenset(code for _, code, _ in _functions())
    traced = [(case, ours & _run(case)) for case in cases()]
    return tuple(sorted(traced, key=lambda pair: len(pair[1])))


def _run(case: Case) -> set[types.CodeType]:
    seen: set[types.CodeType] = set()
    _forget()
    before = sys.gettrace()
    sys.settrace(lambda frame, _, __: seen.add(frame.f_code))
    try:
        judged(case)
    finally:
        sys.settrace(before)
    return seen


def witnessed(names: Iterable[str], most: int | None = None) -> dict[str, tuple[str, ...]]:
    """The documents that need each rule, the first ``most`` of them, looked for in parallel."""
    chosen = set(names)
    wanted = [rule for rule in rules() if rule.name in chosen]
    _runs()
    # What was loaded and traced until here every process has by being forked.
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        found = pool.map(partial(_documents, most=most), [rule.name for rule in wanted])
    return dict(zip((rule.name for rule in wanted), found, strict=True))


def _documents(name: str, most: int | None) -> tuple[str, ...]:
    return witnesses(next(rule for rule in rules() if rule.name == name), most)
