"""The body of a request to subscribe somebody: which members it has, and every fault of one.

Knows the shape, whose schema is the contract, and the topics there are. Must never know who is
subscribed, or who asks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from config.values import time_zone
from feeds.errors import MalformedSelection, UnknownTopic
from feeds.parse.push.members import Fault, Strict, faults_of, printable, some_words, words
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import Frequency, Weekday
from notifier.subscribers.listed import minute_of_day
from notifier.subscribers.preferences import Assumed, Preferences, numbered_days
from notifier.subscribers.sign_up import is_role
from notifier.subscribers.subscribe import cadence_of, checked, named_selections, usable_language

#: More than any has (RFC 5321 section 4.5.3.1), or any page of yours.
_LONGEST = 500
#: Nobody follows more at once.
_MOST_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What may be asked for, and what is meant where nothing is said."""

    taxonomy: Taxonomy
    assumed: Assumed


def _taken(check: Callable[..., Any], *arguments: object) -> Any:
    """What a check returns. Raises ValueError, which is told beside the member."""
    try:
        return check(*arguments)
    except (
        *(MalformedSelection, PreferenceRefused, UnknownLanguage, UnknownTopic),
        UnusableAddress,
    ) as error:
        raise ValueError(str(error)) from error


def _named(name: str, info: ValidationInfo) -> str:
    member = {str(info.field_name): (name,)}
    _taken(named_selections, info.context.taxonomy, Preferences(**member))  # type: ignore[arg-type, union-attr]
    return name


def _spoken(tag: str, info: ValidationInfo) -> str:
    return str(_taken(usable_language, tag, None, info.context.assumed))  # type: ignore[union-attr]


def _zone(name: str) -> str:
    return time_zone(name).key


def _hour(text: str) -> str:
    minute_of_day(text)
    return text


def _address_of_ip(text: str) -> str:
    return str(ip_address(text))


_Line = Annotated[str, Field(min_length=1, max_length=_LONGEST), AfterValidator(some_words)]
_Named = Annotated[_Line, AfterValidator(_named)]
_Names = Annotated[list[_Named], Field(max_length=_MOST_NAMED)]


class Agreement(Strict):
    """What they agreed to, which is kept as proof."""

    source: _Line = Field(
        description="Where they agreed: the address of your page, or what you call it.",
        examples=["https://www.example.org/newsletter"],
    )
    text: Annotated[str, Field(max_length=20_000), AfterValidator(printable)] = Field(
        default="", description="What they were shown. Required with double opt-in."
    )
    version: Annotated[str, Field(max_length=_LONGEST), AfterValidator(words)] = Field(
        default="", description="Which version of it."
    )


class NewSubscriber(Strict):
    """Somebody who is to get mail, what of, and how often. What is not said is as for whoever signs
    up here: a daily digest at 07:00, in the zone and the language of the site.
    """

    double_opt_in: bool = Field(
        default=True,
        description="Whether they are asked to confirm by mail; false where you vouch that they"
        " agreed, which a token has to be for.",
    )
    address: Annotated[str, Field(max_length=_LONGEST)] = Field(
        description="Their mail address.", examples=["anna@example.org"]
    )
    topics: _Names = Field(
        default=[],
        description="Topics, each by its slug (field:policing, or policing where no other has it)"
        " or its name.",
        examples=[["Policing"]],
    )
    selections: _Names = Field(
        default=[],
        description="Selections, each as the query of its address.",
        examples=[["field=policing&country=austria"]],
    )
    everything: bool = Field(
        default=False, validate_default=True, description="Whether they get all news."
    )
    timezone: Annotated[_Line, AfterValidator(_zone)] | None = Field(
        default=None, description="Their time zone.", examples=["Europe/Vienna"]
    )
    language: Annotated[_Line, AfterValidator(_spoken)] | None = Field(
        default=None, description="The language of their mails.", examples=["de"]
    )
    frequency: Annotated[Frequency, Field(strict=False)] = Field(
        default=Frequency.DAILY, description="How often they get mail."
    )
    at: Annotated[_Line, AfterValidator(_hour)] | None = Field(
        default=None, description="At what time, in their zone.", examples=["07:00"]
    )
    on: Annotated[list[Annotated[Weekday, Field(strict=False)]], Field(max_length=7)] = Field(
        default=[], description="On which days: some for a daily digest, one for a weekly one."
    )
    consent: Agreement
    network: Annotated[_Line, AfterValidator(_address_of_ip)] | None = Field(
        default=None,
        description="From which IP address they asked you. It is counted as one that asks here, and"
        " without it all that ask you count as one network. It is not kept.",
        examples=["192.0.2.7"],
    )

    @field_validator("address")
    @classmethod
    def _is_somebodys(cls, value: str, info: ValidationInfo) -> str:
        """Refuses what is no address, and that of a role where its readers are to confirm."""
        usable: str = _taken(checked, value)
        if info.data.get("double_opt_in") and is_role(usable):
            raise ValueError("is that of a role, for which nobody can confirm")
        return usable

    @field_validator("everything")
    @classmethod
    def _is_anything(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuses to subscribe somebody to nothing."""
        named = (info.data.get(each, ("some that are wrong",)) for each in ("topics", "selections"))
        if not value and not any(named):
            raise ValueError("must be true where no topics and no selections are named")
        return value

    @field_validator("at", "on")
    @classmethod
    def _is_of_its_frequency(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuses an hour of immediate mail, and days of it, or several of a weekly digest."""
        often = info.data.get("frequency")
        if often is not None and value:
            minute = minute_of_day(value) if isinstance(value, str) else None
            days = frozenset() if isinstance(value, str) else numbered_days(value)
            _taken(cadence_of, often, minute, days, info.context.assumed.zone)  # type: ignore[union-attr]
        return value

    @field_validator("consent")
    @classmethod
    def _is_proof(cls, value: Agreement, info: ValidationInfo) -> Agreement:
        """Refuses to ask somebody to confirm what nobody can show later."""
        if info.data.get("double_opt_in") and not value.text:
            raise ValueError("must hold the text that they were shown, as they are to confirm it")
        return value

    @property
    def preferences(self) -> Preferences:
        """What they ask for, as the command has it."""
        return Preferences(
            topics=tuple(self.topics),
            selections=tuple(self.selections),
            everything=self.everything,
            frequency=self.frequency,
            minute=minute_of_day(self.at) if self.at else None,
            weekdays=numbered_days(self.on) or None,
            zone=time_zone(self.timezone) if self.timezone else None,
            language=self.language,
        )


_KNOWN = (
    f"{', '.join(NewSubscriber.model_fields)}, and for consent {', '.join(Agreement.model_fields)}"
)


def new_subscriber(value: object, offered: Offered) -> NewSubscriber | tuple[Fault, ...]:
    """The subscriber a JSON value describes, or all that is wrong with it, not only the first."""
    try:
        return NewSubscriber.model_validate(value, context=offered)
    except ValidationError as error:
        return faults_of(error, _KNOWN)
