"""Where hubs call back (WebSub): their questions, and the news they send.

Knows HTTP. Must never know what a lease is worth, or what a feed says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from feeds.draft import Document
from feeds.ingest.single_document import Receiver
from feeds.standing import early_look
from feeds.storage import documents
from feeds.storage.origins import standings
from feeds.storage.websub import leases
from feeds.web.request_limits import PATIENCE_SECONDS, BodyTooLong, ThreadLimit, body_of
from feeds.websub.lease import Intent, Lease, confirmed, is_live, is_signed, signs

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCallback:
    """The address ``/websub/{token}``; to be routed for GET and POST.

    ``jitter`` is drawn within 0 and 1. ``on_content`` hears, in a thread, which source has news
    that are stored already.
    """

    receiver: Receiver
    max_bytes: int
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    on_content: Callable[[str], None]
    _questions: ThreadLimit = field(default_factory=ThreadLimit, init=False)
    _news: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    async def answer(self, request: Request) -> Response:
        """One request of a hub, or of somebody who guesses. Raises StoreError: ask again (503)."""
        token = request.path_params["token"]
        if request.method == "POST":
            return await self._distribution(token, request)
        return await self._questions.run(self._verification, token, _intent(request))

    def _verification(self, token: str, intent: Intent) -> Response:
        """Whoever guesses makes nobody wait: what is not ours to confirm is only looked up."""
        now, jitter = self.clock(), self.jitter()
        with self.receiver.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            known = leases.by_token(connection, token)
        if confirmed(known, intent, now, jitter) is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        with self.receiver.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            lease = leases.by_token(connection, token, to_change=True)
            verified = confirmed(lease, intent, now, jitter)
            if lease is None or verified is None:
                return Response(status_code=HTTPStatus.NOT_FOUND)
            if verified.lease:
                leases.keep(connection, verified.lease)
            else:
                leases.forget(connection, lease)
        log.info("hub verified", source=lease.source, mode=intent.mode)
        return PlainTextResponse(verified.answer)

    async def _distribution(self, token: str, request: Request) -> Response:
        """News for a lease that is live, by a hub that signs; anything else is not read."""
        lease = await self._questions.run(self._live, token)
        if lease is None:
            # The hub may end what it takes for a subscription.
            return Response(status_code=HTTPStatus.GONE)
        if not signs(lease):
            await self._questions.run(self._look_early, lease)
            return Response(status_code=HTTPStatus.ACCEPTED)
        try:
            body = await body_of(request, self.max_bytes)
        except (BodyTooLong, ClientDisconnect):
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        signature = request.headers.get("x-hub-signature")
        media_type = request.headers.get("content-type")
        await self._news.run(self._take, token, signature, media_type, body)
        # Whether it was believed is not told (7.1.2): who guesses learns nothing.
        return Response(status_code=HTTPStatus.ACCEPTED)

    def _live(self, token: str) -> Lease | None:
        with self.receiver.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            lease = leases.by_token(connection, token)
        return lease if lease and is_live(lease, self.clock()) else None

    def _look_early(self, lease: Lease) -> None:
        """The source is asked itself, as anybody may have written what came."""
        database = self.receiver.database
        with database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            standing = standings.of(connection, lease.source)
        moment = early_look(standing, self.clock())
        if standing is None or moment is None:
            return
        with database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            standings.look_early(connection, standing, moment)
        log.info("hub told of news", source=lease.source)

    def _take(self, token: str, signature: str | None, media_type: str | None, body: bytes) -> None:
        lease = self._live(token)
        if lease is None:
            return  # It ended while its news came.
        if not is_signed(lease.secret, signature, body):
            log.warning("distribution not signed by the hub", source=lease.source)
            return
        with self.receiver.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            if documents.original(connection, documents.digest_of(body)) is not None:
                # What was taken before is not news: somebody may send it again to undo what came
                # since. If the publisher shows it once more, the next look takes it.
                log.info("hub repeated itself", source=lease.source)
                return
        document = Document(
            source=lease.source,
            name=lease.topic,
            body=body,
            url=lease.topic,
            media_type=media_type,
        )
        report = self.receiver.take(document)
        log.info("hub distributed", source=lease.source, added=report.added, revised=report.revised)
        self.on_content(lease.source)


def _intent(request: Request) -> Intent:
    said = request.query_params
    return Intent(
        mode=said.get("hub.mode", ""),
        topic=said.get("hub.topic", ""),
        challenge=said.get("hub.challenge", ""),
        lease_seconds=said.get("hub.lease_seconds", ""),
        reason=said.get("hub.reason", ""),
    )
