"""Lists of people, in the forms that programs write them, and what of a line makes no sense."""

import csv
import json
from datetime import date
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.errors import UnreadableList
from notifier.model import Frequency
from notifier.subscribers.listed import (
    ListColumn,
    ListedPerson,
    ListFault,
    PeopleList,
    in_a_cell,
    read_list,
)
from notifier.subscribers.preferences import Preferences

NOTHING = Preferences()


def people(text: str | bytes, **named: str) -> list[ListedPerson]:
    found = everything(text, **named)
    assert all(isinstance(each, ListedPerson) for each in found), found
    return [each for each in found if isinstance(each, ListedPerson)]


def everything(text: str | bytes, **named: str) -> list[ListedPerson | ListFault]:
    return [*a_list(text, **named).people]


def a_list(text: str | bytes, **named: str) -> PeopleList:
    content = text.encode() if isinstance(text, str) else text
    return read_list(content, {ListColumn(name): heading for name, heading in named.items()})


def faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(each.line, each.problem) for each in everything(text) if isinstance(each, ListFault)]


def test_all_that_a_list_may_say() -> None:
    [anna] = people(
        "address,state,topics,selections,frequency,at,on,quiet,timezone,language,muted,paused_until\n"
        'anna@example.org,active,Policing; Human rights,"everything field=a&type=b",daily,06:30,'
        "monday friday,5,Europe/Vienna,de,Elections,2026-12-24\n"
    )
    assert anna == ListedPerson(
        line=2,
        address="anna@example.org",
        wants=Preferences(
            topics=("Policing", "Human rights"),
            selections=("field=a&type=b",),
            everything=True,
            muted=("Elections",),
            frequency=Frequency.DAILY,
            minute=390,
            weekdays=frozenset({0, 4}),
            quiet_minutes=5,
            zone=ZoneInfo("Europe/Vienna"),
            language="de",
            paused_until=date(2026, 12, 24),
        ),
    )


def test_what_is_not_said_is_left_open() -> None:
    assert people("email\nanna@example.org\n\n \n") == [
        ListedPerson(line=2, address="anna@example.org", wants=NOTHING)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_are_told_apart_by_what_stands_between_them(delimiter: str) -> None:
    text = delimiter.join(("E-Mail Address", "Lang")) + "\r\n"
    text += delimiter.join(("anna@example.org", "fr")) + "\r\n"
    [anna] = people(text)
    assert (anna.address, anna.wants.language) == ("anna@example.org", "fr")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_of_figures_saves_in_these_codings(coding: str) -> None:
    [reader] = people("Email\njörg@example.org\n".encode(coding))
    assert reader.address == "jörg@example.org"


def test_another_coding_is_refused_with_the_line_of_it() -> None:
    with pytest.raises(UnreadableList, match="line 2 is not UTF-8"):
        a_list("email\njörg@example.org\n".encode("latin-1"))


def test_an_export_of_listmonk_is_read_as_it_is() -> None:
    read = a_list(
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,anna@example.org,Anna,"{""city"": ""Wien""}",enabled,2024-01-01,2024-01-02\n'
        "2,ben@example.org,Ben,{},blocklisted,2024-01-01,2024-01-02\n"
        "3,cleo@example.org,Cleo,{},disabled,2024-01-01,2024-01-02\n"
    )
    told = [(each.address, each.is_out) for each in read.people if isinstance(each, ListedPerson)]
    assert told == [
        ("anna@example.org", False),
        ("ben@example.org", True),
        ("cleo@example.org", True),
    ]
    assert read.unread == ("uuid", "name", "attributes", "created_at", "updated_at")


def test_members_of_mailman_are_read_as_they_are() -> None:
    told = people('Anna Smith <anna@example.org>\n\nben@example.org\n"Cleo, Jr." <c@example.org>\n')
    assert [each.address for each in told] == [
        "anna@example.org",
        "ben@example.org",
        "c@example.org",
    ]
    assert [each.line for each in told] == [1, 3, 4]


def test_a_line_that_is_no_single_address_is_a_fault() -> None:
    told = faults("anna@example.org\nben@example.org, cleo@example.org\nBen\n")
    assert [line for line, _ in told] == [2, 3]
    assert "columns need a first line of their names" in told[0][1]


def test_json_holds_lists_and_nothing() -> None:
    told = [
        {"address": "anna@example.org", "topics": ["Policing", "Elections"], "at": None, "id": 7},
        "ben@example.org",
    ]
    anna, fault = everything(json.dumps(told))
    assert isinstance(anna, ListedPerson)
    assert anna.wants.topics == ("Policing", "Elections")
    assert fault == ListFault(line=2, problem="it is no object with an address")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        (" \n\n", "it is empty"),
        ("[{]", "it is no JSON"),
        ('"', "its first line is no CSV"),
        ('""', "no column of it is one of addresses"),
        ("[" * 100_000, "it is no JSON"),
        ("name,city\nAnna,Wien\n", "no column of it is one of addresses: name, city"),
        ("email,Mail\na@example.org,b@example.org\n", "several columns of it are its address"),
    ],
)
def test_what_is_no_list_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UnreadableList, match=problem):
        a_list(text)


