"""The links a mail carries: minted so that nobody else can, read so that nothing altered passes.

Knows HMAC and addresses. Must never know who a subscriber is or whether a link still counts.
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from notifier.errors import TokenRefused
from notifier.keyed_hash import spelt_hash

#: The secret signs other things too (the keyed hashes of suppressed addresses); a link is none.
_DOMAIN = b"fieldfare link 1\0"

_PART = re.compile(r"[A-Za-z0-9_-]+")

#: Far more than any token has, so that nobody makes us hash a megabyte.
_LONGEST_TOKEN = 200
_TOKEN = re.compile(rf"[A-Za-z0-9_.-]{{1,{_LONGEST_TOKEN}}}")


class LinkScope(StrEnum):
    """What a link allows; also the first segment of its path."""

    UNSUBSCRIBE = "u"
    VIEW = "d"
    MANAGE = "manage"
    CONFIRM = "confirm"
    UNDO = "undo"
    ADDRESS = "address"


#: Those that change what somebody gets: whoever finds an old mail is not to have them.
_EXPIRING = frozenset({LinkScope.MANAGE, LinkScope.CONFIRM, LinkScope.UNDO, LinkScope.ADDRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a token says, once its signature held: whose it is, of which consent, about what.

    ``until`` is the moment from which on it counts no more; None where it never ends by itself.
    """

    scope: LinkScope
    public_id: str
    epoch: int
    extra: str = ""
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed: what it asks for is not to be done any more."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLinks:
    """The personal links of an installation, below its public address, which ends without a slash;
    one in a mail that nobody asked for lets its reader manage for so long.
    """

    base_url: str
    secret: bytes = field(repr=False)
    manage_for: timedelta = timedelta(weeks=1)

    def of_mail(
        self, public_id: str, epoch: int, period: str, since: datetime
    ) -> tuple[str, str, str]:
        """The addresses that each mail of a period has: to end a subscription, to read it in a
        browser, and to change what somebody gets, which counts from ``since`` on.
        """
        of_period = _claimed(public_id, epoch, period)
        who, _, _ = of_period.rpartition(".")
        return (
            self._url(LinkScope.UNSUBSCRIBE, who),
            self._url(LinkScope.VIEW, of_period),
            self._url(LinkScope.MANAGE, f"{who}.{_spelt(since + self.manage_for)}"),
        )

    def unsubscribe(self, public_id: str, epoch: int) -> str:
        """The address that ends a subscription; it never expires (RFC 8058 section 3.1)."""
        return self._url(LinkScope.UNSUBSCRIBE, _claimed(public_id, epoch))

    def view(self, public_id: str, epoch: int, period: str) -> str:
        """The address of one digest in a browser."""
        return self._url(LinkScope.VIEW, _claimed(public_id, epoch, period))

    def manage(self, public_id: str, epoch: int, until: datetime) -> str:
        """The address where somebody changes what they get, or erases themselves."""
        return self._url(LinkScope.MANAGE, _claimed(public_id, epoch, _spelt(until)))

    def confirm(self, public_id: str, epoch: int, request: str, until: datetime) -> str:
        """The address that confirms what was asked for by a ``request``, which is its id."""
        claimed = _claimed(public_id, epoch, _spelt(until), request)
        return self._url(LinkScope.CONFIRM, claimed)

    def address(self, public_id: str, epoch: int, request: str, until: datetime) -> str:
        """The address that confirms another mail address, asked for by a ``request``."""
        claimed = _claimed(public_id, epoch, _spelt(until), request)
        return self._url(LinkScope.ADDRESS, claimed)

    def undo(self, public_id: str, epoch: int, until: datetime) -> str:
        """The address that takes back that somebody left."""
        return self._url(LinkScope.UNDO, _claimed(public_id, epoch, _spelt(until)))

    def _url(self, scope: LinkScope, claimed: str) -> str:
        claimed = f"{scope}.{claimed}"
        # The signature comes first: a link that ends in a dash or a dot is cut by mail programs.
        return f"{self.base_url}/{scope}/{_mac(claimed, self.secret)}.{claimed}"


def read(token: str, secret: bytes) -> Claim:
    """The claim of a token this installation minted.

    Signatures are compared as text and in constant time: base64 has several spellings of one
    value, and only the one that was minted passes.
    Raises TokenRefused.
    """
    if not _TOKEN.fullmatch(token):
        raise TokenRefused("this link is damaged: it was cut or changed on its way")
    mac, _, claimed = token.partition(".")
    if not hmac.compare_digest(mac, _mac(claimed, secret)):
        raise TokenRefused("this link was not made here: it was cut or changed on its way")
    name, public_id, epoch, *extra = claimed.split(".")
    scope = LinkScope(name)
    until = datetime.fromtimestamp(int(extra.pop(0)), UTC) if scope in _EXPIRING else None
    return Claim(
        scope=scope, public_id=public_id, epoch=int(epoch), extra="".join(extra), until=until
    )


def _claimed(public_id: str, epoch: int, *parts: str) -> str:
    """What a token says, but for its scope."""
    for part in (public_id, *parts):
        if not _PART.fullmatch(part):
            raise ValueError(f"{part!r} cannot stand in a link: only A-Z a-z 0-9 _ and - can")
    if epoch < 0:
        raise ValueError("a link needs an epoch of 0 or more")
    return ".".join((public_id, str(epoch), *parts))


def _spelt(until: datetime) -> str:
    """Seconds since 1970: what is left of one counts as passed."""
    return str(int(until.timestamp()))


def _mac(claimed: str, secret: bytes) -> str:
    return spelt_hash(secret, _DOMAIN + claimed.encode("ascii"))
