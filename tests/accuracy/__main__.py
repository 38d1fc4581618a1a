"""What is understood of the corpus, and every rule with the documents that need it.

Knows how to print. Must never know how anything is counted.

``python -m tests.accuracy [--json|--markdown] [--confusions] [--rules|--no-rules] [NAME ...]``
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from tests.accuracy import blind
from tests.accuracy.exempt import EXEMPT, means_none, reason_of
from tests.accuracy.measure import as_json, confusions, markdown, measures, summary, table
from tests.accuracy.rules import rules, witnessed

_WIDEST_NAME = 48


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables; 1 where a rule has no witness."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy")
    parser.add_argument("--json", action="store_true", help="what is understood, for programs")
    parser.add_argument("--markdown", action="store_true", help="the table of the README")
    parser.add_argument("--confusions", action="store_true", help="and everything that is wrong")
    parser.add_argument("--rules", action="store_true", help="every rule and all its witnesses")
    parser.add_argument("--no-rules", action="store_true", help="leave the rules out")
    parser.add_argument("names", nargs="*", help="only rules whose names hold one of these")
    wanted = parser.parse_args(arguments)
    if wanted.json:
        print(as_json())
    elif wanted.markdown:
        print(markdown(), end="")
    elif not wanted.names:
        _print_lines(table())
        _print_lines(summary())
        _print_lines(blind.table())
    if wanted.confusions and not wanted.json:
        _print_lines(map(str, confusions(measures()[-1])))
    if wanted.json or wanted.markdown or wanted.no_rules:
        return 0
    return _rules(wanted.names, is_full=wanted.rules)


def _rules(names: Sequence[str], *, is_full: bool) -> int:
    asked = [rule for rule in rules() if not names or any(name in rule.name for name in names)]
    judged = [rule.name for rule in asked if reason_of(rule.name) is None]
    found = witnessed(judged, most=None if is_full else 1)
    if is_full or names:
        _print_lines(_listed(found))
    unseen = {name for name, documents in found.items() if not documents}
    print(f"rules: {len(asked)}, {len(judged) - len(unseen)} of them with a document that needs it")
    for reason in EXEMPT:
        count = sum(reason_of(rule.name) == reason for rule in asked)
        print(f"  {count} need none: {reason}")
    gone = means_none([rule.name for rule in rules()])
    _print_lines(f"  without a document that needs it: {name}" for name in sorted(unseen))
    _print_lines(f"  needs none, but is gone: {name}" for name in gone)
    return 1 if unseen or gone else 0


def _listed(found: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for name, documents in found.items():
        yield f"{name:<{_WIDEST_NAME}}  {', '.join(documents)}"


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
