"""The fetcher: asks robots.txt, waits its turn, asks, follows redirects, says what became of it.

Knows the order of these steps. Must never know what a document means or who wants it.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from httpx2 import URL

from feeds.fetch import Answer, Denied, FetchFailed, Limits, RemoteValidators, Reply, Stopped
from feeds.fetch.answers import (
    BUSY,
    REDIRECTS,
    Received,
    address,
    answer_of,
    conditions,
    reply_of,
    retry_after,
)
from feeds.fetch.chain import Chain
from feeds.fetch.exchange import Exchange, Question
from feeds.fetch.guard import Guard
from feeds.fetch.politeness import ALL, MAX_BYTES, MAX_REDIRECTS, Hosts, RobotsRules, rules_of

#: What a look at a listing, feed or page takes; a server that cannot choose ignores it.
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.9,"
    " application/xhtml+xml;q=0.9, application/xml;q=0.8, text/plain;q=0.7, */*;q=0.1"
)
_NAME = "Fieldfare"
#: What a robots.txt calls us by: the name before the version (RFC 9309 2.2.1).
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")

#: A redirect of a form that keeps the form (RFC 9110 15.4.8, 15.4.9).
_KEEPS_FORM = frozenset({307, 308})


def user_agent(version: str, site: str, contact: str | None = None) -> str:
    """Name, version and where to find or write to whoever runs this (RFC 9110 10.1.5)."""
    addresses = [f"+{site}", *([f"mailto:{contact}"] if contact else [])]
    return f"{_NAME}/{version} ({'; '.join(addresses)})"


def product_token(agent: str) -> str:
    """The name a User-Agent starts with, ours if it starts with none."""
    found = _TOKEN.match(agent)
    return found[0] if found else _NAME


class _Astray(NamedTuple):
    """A redirect nobody follows."""

    failed: FetchFailed


#: Why there is no response: Denied is possible where robots.txt is heeded.
_Nothing = TypeVar("_Nothing")


class Fetcher:
    """Fetches by HTTP/1.1 and HTTP/2, for any number of threads: one thing of one host at a time.

    ``agent`` is the User-Agent, and its product token what robots.txt calls us by. Waiting ends
    when ``stopping`` is set; what is under way then is finished. ``monotonic`` and ``wait`` pace
    the turns at a host.
    """

    def __init__(
        self,
        limits: Limits,
        agent: str,
        *,
        clock: Callable[[], datetime],
        stopping: Event,
        guard: Guard | None = None,
        proxy: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._limits = limits
        self._agent = agent.encode("ascii", "replace").decode()
        self._clock = clock
        self._hosts = Hosts(limits.pause_seconds, clock=monotonic, wait=wait or stopping.wait)
        self._guard = guard or Guard()
        self._exchange = Exchange(limits, self._guard, proxy=proxy)

    def close(self) -> None:
        """Nothing is connected any more."""
        self._exchange.close()

    def fetch(
        self, url: str, validators: RemoteValidators | None = None, *, is_list: bool = False
    ) -> Answer:
        """What became of a request for a document, redirects followed; never raises for what a
        network, a server or an address can do. A list may be larger than a page.
        """
        start = address(url)
        if isinstance(start, FetchFailed):
            return start

        limit, (most, setting) = self._limits.max_redirects, self.most(is_list=is_list)
        chain = Chain(here=start, followed=REDIRECTS, limit=limit, by_pages=True)

        def ask(here: URL, seconds: float) -> Received | Denied | FetchFailed | Stopped:
            known = _meant_for(here, start, validators)
            fields = [*self._fields(ACCEPT), *conditions(known)]
            if cookies := chain.cookies(here):
                fields.append(("Cookie", cookies))
            question = Question(url=here, fields=tuple(fields), max_bytes=most, setting=setting)
            return self._ask_if_allowed(question, seconds)

        arrived: Received | _Astray | Denied | FetchFailed | Stopped = self._travel(chain, ask)
        match arrived:
            case Received(url=here):
                return answer_of(arrived, _meant_for(here, start, validators), self._clock())
            case _Astray(failed=failed):
                return failed
            case _:
                return arrived

    def most(self, *, is_list: bool) -> tuple[int, str]:
        """How many bytes a list or a page may have, and the setting that says so."""
        if is_list:
            return self._limits.max_list_bytes, "ingest.max_list_bytes"
        return self._limits.max_bytes, "ingest.max_document_bytes"

    def post(self, url: str, form: Mapping[str, str]) -> Reply:
        """What became of a form sent as application/x-www-form-urlencoded (WebSub 5.1), whatever
        robots.txt says, which is about what crawlers read.

        Only 307 and 308 are followed: any other redirect would lose the form.
        """
        start = address(url)
        if isinstance(start, FetchFailed):
            return start
        content_type = ("Content-Type", "application/x-www-form-urlencoded")

        def ask(here: URL, seconds: float) -> Received | FetchFailed | Stopped:
            question = Question(
                url=here,
                method="POST",
                fields=(*self._fields("*/*"), content_type),
                content=urlencode(form).encode(),
                max_bytes=self._limits.max_bytes,
            )
            return self._ask(question, 0.0, seconds)

        chain = Chain(here=start, followed=_KEEPS_FORM, limit=self._limits.max_redirects)
        arrived: Received | _Astray | FetchFailed | Stopped = self._travel(chain, ask)
        match arrived:
            case Received():
                return reply_of(arrived, self._clock())
            case _Astray(failed=failed):
                return failed
            case _:
                return arrived

    def call(
        self, url: str, fields: tuple[tuple[str, str], ...] = (), content: bytes | None = None
    ) -> Reply:
        """What became of one request to an address whose owner wants it called (WebSub 5.3, 7): a
        POST of the ``content``, a GET where there is none.

        No redirect is followed: 2xx alone is a yes, and its body is cut at the largest allowed.
        """
        here = address(url)
        if isinstance(here, FetchFailed):
            return here
        question = Question(
            url=here,
            method="GET" if content is None else "POST",
            fields=(*self._fields("*/*"), *fields),
            content=content,
            max_bytes=self._limits.max_bytes,
            is_cut=True,
        )
        # Others have callbacks at the same host, and are not silenced by what one of them answers.
        received = self._ask(question, 0.0, self._limits.document_seconds, closes=False)
        return reply_of(received, self._clock()) if isinstance(received, Received) else received

    def refusal(self, url: str) -> str | None:
        """Why an address can never be asked, by its spelling alone; None where it may be tried."""
        here = address(url)
        if isinstance(here, FetchFailed):
            return here.problem
        return self._guard.refuses_host(here.host)

    def _fields(self, accept: str) -> tuple[tuple[str, str], ...]:
        return (("User-Agent", self._agent), ("Accept", accept))

    def _travel(
        self, chain: Chain, ask: Callable[[URL, float], Received | _Nothing]
    ) -> Received | _Astray | _Nothing:
        """The first response that leads nowhere else."""
        # For a document with all its redirects; waiting for a turn costs none of them.
        seconds = self._limits.document_seconds
        while True:
            received = ask(chain.here, seconds)
            if not isinstance(received, Received):
                return received
            seconds -= received.seconds
            there = chain.onward(received)
            if there is None:
                return chain.arrived(received)
            if isinstance(there, FetchFailed):
                return _Astray(there)

    def _ask_if_allowed(
        self, question: Question, seconds: float
    ) -> Received | Denied | FetchFailed | Stopped:
        url = question.url
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        place = url.copy_with(raw_path=b"/robots.txt")
        rules = self._hosts.rules(origin, self._clock(), lambda: self._load_rules(place))
        if not isinstance(rules, RobotsRules):
            return rules
        if not rules.allows(str(url)):
            return Denied(url=str(url))
        return self._ask(question, rules.delay_seconds, seconds)

    def _ask(
        self, question: Question, delay_seconds: float, seconds: float, *, closes: bool = True
    ) -> Received | FetchFailed | Stopped:
        """One response, when it is our turn; who asks us to come back later is left alone, unless
        that ``closes`` nothing.
        """
        host = question.url.host
        with self._hosts.turn(host, delay_seconds) as is_ours:
            if not is_ours:
                return Stopped()
            closed_until = self._hosts.closed_until(host, self._clock())
            if closed_until is not None:
                problem = f"{host} wants nothing asked before {closed_until:%Y-%m-%d %H:%M} UTC"
                return FetchFailed(problem=problem, retry_after=closed_until, host=host)
            received = self._exchange.ask(question, seconds)
        if closes and isinstance(received, Received) and received.status in BUSY:
            self._close(host, received)
        return received

    def _close(self, host: str, received: Received) -> None:
        until = retry_after(received.field("retry-after"), self._clock())
        if until is not None:
            self._hosts.close(host, until)

    def _load_rules(self, place: URL) -> RobotsRules | FetchFailed | Stopped:
        """What the host's robots.txt says, or why the host is not asked at all now."""

        def ask(here: URL, seconds: float) -> Received | FetchFailed | Stopped:
            fields = self._fields("text/plain, */*;q=0.1")
            question = Question(url=here, fields=fields, max_bytes=MAX_BYTES, is_cut=True)
            return self._ask(question, 0.0, seconds)

        chain = Chain(here=place, followed=REDIRECTS, limit=MAX_REDIRECTS)
        arrived: Received | _Astray | FetchFailed | Stopped = self._travel(chain, ask)
        match arrived:
            case Received():
                return self._rules_in(arrived)
            case _Astray():  # 2.3.1.2: such a robots.txt counts as none
                return ALL
            case _:
                return arrived

    def _rules_in(self, received: Received) -> RobotsRules | FetchFailed:
        """RFC 9309 2.3.1: what is not there allows all; a server in trouble, nothing for now."""
        if received.status in {200, 203}:
            return rules_of(received.body, product_token(self._agent))
        if received.status < 500 and received.status != 429:
            return ALL
        problem = f"{received.url} answers {received.status}, so nothing is fetched for now"
        later = retry_after(received.field("retry-after"), self._clock())
        return FetchFailed(problem=problem, retry_after=later, host=received.url.host)


def _meant_for(
    here: URL, start: URL, validators: RemoteValidators | None
) -> RemoteValidators | None:
    """The validators, but none for another host: it could know other states by the same ones."""
    return validators if here.host == start.host else None
