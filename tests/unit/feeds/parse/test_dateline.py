"""Datelines as agencies and missions print them, and texts that only look like one."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import DateOrder, DateStyle
from feeds.parse import dateline, dates

VIENNA = "VIENNA, 3 June 2002"
JUNE_3 = date(2002, 6, 3)


@pytest.mark.parametrize(
    ("paragraph", "text", "day"),
    [
        ("VIENNA, 3 June 2002- The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 – The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 –A council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 — The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 (OSCE)- The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 (OSCE)-- The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 - 15 officers met.", VIENNA, JUNE_3),
        ("Vienna, 3 June 2002 – The Council met.", "Vienna, 3 June 2002", JUNE_3),
        ("VIENNA 3 June 2002 – The Council met.", "VIENNA 3 June 2002", JUNE_3),
        ("VIENNA, 3 June 2002. The Council met.", VIENNA, JUNE_3),
        ("VIENNA/WARSAW, 3 June 2002 - The", "VIENNA/WARSAW, 3 June 2002", JUNE_3),
        ("TIRANA / BRUSSELS / GENEVA – 6 October 2020. The OSCE",
         "TIRANA / BRUSSELS / GENEVA – 6 October 2020", date(2020, 10, 6)),
        ("FAROB, Tajikistan, 20 September 2016 – The",
         "FAROB, Tajikistan, 20 September 2016", date(2016, 9, 20)),
        ("Prishtinë/Priština, 13 April 2012", "Prishtinë/Priština, 13 April 2012",
         date(2012, 4, 13)),
        ("PRISHTINË/PRIŠTINA, 9 Apr 2012- The", "PRISHTINË/PRIŠTINA, 9 Apr 2012",
         date(2012, 4, 9)),
        ("12 June 2025, Sarajevo – The Mission", "12 June 2025, Sarajevo", date(2025, 6, 12)),
        ("12 June 2025, Ust-Kamenogorsk - The", "12 June 2025, Ust-Kamenogorsk",
         date(2025, 6, 12)),
        ("WARSAW/VIENNA, 30 June – The", "WARSAW/VIENNA, 30 June", None),
        ("SARAJEVO, 05 August 2025", "SARAJEVO, 05 August 2025", date(2025, 8, 5)),
        ("SARAJEVO, 26. novembar 2025. godine - Misija", "SARAJEVO, 26. novembar 2025",
         date(2025, 11, 26)),
        ("САРАЈЕВО, 26. новембра 2025. године – Мисија", "САРАЈЕВО, 26. новембра 2025",
         date(2025, 11, 26)),
        ("ВЕНА, 3 июня 2002 года – ОБСЕ", "ВЕНА, 3 июня 2002", JUNE_3),
        ("VIENNE, le 3 juin 2002 – Le", "VIENNE, le 3 juin 2002", JUNE_3),
        ("WIEN, 3. Juni 2002 – Die OSZE", "WIEN, 3. Juni 2002", JUNE_3),
        ("TBILISI, 26 October 2013 (Georgian and Spanish versions below.) –",
         "TBILISI, 26 October 2013", date(2013, 10, 26)),
        ("NOVI PAZAR, June 3, 2002 – The", "NOVI PAZAR, June 3, 2002", JUNE_3),
        ("ST. PETERSBURG, 3 June 2002 - The", "ST. PETERSBURG, 3 June 2002", JUNE_3),
        ("PRISHTINE\u0308, 3 June 2002 - The", "PRISHTINË, 3 June 2002", JUNE_3),
        ("BOSNIA and HERZEGOVINA, 3 June 2002 - The", "BOSNIA and HERZEGOVINA, 3 June 2002",
         JUNE_3),
        ("VIENNA, 3 June 2002 (OSCE/ODIHR) – The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002: The Council met.", VIENNA, JUNE_3),
        ("VIENNA, 3 June 2002 − The Council met.", VIENNA, JUNE_3),
        ("WASHINGTON, D.C., 3 June 2002 – The", "WASHINGTON, D.C., 3 June 2002", JUNE_3),
        ("SARAJEVO, 3.6.2002. – Misija", "SARAJEVO, 3.6.2002", JUNE_3),
        ("VIENNA, 03/06/2002 – The", "VIENNA, 03/06/2002", None),
        ("VIENNA, 3-5 June 2002 – The", "VIENNA, 3-5 June 2002", None),
        ("VIENNA, 31 June 2002 – The", "VIENNA, 31 June 2002", None),
    ],
)  # fmt: skip
def test_a_dateline_is_read(paragraph: str, text: str, day: date | None) -> None:
    assert dateline.find(paragraph) == dateline.Dateline(text=text, day=day)


@pytest.mark.parametrize(
    "paragraph",
    [
        "",
        "The Council met.",
        "The Council met in Vienna on 3 June 2002.",
        "On 26 February 2021, the Council of Europe (CoE) convened the 8th meeting.",
        "On Monday, 3 June 2002 – the Council met.",
        "3 June 2002 – the Council met.",
        "3 June 2002, and the Council met – again.",
        "VIENNA, 3 June 2002 was the day.",
        "Vienna, 3 June 2002. The Council met.",
        "Vienna 3 June 2002 – the Council met.",
        "VIENNA, 3 June 2002 – 5 June 2002",
        "Participants at the training, Vienna, 3 June 2002. (OSCE/Name)",
        "Vienna, 3 June 2002. (OSCE/Name)",
        "VIENNA, 3 June 2002. (OSCE/Name) Photo details",
        ", 3 June 2002 – The Council met.",
        "OSCE: " + "A" * 200 + ", 3 June 2002 – The Council met.",
        "A B C D E F G H I J K L, 3 June 2002 – The Council met.",
        "VIENNA, 3 Brumaire 2002 – The Council met.",
    ],
)
def test_what_only_looks_like_a_dateline_is_none(paragraph: str) -> None:
    assert dateline.find(paragraph) is None


@given(st.text(st.sampled_from("VIENNA, 3 June 2002 – (OSCE)-.vé") | st.characters()))
def test_any_paragraph_can_be_asked(paragraph: str) -> None:
    found = dateline.find(paragraph)
    assert found is None or len(found.text) <= 250


def test_a_publisher_tells_what_a_slash_date_means() -> None:
    found = dateline.find("VIENNA, 06/03/2002 – The", DateStyle(DateOrder.MONTH_FIRST))
    assert found
    assert found.day == JUNE_3


@pytest.mark.parametrize(
    ("line", "place", "day"),
    [
        ("VIENNA 3 June 2002", "VIENNA", JUNE_3),
        ("Vienna, 3 June 2002", "Vienna", JUNE_3),
        ("VIENNA/WARSAW 3 June 2002", "VIENNA/WARSAW", JUNE_3),
        ("PRISHTINË/PRIŠTINA 3 June 2002", "PRISHTINË/PRIŠTINA", JUNE_3),
        ("SARAJEVO 3. juni 2002. godine", "SARAJEVO", JUNE_3),
        ("VIENNA 3 June", "VIENNA", None),
    ],
)
def test_a_line_of_place_and_day_is_read(line: str, place: str, day: date | None) -> None:
    assert dateline.line(line) == dateline.PlaceAndDay(place=place, day=day)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "3 June 2002",
        "VIENNA",
        "VIENNA 3 June 2002 – The Council met.",
        "VIENNA 3 June 2002, 4 June 2002",
        "The Council met on 3 June 2002",
        "VIENNA " * 30 + "3 June 2002",
    ],
)
def test_another_line_is_none(line: str) -> None:
    assert dateline.line(line) is None


# -- Dates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("22 January 2025", date(2025, 1, 22)),
        ("Wednesday, 22 January 2025, 10:30", date(2025, 1, 22)),
        ("January 22, 2025", date(2025, 1, 22)),
        ("January 22nd 2025", date(2025, 1, 22)),
        ("2nd of January 2025", date(2025, 1, 2)),
        ("22 Jan. 2025", date(2025, 1, 22)),
        ("2025-01-22", date(2025, 1, 22)),
        ("2025-01-22T23:30:00+01:00", date(2025, 1, 22)),
        ("2025/01/22", date(2025, 1, 22)),
        ("22.01.2025", date(2025, 1, 22)),
        ("22.1.2025.", date(2025, 1, 22)),
        ("22. 1. 2025.", date(2025, 1, 22)),
        ("22/01/2025", date(2025, 1, 22)),
        ("01/22/2025", date(2025, 1, 22)),
        ("05/05/2025", date(2025, 5, 5)),
        ("12/05/2015", None),
        ("12-05-2015", None),
        ("22. januar 2025. godine", date(2025, 1, 22)),
        ("22. siječnja 2025.", date(2025, 1, 22)),
        ("22. јануара 2025.", date(2025, 1, 22)),
        ("22 января 2025 г.", date(2025, 1, 22)),
        ("22 січня 2025 року", date(2025, 1, 22)),
        ("1er août 2025", date(2025, 8, 1)),
        ("22 aou\u0302t 2025", date(2025, 8, 22)),
        ("22. März 2025", date(2025, 3, 22)),
        ("22 de enero de 2025", date(2025, 1, 22)),
        ("22 gennaio 2025", date(2025, 1, 22)),
        ("22 ianuarie 2025", date(2025, 1, 22)),
        ("22 janar 2025", date(2025, 1, 22)),
        ("22 јануари 2025", date(2025, 1, 22)),
        ("Wed Jan 22 10:41:00 UTC 2025", date(2025, 1, 22)),
        ("22 January", None),
        ("22-24 January 2025", None),
        ("22 – 24 January 2025", None),
        ("January 2025", None),
        ("22-24 January 2025 and 3 March 2025", None),
        ("22 January 2025 (22 January 2025)", date(2025, 1, 22)),
        ("30 February 2025", None),
        ("22 January 3025", None),
        ("1234567890", None),
        ("", None),
    ],
)
def test_one_whole_date_is_a_day_and_nothing_else_is(text: str, day: date | None) -> None:
    assert dates.only_day(text) == day


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("20 set 2026", "it", date(2026, 9, 20)), ("20 set 2026", None, None),
        ("20 de out. de 2026", "pt-BR", date(2026, 10, 20)), ("20 out 2026", "en", None),
        ("20 Oca 2026", "tr", date(2026, 1, 20)), ("sty 20, 2026", "pl", date(2026, 1, 20)),
        ("2026. jan. 20.", "hu", date(2026, 1, 20)), ("20 mrt 2026", "nl", date(2026, 3, 20)),
        ("20. lis 2026.", "hr", date(2026, 10, 20)), ("20 lis 2026", "pl", date(2026, 11, 20)),
        ("20 lis 2026", None, None), ("3 listopada 2026", "hr", date(2026, 10, 3)),
        ("20 нояб. 2026 г.", None, date(2026, 11, 20)), ("Янв 20, 2026", "en", date(2026, 1, 20)),
        ("20 Φεβ 2026", "el", date(2026, 2, 20)), ("20 בפבר׳ 2026", None, date(2026, 2, 20)),
        ("20 मई 2026", None, date(2026, 5, 20)),
        ("2026-ж., 20-янв.", "ky", date(2026, 1, 20)), ("2026 ж. 20 қаң.", "kk", date(2026, 1, 20)),
        ("12 Pro 2026", "cs", None), ("set 20", "it", None), ("20 set", "it", None),
    ],
)  # fmt: skip
def test_a_short_month_is_one_in_its_language(
    text: str, language: str | None, day: date | None
) -> None:
    """Between a day and a year; and everywhere in letters that no Latin word is written in."""
    assert dates.only_day(text, DateStyle(None, language)) == day


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("12/05/2015", date(2015, 5, 12), date(2015, 12, 5)),
        ("12-05-2015", date(2015, 5, 12), date(2015, 12, 5)),
        ("09/30/2022", date(2022, 9, 30), date(2022, 9, 30)),
        ("30/09/2022", date(2022, 9, 30), date(2022, 9, 30)),
        ("12.05.2015", date(2015, 5, 12), date(2015, 5, 12)),
    ],
)
def test_the_order_of_numbers_is_the_publishers(
    text: str, day_first: date, month_first: date
) -> None:
    assert dates.only_day(text, DateStyle(DateOrder.DAY_FIRST)) == day_first
    assert dates.only_day(text, DateStyle(DateOrder.MONTH_FIRST)) == month_first


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-01-22T23:30:00+01:00", datetime(2025, 1, 22, 22, 30, tzinfo=UTC)),
        ("2025-01-22 23:30Z", datetime(2025, 1, 22, 23, 30, tzinfo=UTC)),
        ("2025-01-22T23:30:00", None),
        ("2025-13-22T23:30:00Z", None),
        ("22 January 2025", None),
    ],
)
def test_an_instant_needs_its_offset(text: str, instant: datetime | None) -> None:
    assert dates.instant(text) == instant
