"""What documents say that they are filed under is read where nobody knows a topic."""

from feeds.draft import Document
from feeds.model import TopicKind
from feeds.parse import filed_under
from tests.pages import PLENARY

FEED = b"""<rss version="2.0"><channel><title>t</title>
<item><title>A</title><category>Drinking water</category><category>Drinking water</category>
<category> </category></item>
<item><title>B</title><category>Drinking water</category>
<category domain="https://example.org/country">Austria</category></item>
</channel></rss>"""


def names(body: bytes) -> dict[tuple[str, str], int]:
    found = filed_under(Document(source="", name="", body=body))
    return {(kind.value, name): items for (kind, name), items in found.items()}


def test_the_tags_of_a_feed_are_fields_where_their_scheme_does_not_tell_better() -> None:
    assert names(FEED) == {("field", "Drinking water"): 2, ("country", "Austria"): 1}


def test_what_a_text_states_is_told_by_its_labels() -> None:
    found = names(PLENARY)
    assert found[TopicKind.ISSUER, "OSCE Secretariat"] == 1
    assert found[TopicKind.TYPE, "News Item"] == 1


def test_what_cannot_be_read_states_nothing() -> None:
    assert names(b"") == names(b"<rss><channel") == {}
