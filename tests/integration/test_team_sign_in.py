"""Who comes to the team's pages as another service knows them: an OpenID provider, or a proxy."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx2
import pytest
import structlog.testing
from joserfc.jwk import RSAKey
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from feeds.storage.database import Database
from notifier.account import Account, TeamRole
from notifier.admin.gate import COOKIE
from notifier.admin.sign_in import oidc_page
from notifier.admin.sign_in.passwords import hashed
from notifier.app import sources
from notifier.app.house import House
from notifier.app.team.team_parts import team
from notifier.app.trial import others
from notifier.mail.sender_records import TrialVerdict
from notifier.storage.team import accounts, deeds
from notifier.web.forms import minted
from tests import openid, services
from tests.axe import faults_of_page
from tests.command import a_free_port
from tests.configured import settings_from
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, provided
from tests.serving import SECRET, Clock, a_web_app, serving

PAPER = Path(__file__).parents[2] / "docs" / "operate" / "team.md"
PASSWORD = "a thrush with a slate head"
BY_GROUPS = """
groups = "groups"
operators = "/news/operators, chiefs"
editors = "/news/editors"
"""

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])

Site = Callable[[str], AbstractContextManager[httpx2.Client]]


@pytest.fixture
def provider(clock: Clock) -> Iterator[OpenIdProvider]:
    with provided(clock) as answering:
        yield answering


@pytest.fixture
def site(database: Database, database_url: str, tmp_path: Path, clock: Clock) -> Site:
    """A browser at the pages of an installation with these settings of admin."""

    @contextmanager
    def begun(admin: str) -> Iterator[httpx2.Client]:
        port = a_free_port()
        settings = settings_from(
            tmp_path / "fieldfare.toml",
            f"""
            secret = "{SECRET.decode()}"
            [site]
            url = "http://127.0.0.1:{port}"
            authority = "news.example.org"
            minted = 2026-01-01
            [store]
            url = "{database_url}"
            [fetch]
            private_hosts = "127.0.0.1"
            [admin]
            pages = true
            {admin}
            """,
        )
        with House(settings, clock=clock) as house:
            routes: list[BaseRoute] = [*team(house, lambda: None)]
            app = a_web_app(database, house.taxonomy, tmp_path / "public", clock=clock, team=routes)
            with serving(app, port=port) as url, httpx2.Client(base_url=url) as client:
                yield client

    return begun


def by(provider: OpenIdProvider, more: str = "", *, passwords: bool = True) -> str:
    """Settings by which that provider says who somebody is."""
    return f"""
    passwords = {str(passwords).lower()}
    [admin.oidc]
    issuer = "{provider.url}"
    client_id = "{CLIENT_ID}"
    client_secret = "{CLIENT_SECRET}"
    label = "Example"
    {more}
    """


def add(database: Database, name: str, role: TeamRole, password: str | None = None) -> None:
    with database.writing() as connection:
        accounts.add(connection, Account(name=name, role=role), password)


def come(client: httpx2.Client, to: str = "") -> httpx2.Response:
    """What somebody sees in the end who presses the button, and is known to the provider."""
    return client.get("/admin/sign-in/oidc", params={"to": to}, follow_redirects=True)


def is_in(client: httpx2.Client) -> bool:
    return client.get("/admin/").status_code == 200


# -- An OpenID provider ----------------------------------------------------------------------------


def test_whoever_the_provider_names_is_in_by_their_account(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    add(database, "ada@example.org", TeamRole.OPERATOR)
    with site(by(provider, passwords=False)) as client:
        door = client.get("/admin/quarantine", follow_redirects=True)
        assert 'href="/admin/sign-in/oidc?to=%2Fquarantine">Sign in with Example<' in door.text
        assert 'name="password"' not in door.text
        token = minted(SECRET, provider.clock() - timedelta(seconds=5))
        sent = {"name": "ada@example.org", "password": "", "token": token}
        assert client.post("/admin/sign-in", data=sent).status_code == 403
        seen = come(client, "/quarantine")
        assert (seen.status_code, seen.url.path) == (200, "/admin/quarantine")
        assert oidc_page.COOKIE not in client.cookies
        for step in seen.history:
            for cookie in step.headers.get_list("set-cookie"):
                assert "HttpOnly; " in cookie
                assert "SameSite=lax" in cookie
        with database.reading() as connection:
            [told] = deeds.latest(connection, 10)
        assert (told.deed, told.account) == ("signed in", "ada@example.org")
        assert (told.detail, told.outcome) == ("oidc 248289761001", "as operator")
        # Another key at each sign-in, whatever was there, and the one before opens nothing.
        before = client.cookies[COOKIE]
        come(client)
        assert client.cookies[COOKIE] != before
        old = httpx2.get(f"{client.base_url}/admin/", cookies={COOKIE: before})
        assert old.status_code == 303


def test_who_leaves_is_shown_how_to_leave_the_provider_too(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    add(database, "ada@example.org", TeamRole.EDITOR)
    with site(by(provider)) as client:
        form = come(client).text.partition('name="token" value="')[2]
        sent = {"token": form.partition('"')[0], "account": "ada@example.org"}
        left = client.post("/admin/sign-out", data=sent, follow_redirects=True)
        assert "You are signed out here." in left.text
        assert not is_in(client)
        there = client.get("/admin/sign-out/oidc", follow_redirects=True).json()
        back = f"{client.base_url}/admin/sign-in".replace("//admin", "/admin")
        assert there == {"client_id": CLIENT_ID, "post_logout_redirect_uri": back}
        provider.metadata = {"end_session_endpoint": ""}
    with site(by(provider)) as client:
        assert client.get("/admin/sign-out/oidc").headers["location"].endswith("/admin/sign-in")


def test_a_token_that_is_not_of_this_sign_in_lets_nobody_in(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    """Each is a line of the log that says why."""
    add(database, "ada@example.org", TeamRole.OPERATOR)
    faults: list[tuple[openid.Claims, openid.Sign, str]] = [
        ({"nonce": "of another sign-in"}, openid.signed, "'nonce'"),
        ({"aud": "another client"}, openid.signed, "'aud'"),
        ({"aud": [CLIENT_ID, "another client"]}, openid.signed, "another client asked"),
        ({"azp": "another client"}, openid.signed, "another client asked"),
        ({"iss": "https://another.example"}, openid.signed, "'iss'"),
        ({"exp": 1}, openid.signed, "expired"),
        ({}, openid.unsigned, "'none' is not allowed"),
        ({}, openid.signed_by_what_is_public, "'HS256' is not allowed"),
        ({}, openid.signed_by_another, "bad_signature"),
        ({}, openid.signed_by_what_nobody_knows, "No key for kid"),
        ({}, lambda *_: "no token", "not signed as it has to be"),
    ]
    with site(by(provider)) as client:
        for claims, sign, why in faults:
            provider.claims, provider.sign = claims, sign
            with structlog.testing.capture_logs() as logs:
                refused = come(client)
            assert (refused.status_code, is_in(client)) == (502, False)
            assert "does not answer as it should" in refused.text
            [line] = [each for each in logs if each["event"] == "sign-in failed"]
            assert "the ID token is not" in line["problem"]
            assert why in line["problem"]


def test_an_answer_counts_once_and_where_it_was_asked_for(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    add(database, "ada@example.org", TeamRole.EDITOR)
    with site(by(provider)) as client:
        begun = client.get("/admin/sign-in/oidc")
        kept = client.cookies[oidc_page.COOKIE]
        back = httpx2.get(begun.headers["location"]).headers["location"]
        # In another browser, with another state, of another provider.
        for cookies, address in (
            ({}, back),
            ({oidc_page.COOKIE: "x."}, back),
            ({oidc_page.COOKIE: kept}, back.replace("state=", "state=x")),
        ):
            refused = httpx2.get(address, cookies=cookies)
            assert (refused.status_code, "not begun in this browser" in refused.text) == (422, True)
        mixed = httpx2.get(back.replace("iss=http", "iss=https"), cookies={oidc_page.COOKIE: kept})
        assert mixed.status_code == 502
        assert provider.asked["token"] == 0
        assert client.get(back).status_code == 303
        assert client.get(back).status_code == 422
        again = httpx2.get(back, cookies={oidc_page.COOKIE: kept})
        assert again.status_code == 502
        assert "set-cookie" in again.headers
        assert COOKIE not in again.cookies


def test_nobody_is_led_to_another_site(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    add(database, "ada@example.org", TeamRole.EDITOR)
    with site(by(provider)) as client:
        for to in ("https://evil.example/", "//evil.example/", "\\evil.example", "/\r\nx: y", "é;"):
            assert come(client, to).url.host == "127.0.0.1"
            assert is_in(client)


def test_a_new_key_is_asked_for_and_an_unknown_one_not_again_and_again(
    site: Site, provider: OpenIdProvider, database: Database, clock: Clock
) -> None:
    add(database, "ada@example.org", TeamRole.EDITOR)
    with site(by(provider)) as client:
        assert come(client).status_code == 200
        assert come(client).status_code == 200
        assert (provider.asked["keys"], provider.asked["metadata"]) == (1, 1)
        provider.keys = [RSAKey.generate_key(2048, {"kid": "two"})]
        clock.now += timedelta(minutes=1)
        assert come(client).status_code == 200
        assert provider.asked["keys"] == 2
        provider.sign = openid.signed_by_what_nobody_knows
        for _ in range(3):
            assert come(client).status_code == 502
        assert provider.asked["keys"] == 2
        # A key that the provider took away is believed for no more than an hour.
        clock.now += timedelta(hours=1)
        provider.sign, provider.keys = openid.signed, [openid.an_ec_key("three")]
        assert come(client).status_code == 200
        # By a clock that is set back neither.
        clock.now -= timedelta(days=1)
        provider.keys = [openid.an_ec_key("four")]
        assert come(client).status_code == 200


def test_a_provider_that_is_not_well_is_one_line_and_locks_no_password_out(
    site: Site, provider: OpenIdProvider, database: Database, clock: Clock
) -> None:
    add(database, "otto", TeamRole.OPERATOR, hashed(PASSWORD))
    wrong = by(provider).replace(CLIENT_SECRET, "another secret")
    with site(wrong) as client, structlog.testing.capture_logs() as logs:
        assert come(client).status_code == 502
        for refusal in ("access_denied", "not a word\n"):
            provider.refusal = refusal
            assert come(client).status_code == 403
    lines = [each for each in logs if each["event"].startswith("sign-in ")]
    assert "(invalid_client)" in lines[0]["problem"]
    assert [each["problem"] for each in lines[1:]] == ["access_denied", "no code"]
    provider.refusal = ""
    with site(by(provider)) as client:
        for metadata in (
            {"issuer": "https://another.example"},
            {"token_endpoint": 5},
            {"jwks_uri": "ftp://127.0.0.1/"},
            {"userinfo_endpoint": "ftp://127.0.0.1/"},
            {"end_session_endpoint": "javascript:alert(1)"},
            {"jwks_uri": f"{provider.url}/nowhere"},
            {"jwks_uri": f"{provider.url}/.well-known/openid-configuration"},
        ):
            provider.metadata = metadata
            assert come(client).status_code == 502
            # What it says of itself is asked for anew.
            clock.now += timedelta(hours=1)
    away = by(provider).replace(provider.url, f"http://127.0.0.1:{a_free_port()}")
    with site(away) as client:
        assert come(client).status_code == 502
        token = minted(SECRET, clock.now - timedelta(seconds=5))
        sent = {"name": "otto", "password": PASSWORD, "token": token}
        assert client.post("/admin/sign-in", data=sent).status_code == 303
        assert is_in(client)
        key = client.cookies[COOKIE]
    # Who came by what is turned off since is in no more.
    with site(by(provider, passwords=False)) as client:
        assert client.get("/admin/", headers={"cookie": f"{COOKIE}={key}"}).status_code == 303


def test_who_has_no_account_is_told_so_and_groups_make_one(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    with site(by(provider)) as client:
        refused = come(client)
        assert (refused.status_code, "nobody has an account" in refused.text) == (403, True)
        provider.claims = {"email_verified": False}
        assert "your mail address is yours" in come(client).text
        provider.claims = {}
    with site(by(provider, BY_GROUPS)) as client:
        assert come(client).status_code == 200
        provider.claims = {"groups": "chiefs"}
        assert come(client).status_code == 200
        with database.reading() as connection:
            known = accounts.known(connection, "ada@example.org")
        assert known == (Account(name="ada@example.org", role=TeamRole.OPERATOR), None)
        provider.claims = {"groups": ["staff"]}
        assert "none of your groups" in come(client).text
        # Somebody who may choose what they are called, by a sign whose small letter is a k.
        provider.claims = {"email": "\u212aim@example.org"}
        assert "no name of an account" in come(client).text
    by_name = f'person = "preferred_username"{BY_GROUPS}'
    provider.claims = {}
    add(database, "ada", TeamRole.OPERATOR, hashed(PASSWORD))
    with site(by(provider, by_name)) as client:
        assert "for who has its password" in come(client).text


def test_a_trial_tells_whether_the_provider_can_be_asked(
    engine: str, provider: OpenIdProvider, tmp_path: Path, clock: Clock
) -> None:
    text = f'[fetch]\nprivate_hosts = "127.0.0.1"\n[admin]\npages = true\n{by(provider)}'
    settings = settings_from(tmp_path / "fieldfare.toml", text)
    caller = sources.caller(settings, clock=clock, stopping=Event())
    with closing(caller):
        look = others.looks(settings, lambda: caller, clock)["sign-in"]
        [told] = look()
        assert (told.verdict, told.said) == (
            TrialVerdict.OK,
            f"{provider.url} signs by one key of 1",
        )
        provider.keys = []
        [told] = look()
        assert "give the provider a key" in told.do
        provider.metadata = {"issuer": "https://another.example"}
        [told] = look()
        assert (told.verdict, "of another issuer" in told.said) == (TrialVerdict.WRONG, True)


def test_what_no_token_tells_is_asked_for_beside_it(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    add(database, "ada@example.org", TeamRole.EDITOR)
    provider.person = {"sub": "1"}
    provider.beside = {"email": "ada@example.org", "email_verified": True}
    with site(by(provider)) as client:
        assert come(client).status_code == 200
        provider.beside["sub"] = "2"
        assert come(client).status_code == 502


def test_a_public_client_and_one_that_posts_its_secret(
    site: Site, provider: OpenIdProvider, database: Database
) -> None:
    """Neither is known to this provider, which says so."""
    for settings, metadata in (
        (by(provider).replace(CLIENT_SECRET, ""), {}),
        (by(provider), {"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
    ):
        provider.metadata = metadata
        with site(settings) as client, structlog.testing.capture_logs() as logs:
            assert come(client).status_code == 502
        assert "(invalid_client)" in str(logs)


# -- A proxy ---------------------------------------------------------------------------------------

PROXIED = """
[admin.proxy]
addresses = "127.0.0.1"
field = "Remote-User"
leave = "https://auth.example.org/logout"
"""


def test_whoever_a_proxy_names_is_in_as_long_as_it_does(site: Site, database: Database) -> None:
    add(database, "ada", TeamRole.EDITOR)
    add(database, "otto", TeamRole.OPERATOR)
    ada, otto = {"remote-user": "Ada"}, {"remote-user": "otto"}
    with site(PROXIED) as client:
        seen = client.get("/admin/names", headers=ada, follow_redirects=True)
        assert (seen.status_code, seen.url.path) == (200, "/admin/names")
        assert "ada (editor)" in seen.text
        # Somebody else at the same browser, or who comes another way.
        assert client.get("/admin/", headers=otto).status_code == 303
        assert not is_in(client)
        assert "otto (operator)" in client.get("/admin/", headers=otto, follow_redirects=True).text
        with database.reading() as connection:
            told = [(each.account, each.detail) for each in deeds.latest(connection, 10)]
        assert told == [("otto", "proxy"), ("ada", "proxy")]
        left = client.get("/admin/sign-in?left=proxy", headers=otto)
        assert 'href="https://auth.example.org/logout"' in left.text
        stranger = client.get("/admin/sign-in", headers={"remote-user": "eve"})
        assert (stranger.status_code, "nobody has an account" in stranger.text) == (403, True)
        strange = client.get("/admin/sign-in", headers={"remote-user": "<eve>"})
        assert (strange.status_code, "&lt;eve&gt;" in strange.text) == (403, True)


def test_nobody_else_is_believed(site: Site, database: Database) -> None:
    """Whoever sends the field twice sent one of them, and X-Forwarded-For is not an address."""
    add(database, "otto", TeamRole.OPERATOR)
    with site(PROXIED) as client:
        twice = [("remote-user", "otto"), ("remote-user", "otto")]
        for headers in (twice, [("remote-user", "")], [("x-remote-user", "otto")]):
            assert client.get("/admin/sign-in", headers=headers).status_code == 200
    with site(PROXIED.replace("127.0.0.1", "10.0.0.1")) as client:
        for more in ({}, {"x-forwarded-for": "10.0.0.1"}, {"forwarded": "for=10.0.0.1"}):
            door = client.get("/admin/sign-in", headers={"remote-user": "otto", **more})
            assert (door.status_code, "set-cookie" in door.headers) == (200, False)


def test_groups_that_a_proxy_tells_make_the_role(site: Site, database: Database) -> None:
    by_groups = BY_GROUPS.replace('"groups"', '"Remote-Groups"')
    with site(f"passwords = false{PROXIED}{by_groups}") as client:
        assert "it told nothing" in client.get("/admin/sign-in").text
        for groups, role in (("staff, /news/editors", "editor"), ("chiefs", "operator")):
            headers = {"remote-user": "ada", "remote-groups": groups}
            seen = client.get("/admin/sign-in", headers=headers, follow_redirects=True)
            assert f"ada ({role})" in seen.text
        # A group that the proxy names no more counts no more, though they were let in by it.
        fewer = {"remote-user": "ada", "remote-groups": "/news/editors"}
        assert client.get("/admin/mails", headers=fewer).status_code == 303
        assert client.get("/admin/", headers=fewer, follow_redirects=True).status_code == 200
        assert client.get("/admin/mails", headers=fewer).status_code == 403
        nobody = {"remote-user": "ada", "remote-groups": "staff"}
        assert client.get("/admin/", headers=nobody).status_code == 303
        assert client.get("/admin/sign-in", headers=nobody).status_code == 403


# -- In a browser ----------------------------------------------------------------------------------


def test_the_whole_way_in_a_browser(
    site: Site, provider: OpenIdProvider, database: Database, browser: Browser
) -> None:
    """Its policies let it go there, come back and leave."""
    add(database, "ada@example.org", TeamRole.OPERATOR)
    context = browser.new_context()
    tab = context.new_page()
    with site(by(provider)) as client:
        tab.goto(f"{client.base_url}/admin/names")
        assert faults_of_page(tab) == []
        tab.get_by_role("link", name="Sign in with Example").click()
        assert tab.get_by_role("heading", name="Names").is_visible()
        tab.get_by_role("button", name="Sign out").click()
        tab.get_by_role("link", name="Sign out at Example, too").click()
        tab.wait_for_url(f"{provider.url}/logout*")
    context.close()


# -- Behind nginx ----------------------------------------------------------------------------------


def test_nginx_as_the_paper_has_it_lets_nobody_name_themselves(
    site: Site, database: Database, tmp_path: Path
) -> None:
    """Whoever has the cookie of the service before it is Ada, whatever they write themselves."""
    add(database, "ada", TeamRole.EDITOR)
    add(database, "otto", TeamRole.OPERATOR)
    [example] = re.findall(r"```nginx\n(.*?)```", PAPER.read_text("utf-8"), re.DOTALL)

    async def let_through(request: Request) -> Response:
        is_ada = request.cookies.get("who") == "ada"
        return Response(None, 200 if is_ada else 401, {"remote-user": "ada"} if is_ada else None)

    forged = {"remote-user": "otto"}
    service = Starlette(routes=[Route("/api/authz/auth-request", let_through)])
    port = a_free_port()
    with site(PROXIED) as inside, serving(service) as asked:
        server = (
            re.sub(r"ssl_certificate\S* .*;", "", example)
            .replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
            .replace("http://127.0.0.1:8025", str(inside.base_url).rstrip("/"))
            .replace("http://127.0.0.1:9091", asked)
        )
        try:
            with (
                services.nginx(server, folder=tmp_path, port=port),
                httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=forged) as client,
            ):
                led = client.get("/admin/sign-in")
                assert led.headers["location"].startswith("https://auth.example.org/?rd=http://")
                for path in ("//admin/sign-in", "/./admin/sign-in", "/%61dmin/sign-in", "/"):
                    assert "set-cookie" not in client.get(path).headers
                client.cookies.set("who", "ada")
                assert "ada (editor)" in client.get("/admin/", follow_redirects=True).text
        except services.Missing as missing:
            pytest.skip(str(missing))
