"""Amazon's SNS: notifications of one topic of ours, and that we are asked whether we want them.

Knows what SNS sends, and where its certificates are. Must never know what is notified, nor ask any
other host.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

import structlog

from feeds.fetch import Posted, Reply
from notifier.returns.services.events import Event
from notifier.returns.services.signatures import by_sns, is_amazons, is_fresh_date

log = structlog.get_logger(__name__)

#: Each is good for a year or so, and a topic has one.
_MOST_CERTIFICATES: Final = 4

Told = list[Event] | HTTPStatus


class Sns:
    """What comes of the topic with this ARN; ``call`` asks an address, without following where it
    leads; ``noticed`` hears what is wrong with certificates, if anything. For any number of
    threads.
    """

    def __init__(
        self,
        topic: str,
        call: Callable[[str], Reply],
        clock: Callable[[], datetime],
        noticed: Callable[[str], object],
    ) -> None:
        self._topic = topic
        self._region = topic.split(":")[3]
        self._call = call
        self._clock = clock
        self._noticed = noticed
        self._certificates: OrderedDict[str, bytes] = OrderedDict()
        self._asking = Lock()

    def told(self, said: Mapping[str, object]) -> Told:
        """What is notified, once it is sure that SNS says it, of late, and of our topic; that the
        topic may notify us is confirmed where it asks. Else what to answer.
        """
        place = str(said.get("SigningCertURL", ""))
        is_ours = said.get("TopicArn") == self._topic
        if not (is_ours and is_fresh_date(str(said.get("Timestamp", "")), self._clock())):
            return HTTPStatus.FORBIDDEN
        # Whoever guesses the topic has nothing asked but files of certificates, of its own region.
        if not (is_amazons(place, self._region) and urlsplit(place).path.endswith(".pem")):
            return HTTPStatus.FORBIDDEN
        certificate = self._certificate(place)
        if certificate is None:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if not by_sns(said, certificate):
            return HTTPStatus.FORBIDDEN
        return self._meant(said)

    def _meant(self, said: Mapping[str, object]) -> Told:
        if said.get("Type") == "SubscriptionConfirmation":
            return self._confirmed(str(said.get("SubscribeURL", "")))
        if said.get("Type") != "Notification":
            return []
        try:
            event = json.loads(str(said.get("Message", "")))
        except (ValueError, RecursionError):
            # As what SNS says to try whether there is somebody.
            return []
        return [event] if isinstance(event, dict) else []

    def _confirmed(self, place: str) -> Told:
        if not is_amazons(place, self._region):
            return HTTPStatus.FORBIDDEN
        if not isinstance(self._call(place), Posted):
            return HTTPStatus.SERVICE_UNAVAILABLE
        log.info("topic confirmed", topic=self._topic)
        return []

    def _certificate(self, place: str) -> bytes | None:
        """What is there, asked once; None where it is not to be had now."""
        # One at a time: many notifications come at once, and all by the same.
        with self._asking:
            known = self._certificates.get(place)
            if known is not None:
                return known
            reply = self._call(place)
            if not isinstance(reply, Posted):
                problem = getattr(reply, "problem", "it was not asked")
                self._noticed(f"the certificate at {place} is not to be had: {problem}")
                return None
            self._noticed("")
            self._certificates[place] = reply.body
            if len(self._certificates) > _MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
            return reply.body