def test_a_column_may_be_named() -> None:
    [anna] = people("Mail,Primary\nold@example.org,anna@example.org\n", address="Primary")
    assert anna.address == "anna@example.org"
    with pytest.raises(UnreadableList, match="it has no column 'Mehl', but Mail"):
        a_list("Mail\nanna@example.org\n", address="Mehl")


def test_all_that_is_wrong_with_a_line_is_told_at_once() -> None:
    [wrong] = people(
        "email,status,frequency,hour,days,quiet,zone,paused_until,suppressed\n"
        "anna@example.org,perhaps,hourly,25:00,someday,-1,Mars/Base,tomorrow,maybe\n"
    )
    assert wrong.problems == (
        "frequency: 'hourly' is none of immediate, daily, weekly",
        "at: '25:00' is no time of day; write HH:MM, as 07:00",
        "on: 'someday' is none of monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        "quiet: '-1' is no number of minutes",
        "timezone: 'Mars/Base' is no IANA time zone",
        "paused_until: Invalid isoformat string: 'tomorrow'",
        "state: 'perhaps' tells nobody whether mail may go there",
        "suppressed: 'maybe' is neither yes nor no",
    )


def test_who_must_not_be_mailed_is_out() -> None:
    told = people("email,suppressed\nanna@example.org,yes\nben@example.org,no\n")
    assert [each.is_out for each in told] == [True, False]


def test_cells_beyond_the_columns_are_a_fault_and_missing_ones_are_none() -> None:
    told = everything("email,lang\na@example.org,de,,\nb@example.org,de,more\nc@example.org\n")
    assert [each.line for each in told if isinstance(each, ListedPerson)] == [2, 4]
    assert ListFault(line=3, problem="it has 3 cells, and the first line names 2") in told


def test_a_quote_that_is_not_closed_names_the_lines_it_took() -> None:
    told = faults('email\na@example.org\n"b@example.org\nc@example.org\n')
    assert told == [(3, "it is no CSV up to line 4: unexpected end of data")]
    [(line, problem)] = faults('email\n"a"b@example.org\nc@example.org\n')
    assert (line, problem) == (2, "it is no CSV: ',' expected after '\"'")


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@a", "\ta", "\ra", "'=a", "''a"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert in_a_cell(text) == f"'{text}"


@given(st.from_regex(r"[!-~]{1,20}@example\.org", fullmatch=True))
@example("=cmd|'/c'!a@example.org")
@example("'=a@example.org")
def test_an_address_comes_back_out_of_its_cell(address: str) -> None:
    written = StringIO()
    csv.writer(written).writerows([["address"], [in_a_cell(address)]])
    [found] = people(written.getvalue())
    assert found.address == address


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"email\n\x00\n")
@example(b'email\n"\r\n"')
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes) -> None:
    try:
        read = read_list(content, {})
    except UnreadableList:
        return
    for each in read.people:
        assert each.line >= 1
