"""Errors say what happened to which thing."""

from feeds.errors import (
    BucketError,
    EndedTopic,
    NotEdited,
    Overloaded,
    SourceError,
    StoreBusy,
    UnknownDocument,
    UnknownItem,
)


def test_an_edit_that_cannot_be_names_its_item() -> None:
    error = NotEdited("2026/officers-trained", "there is no such item")
    assert error.item == "2026/officers-trained"
    assert str(error) == "item '2026/officers-trained': there is no such item"


def test_what_is_not_there_is_named() -> None:
    assert str(UnknownItem("2026/none")) == "item '2026/none': there is no such item"
    said = "source 'press': holds no document 'a.txt' in quarantine; see `fieldfare quarantine`"
    assert str(UnknownDocument("press", "a.txt")) == said


def test_a_bucket_that_cannot_be_filled_is_named() -> None:
    error = BucketError("s3://news", "access denied")
    assert (error.bucket, str(error)) == ("s3://news", "access denied")


def test_a_store_that_is_at_work_names_who_does_what() -> None:
    error = StoreBusy("ingest", "pid 7")
    assert (error.lock, error.holder) == ("ingest", "pid 7")
    assert str(error) == "another process (pid 7) already does ingest on this store"


def test_a_store_too_many_wait_for_says_how_long() -> None:
    assert str(Overloaded(2.5)) == "too many wait for the store: no turn within 2.5 seconds"


def test_a_source_that_cannot_be_read_is_named() -> None:
    error = SourceError("press", "no such folder")
    assert (error.source, error.problem) == ("press", "no such folder")
    assert str(error) == "source 'press': no such folder"


def test_a_topic_that_ended_is_none_and_is_named() -> None:
    error = EndedTopic("field:net", "The net")
    assert (error.label, error.near) == ("The net", ())
    assert str(error) == "no topic 'field:net' in the taxonomy; see `fieldfare topics`"
