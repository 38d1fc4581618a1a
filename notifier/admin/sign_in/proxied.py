"""Whom a proxy says that it let through, where it is one that settings name.

Knows header fields and the addresses of proxies. Must never believe what another sends, nor whom a
request says that it comes from.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from feeds.web.request_limits import PEER
from notifier.account import Account, Person, RoleRule

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingProxy:
    """The proxies at ``addresses`` say in ``field`` who somebody is, and in ``groups`` where they
    belong to; ``rule`` is what that makes them, None where accounts say so. Who wants to be out
    goes to ``leave``, too.
    """

    addresses: tuple[Network, ...]
    field: str
    groups: str = ""
    rule: RoleRule | None = None
    leave: str = ""

    def named(self, request: Request) -> Person | None:
        """Whom the request is of; None where none of these proxies says so, or says it twice: then
        one of both is a stranger's.
        """
        if not self._is_one(request.scope.get(PEER, "")):
            return None
        names = request.headers.getlist(self.field)
        told = request.headers.getlist(self.groups) if self.groups else []
        if len(names) != 1 or not names[0] or len(told) > 1:
            return None
        groups = frozenset(group.strip() for each in told for group in each.split(","))
        return Person(name=names[0], groups=groups - {""})

    def still_names(self, request: Request, account: Account) -> bool:
        """Whether the request is of whoever has that account, in the role that they would be let in
        with now: at the same browser somebody else may have come, or they left a group.
        """
        person = self.named(request)
        if person is None or person.name.lower() != account.name:
            return False
        return self.rule is None or self.rule.role(person.groups) is account.role

    def _is_one(self, peer: str) -> bool:
        try:
            address: IPv4Address | IPv6Address = ip_address(peer)
        except ValueError:
            return False
        # As a server at an IPv6 socket sees who comes by IPv4.
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self.addresses)
