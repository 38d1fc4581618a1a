"""Whose word counts: which source may speak for an address, an id or an item.

Knows the sources by their hosts and ranks. Must never know what they said, or what is stored.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from config.values import are_related, dns_name, host_of, is_above_or_below
from feeds.draft import Draft
from feeds.identity.candidates import Candidate
from feeds.model import SourceKind

#: Ranks where none is set: what is the organisation's own, and a website.
OWN_RANK, WEBSITE_RANK = 20, 10
# The authority of a tag: id (RFC 4151), or the host of an address that is a name.
_HOST = re.compile(r"(?:at:|by:|as:|id:tag:(?:[^@,]{1,200}@)?)([^/?#:,]{1,255})")


class Precedence(Enum):
    """What a source's word on an item is worth.

    ``THIRD_PARTY``: nothing, it is another's. ``EQUAL``: as much as any. ``HIGHER``: its words
    outrank those the item has. ``OWNER``: these are a third party's, and nothing of them stays.
    """

    THIRD_PARTY = auto()
    EQUAL = auto()
    HIGHER = auto()
    OWNER = auto()


# Without slots, for what is found out once.
@dataclass(frozen=True, kw_only=True)
class Ownership:
    """The host each website is on, and the rank of each source; a path without has that of the own,
    any other that of a website.

    A host belongs to the websites that are on it, above or below it, or else to those of the same
    registrable domain. Who has a higher rank than all of these may speak for it, too, and so may
    anybody where it is nobody's.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)
    _near: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), init=False)

    def __post_init__(self) -> None:
        names = {source: dns_name(host) for source, host in self.hosts.items()}
        object.__setattr__(self, "hosts", names)
        for source, host in names.items():
            self._near[_tail(host)].add(source)

    def rank(self, source: str) -> int:
        is_path = SourceKind.of(source) is SourceKind.PATH
        return self.ranks.get(source, OWN_RANK if is_path else WEBSITE_RANK)

    def may_speak(self, source: str, host: str) -> bool:
        """Whether what a source says of what is on a host is the word of its owner, or of one above
        it, or as good as any.
        """
        if not self.hosts or not host:
            return True
        owners = self._owners(dns_name(host))
        if not owners or source in owners:
            return True
        return self.rank(source) > max(map(self.rank, owners))

    def _owners(self, host: str) -> Collection[str]:
        near = self._near.get(_tail(host), ())
        on_it = [each for each in near if is_above_or_below(self.hosts[each], host)]
        return on_it or [each for each in near if are_related(self.hosts[each], host)]

    def precedence(self, source: str, draft: Draft, known: Draft, whose: str) -> Precedence:
        """What the ``draft`` of a source is worth for a ``known`` item, ``whose`` words it has."""
        if source == whose:
            return Precedence.EQUAL
        host = host_of(known.url or draft.url or "")
        above = self.rank(source) - self.rank(whose)
        if self.is_third_party(source, host, whose):
            return Precedence.THIRD_PARTY
        if not self.may_speak(whose, host) or (above > 0 and self._is_foreign(whose, host)):
            return Precedence.OWNER
        return Precedence.HIGHER if above > 0 and not draft.partial else Precedence.EQUAL

    def is_third_party(self, source: str, host: str, whose: str) -> bool:
        """Whether the word of a source is worth nothing for what is on a host, and is ``whose``."""
        if source == whose:
            return False
        is_below = self.rank(source) < self.rank(whose)
        return not self.may_speak(source, host) or (is_below and self._is_foreign(source, host))

    def _is_foreign(self, source: str, host: str) -> bool:
        """Whether a website is on another host than the one it speaks of."""
        own = self.hosts.get(source)
        return bool(own and host) and not are_related(own or "", dns_name(host))

    def restricted(self, one: Candidate) -> Candidate:
        """The candidate without names and claims that are another's to give."""
        if not self.hosts:
            return one
        names, claims, echoes, others = (
            tuple(name for name in given if self.may_speak(one.source, _host(name)))
            for given in (one.names, one.claims, one.echoes, one.others)
        )
        is_contested = (names, claims) != (one.names, one.claims)
        if not is_contested and (echoes, others) == (one.echoes, one.others):
            return one
        return replace(
            one, names=names, claims=claims, echoes=echoes, others=others, is_contested=is_contested
        )


#: All sources may speak of everything.
NOBODYS = Ownership()


def _host(name: str) -> str:
    host = _HOST.match(name)
    return host[1].removeprefix("www.") if host else ""


def _tail(host: str) -> str:
    """What related hosts have in common, whatever else they have."""
    return ".".join(host.rsplit(".", 2)[-2:])
