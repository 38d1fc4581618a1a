"""The words check themselves: an object that exists is a valid one."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from feeds.draft import Parsed
from feeds.model import Issued, IssuedFrom, SourceKind, TopicKind, TopicRef
from tests.items import NOON, an_item


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: TopicRef(TopicKind.FIELD, ""), "needs a slug"),
        (lambda: Parsed(form="A", drafts=()), "at least one draft"),
        (
            lambda: Issued(
                day=date(2026, 11, 24),
                at=datetime(2026, 11, 24, 7),  # noqa: DTZ001 - the fault
                origin=IssuedFrom.FEED,
            ),
            "time zone",
        ),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


def test_a_topic_is_written_as_it_is_read() -> None:
    assert str(TopicRef.parse("field:policing")) == "field:policing"


def test_a_source_named_on_the_command_line_tells_its_kind() -> None:
    assert SourceKind.PATH.named("/srv/saved") == "path:/srv/saved"


def test_an_item_is_withdrawn_from_a_moment_on() -> None:
    assert not an_item().is_withdrawn
    assert an_item(withdrawn_at=NOON).is_withdrawn
