"""Pages made on request, in the look of the published ones, and the token that opens them.

Knows templates, the header fields of what is nobody else's business, and what is answered to a form
that is not ours. Must never query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feeds.catalogue import catalogue
from feeds.publish.pages import renderer
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy
from feeds.web.representation import PAGE_POLICY
from feeds.web.request_limits import BodyTooLong
from notifier.catalogue import FOLDER
from notifier.errors import TokenRefused
from notifier.subscribers.links import Claim, LinkScope, read
from notifier.web.forms import is_ours, typed

_TEMPLATES = Path(__file__).parent / "templates"

#: A personal address is in the address bar: it is neither kept, nor indexed, nor handed on.
PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


class PrivatePages:
    """Answers with pages that are made for one person, or for nobody in particular; templates in
    the folders ``beside`` ours may extend them.
    """

    def __init__(self, site: Site, taxonomy: Taxonomy, *beside: Path) -> None:
        self.site = site
        self.taxonomy = taxonomy
        #: What they say, in the language of the site.
        self.words = catalogue(site.language, FOLDER)
        self._render = renderer(site, taxonomy, *beside, _TEMPLATES, words=self.words)
        self.in_language = cache(self._in_language)

    def _in_language(self, tag: str) -> "PrivatePages":
        """The same pages as readers of a language have them."""
        if tag == self.words.tag:
            return self
        return PrivatePages(replace(self.site, language=tag), self.taxonomy)

    def answer(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A whole page from finished values."""
        content = self._render(template, **values)
        return HTMLResponse(
            content, status, headers={**PRIVATE, "content-security-policy": PAGE_POLICY}
        )

    def notice(self, what: str, status: int = 200) -> HTMLResponse:
        """A page that only says something: what happened, and what to do, as a catalogue has it
        under ``what``.
        """
        heading, text = (self.words.say(f"{what}.{part}") for part in ("heading", "text"))
        return self.told(heading, text, status)

    def told(self, heading: str, text: str, status: int) -> HTMLResponse:
        """The same of finished sentences."""
        return self.answer("notice.html", status, heading=heading, text=text)

    async def sent(self, request: Request) -> Mapping[str, Sequence[str]] | Response:
        """What a form of ours sent, or what is answered to whatever is none."""
        if not is_ours(request, self.site.url):
            return self.notice("not_understood", 403)
        try:
            return await typed(request)
        except BodyTooLong:
            return self.notice("not_understood", 413)


def claim_of(request: Request, secret: bytes, scope: LinkScope) -> Claim | None:
    """The claim of the token in the path; None where it was not made here or for this."""
    try:
        claim = read(request.path_params["token"], secret)
    except TokenRefused:
        return None
    return claim if claim.scope is scope else None
