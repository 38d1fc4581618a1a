"""How the team comes in, as settings say: by passwords, a proxy, an OpenID provider.

Knows settings and what each way is made of. Must never know who comes, or what they see.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from notifier.account import RoleRule, Way
from notifier.admin.sign_in.proxied import NamingProxy
from notifier.admin.sign_in.sign_in_page import SignInPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from config.sections import AdminSettings, NamingProxySettings, OidcSettings
    from config.settings import Settings
    from notifier.admin.gate import Gate, TeamPage
    from notifier.admin.sign_in.provider import Call, Provider
    from notifier.app.house import House


def proxy(settings: NamingProxySettings) -> NamingProxy | None:
    """The proxies that say who somebody is, where settings name some."""
    if not settings.field:
        return None
    return NamingProxy(
        addresses=tuple(map(ip_network, settings.addresses.split())),
        field=settings.field,
        groups=settings.groups,
        rule=_rule(settings),
        leave=settings.leave,
    )


def open_ways(settings: AdminSettings) -> frozenset[Way]:
    """Those by which somebody may come in."""
    is_open = {
        Way.PASSWORD: settings.passwords,
        Way.OIDC: bool(settings.oidc.issuer),
        Way.PROXY: bool(settings.proxy.field),
    }
    return frozenset(way for way in Way if is_open[way])


def ways_in(house: House, gate: Gate) -> Iterator[TeamPage]:
    """The door, and where an OpenID provider leads back to, where there is one."""
    admin = house.settings.admin
    oidc = admin.oidc
    door = SignInPage(
        gate=gate,
        secret=house.settings.signing_key,
        has_passwords=admin.passwords,
        provider=oidc.label if oidc.issuer else "",
    )
    yield door
    if not oidc.issuer:
        return
    # Signatures take a tenth of a second to load, of which all others need not know.
    from notifier.admin.sign_in.id_token import Naming
    from notifier.admin.sign_in.oidc_page import OidcPage

    asked = provider(house.settings, house.caller().call, house.clock)
    naming = Naming(person=oidc.person, groups=oidc.groups)
    yield OidcPage(gate=gate, provider=asked, naming=naming, rule=_rule(oidc), form=door.form)


def provider(settings: Settings, call: Call, clock: Callable[[], datetime]) -> Provider:
    """The OpenID provider that settings name."""
    from notifier.admin.sign_in.provider import Provider

    oidc = settings.admin.oidc
    return Provider(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=oidc.client_secret.get_secret_value(),
        scopes=oidc.scopes,
        back=f"{settings.site.url}/admin/sign-in/oidc/back",
        call=call,
        clock=clock,
    )


def _rule(settings: OidcSettings | NamingProxySettings) -> RoleRule | None:
    """What groups make of somebody; None where accounts say so."""
    if not settings.groups:
        return None
    return RoleRule(operators=_names(settings.operators), editors=_names(settings.editors))


def _names(text: str) -> frozenset[str]:
    """Those with commas between two; a name may have blanks within."""
    return frozenset(name.strip() for name in text.split(",")) - {""}
