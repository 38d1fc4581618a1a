"""Selections are found, on both engines alike: by place, language and words, newest first."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from feeds import search
from feeds.model import TopicKind, TopicRef
from feeds.search import index
from feeds.search.query import query_of
from feeds.selection import Selection, canonical_words
from feeds.storage import entries, write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.storage.read_items import whole_items
from feeds.storage.tables import items, searchable
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.items import NOON, revise, store

RIGHTS = a_label("Human rights", "human-rights")
POLICE = a_label("Policing", "policing")
MISSION = a_label("OSCE Mission to Moldova", "mission-to-moldova", TopicKind.ISSUER)
DEPARTMENT = a_label(
    "Transnational Threats Department", "transnational-threats-department", TopicKind.ISSUER
)

told = partial(a_draft, summary="", paragraphs=())


def found(database: Database, query: str, limit: int = 20) -> list[int]:
    """The items of a query, once the index has followed."""
    search.follow(database)
    with database.reading() as connection:
        return [each.item for each in search.latest(connection, Selection.parse(query), limit)]


def words(text: str) -> str:
    return urlencode({"q": text} if text else {})


def stored(database: Database, taxonomy: Taxonomy, *texts: str, language: str = "en") -> None:
    """Items with these titles, the first the newest."""
    for age, text in enumerate(texts):
        draft = told(title=text, language=language)
        store(database, taxonomy, [draft], at=NOON - timedelta(days=age))


def test_any_of_a_facet_and_all_facets(database: Database, osce: Taxonomy) -> None:
    drafts = [
        told(fields=(POLICE,)),
        told(fields=(RIGHTS,)),
        told(fields=(RIGHTS, POLICE), issuers=(MISSION,)),
        told(fields=(), language="de"),
        told(fields=(RIGHTS,), language="zh-Hant-TW"),
    ]
    for age, draft in enumerate(drafts):
        store(database, osce, [draft], at=NOON - timedelta(days=age))
    assert found(database, "field=policing") == [1, 3]
    assert found(database, "field=policing&field=human-rights") == [1, 2, 3, 5]
    assert found(database, "field=human-rights&issuer=secretariat") == [2, 5]
    assert found(database, "field=human-rights&issuer=secretariat&language=en") == [2]
    assert found(database, "language=en&language=de&type=news") == [1, 2, 3, 4]
    assert found(database, "language=zh") == found(database, "language=zh-Hant") == [5]
    assert found(database, "language=zh-Hant-TW") == [5]
    assert found(database, "language=zh-Hans") == []
    assert found(database, "language=zho") == [5]
    assert found(database, "country=kosovo") == []
    assert found(database, "") == [1, 2, 3, 4, 5]


def test_what_lies_below_a_topic_is_there_too(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [told(issuers=(DEPARTMENT,))])
    assert found(database, "issuer=secretariat&q=police") == [1]


#: What texts say, and how somebody asks for them.
WRITTEN = [
    ("en", "Securing the mission's borders", "border security mission"),
    ("en", "The U.S. ambassador’s visit to Zürich", "us ambassadors zurich"),
    ("fr", "La sécurité aux frontières de l’Ukraine", "securite frontière ukraine"),
    ("fr", "Des élections libres", "election"),
    ("de", "Flüchtlinge an der Straße nach Österreich", "fluechtling strasse oesterreich"),
    ("de", "Fluechtlinge in Muenchen", "flüchtling münchen"),
    ("it", "La libertà nelle città dell'Italia", "liberta citta italia"),
    ("ru", "Ёлка: безопасность полиции", "елка безопасности полиция"),
    ("ru", "Елки в районе", "ёлка район"),
    ("es", "Investigación de las policías", "investigaciones policia"),
    ("uk", "Об’єднання в м. Їжакове", "об'єднання їжакове"),
    ("pl", "Spotkanie w Łodzi", "lodzi"),
    ("zh-TW", "歐洲安全與合作組織在維也納舉行會議", "安全與合作 維也納"),
    ("ja", "ウィーンで東京の会議", "東京 ｳｨｰﾝ 議"),
    ("th", "การประชุมในกรุงเทพมหานคร", "กรุงเทพ"),
    ("ko", "정부는 오늘 발표했다", "정부 발표"),
    ("ar", "اجتماعٌ حول الأمن", "اجتماع الامن"),
    ("el", "Συνάντηση στην Αθήνα", "αθηνα"),
    ("hi", "सुरक्षा समाचार", "समाचार"),
    ("", "Unknown tongues", "unknown tongues"),
]


def test_words_are_found_as_people_write_them(database: Database, osce: Taxonomy) -> None:
    drafts = [told(title=text, language=language) for language, text, _ in WRITTEN]
    store(database, osce, drafts)
    for number, (language, _, asked) in enumerate(WRITTEN, start=1):
        assert found(database, words(asked)) == [number], asked
        assert found(database, words(f"{asked} nowhere")) == [], asked
        if language:
            assert found(database, f"{words(asked)}&language={language}") == [number], asked


def test_words_are_of_the_languages_asked_for(database: Database, osce: Taxonomy) -> None:
    """In German "Bürger" and "Burg" have one stem; who looks for English gets English words."""
    stored(database, osce, "Burg")
    assert found(database, words("bürger")) == [1]
    assert found(database, f"{words('bürger')}&language=en") == []


def test_phrases_stand_together_and_what_has_a_minus_is_left_out(
    database: Database, osce: Taxonomy
) -> None:
    stored(database, osce, "Border security", "Security at the border", "Borders and securities")
    assert found(database, words("border security")) == [1, 2, 3]
    assert found(database, words('"border security"')) == [1]
    assert found(database, words("„border security“ border")) == [1]
    assert found(database, words("border-security")) == [1]
    assert found(database, words("border -at")) == [1, 3]
    assert found(database, words('security -"security at"')) == [1, 3]
    assert found(database, words("-at")) == [1, 3]
    assert found(database, words('"border security')) == [1]
    assert found(database, words('-at -and "-border')) == [1]


def test_no_phrase_goes_from_one_text_into_the_next(database: Database, osce: Taxonomy) -> None:
    store(database, osce, [a_draft(title="On the border", summary="Security is", paragraphs=())])
    assert found(database, words("border security")) == [1]
    assert found(database, words('"border security"')) == []


#: What engines read as more than words.
OPERATORS = [
    "bor*", "^border", "border:*", "border NEAR security", "title:border", "border | else",
    "border & !security", "border <-> security", "(border", "border)", "'border", "border'",
    "border\\", "bor_der", "searchable_terms:border", "{border security}", "+border -",
    "rowid:1", ":all", "field:policing", "at:field:policing", "border OR else",
]  # fmt: skip


def test_what_engines_read_as_more_than_words_is_words(database: Database, osce: Taxonomy) -> None:
    stored(database, osce, "Border security", "Or near: and not title at")
    for asked in OPERATORS:
        terms = "".join(letter if letter.isalnum() else " " for letter in asked).lower().split()
        expected = [1] if set(terms) <= {"border", "security"} else []
        assert found(database, words(asked)) == expected, asked


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    asked=st.text(max_size=200)
    | st.text(alphabet="ab \"'-*:^()&|!<>\\{}+~#東京ё\u0301\u0e01\u0e31", max_size=200)
    | st.just(" ".join(f"w{number}" for number in range(50)))
    | st.just('"' + " ".join(map(str, range(70))))
)
def test_whatever_is_looked_for_is_answered(database: Database, osce: Taxonomy, asked: str) -> None:
    asked = canonical_words(asked)
    with database.reading() as connection:
        assert search.latest(connection, Selection(words=asked), 5) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(text=st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1), max_size=60))
def test_whatever_is_told_is_found_by_its_words(
    database: Database, osce: Taxonomy, text: str
) -> None:
    (item,) = store(database, osce, [told(title=text, language="ru")])
    asked = canonical_words("".join(" " if each in '"“”„«»-' else each for each in text))
    if query_of(Selection(words=asked)):
        assert item.number in found(database, words(asked), 1_000)


def test_long_texts_are_found_by_what_they_begin_with(database: Database, osce: Taxonomy) -> None:
    paragraph = " ".join(f"word{number}" for number in range(40_000))
    han = "".join(map(chr, range(0x4E00, 0x9F00))) * 10
    store(database, osce, [told(paragraphs=(paragraph,)), told(paragraphs=(han,))])
    assert found(database, words("word9999")) == [1]
    assert found(database, words("word39999")) == []
    assert found(database, words("一丁丂")) == [2]


def test_the_index_follows_what_changes(database: Database, osce: Taxonomy) -> None:
    first, second, third = store(
        database, osce, [told(title=f"Meeting {each}") for each in ("one", "two", "three")]
    )
    assert found(database, words("meeting")) == [3, 2, 1]
    revise(database, osce, first, told(title="Conference"), NOON + timedelta(hours=1))
    with database.writing() as connection:
        hiding.merge(connection, second.number, third.number, NOON)
    assert found(database, words("meeting")) == [3]
    assert found(database, words("conference")) == [1]
    with database.writing() as connection:
        hiding.split(connection, second.number, NOON)
    assert found(database, words("meeting")) == [3, 2]
    with database.reading() as connection:
        assert search.followed(connection) == 6
        assert connection.scalar(select(func.count()).select_from(searchable)) == 3
    assert search.follow(database) == 0


def test_what_is_hidden_is_not_found_before_the_index_follows(
    database: Database, osce: Taxonomy
) -> None:
    stored(database, osce, *(f"Meeting {number}" for number in range(9)))
    assert found(database, words("meeting"), 2) == [1, 2]
    with database.writing() as connection:
        for number in (1, 3, 4, 5):
            hiding.merge(connection, number, 9, NOON)
    with database.reading() as connection:
        assert search.followed(connection) == 9
        latest = search.latest(connection, Selection(words="meeting"), 2)
    assert [each.item for each in latest] == [2, 6]


def test_an_index_made_otherwise_is_made_anew(
    database: Database, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(database, osce, "Meeting", "Conference")
    assert search.follow(database) == 2
    monkeypatch.setattr(index, "_recipe", lambda: "of a later version")
    assert search.follow(database) == 2
    assert found(database, words("meeting")) == [1]


def test_many_items_are_followed_in_parts(
    database: Database, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_ITEMS_AT_ONCE", 2)
    stored(database, osce, *(f"Meeting {number}" for number in range(5)))
    assert found(database, words("meeting")) == [1, 2, 3, 4, 5]


def pages(database: Database, query: str, size: int) -> list[Sequence[entries.Latest]]:
    search.follow(database)
    selection = Selection.parse(query)
    before, taken = None, []
    with database.reading() as connection:
        while page := search.latest(connection, selection, size, before):
            taken.append(page)
            before = page[-1].news_at
    return taken


def test_page_by_page_all_are_read_once(database: Database, osce: Taxonomy) -> None:
    stored(database, osce, *(f"Meeting {number}" for number in range(7)))
    for size in (1, 2, 3, 7, 9):
        taken = [each.item for page in pages(database, words("meeting"), size) for each in page]
        assert taken == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_of_long_ago_is_found_behind_what_is_new(
    database: Database, osce: Taxonomy
) -> None:
    for days in (0, 1, 40, 400, 4_000, 9_000, 25_000):
        store(database, osce, [told(title="Meeting")], at=NOON - timedelta(days=days))
    for limit in range(1, 8):
        assert found(database, words("meeting"), limit) == [1, 2, 3, 4, 5, 6, 7][:limit]
    assert len(pages(database, words("meeting"), 3)) == 3


def test_items_of_one_moment_are_all_found(database: Database, osce: Taxonomy) -> None:
    stored(database, osce, *(f"Meeting {number}" for number in range(5)))
    with database.writing() as connection:
        connection.execute(update(items).values(news_at=NOON))
    taken = [each.item for page in pages(database, words("meeting"), 2) for each in page]
    assert sorted(taken) == [1, 2, 3, 4, 5]


def test_an_item_is_news_where_it_was_filed_late(database: Database, osce: Taxonomy) -> None:
    """What is re-tagged is new to those who follow what it is filed under now, to nobody else."""
    drafts = [told(title=f"Meeting {number}", fields=(RIGHTS,)) for number in range(3)]
    for day, draft in enumerate(drafts):
        store(database, osce, [draft], at=NOON + timedelta(days=day))
    with database.reading() as connection:
        (first,) = whole_items(connection, [1])
    both = told(title="Meeting 0", fields=(RIGHTS, POLICE))
    later = NOON + timedelta(days=9)
    revise(database, osce, first, both, later)
    store(database, osce, [told(title="Meeting 4", fields=(POLICE,))], at=NOON)
    assert found(database, "field=policing&q=meeting") == [1, 4]
    assert found(database, "field=human-rights&q=meeting") == [3, 2, 1]
    assert found(database, "field=human-rights&field=policing&q=meeting") == [3, 2, 4, 1]
    assert found(database, "field=policing&type=news") == [1, 4]
    assert found(database, words("meeting")) == [3, 2, 4, 1]
    with database.reading() as connection:
        newest, _ = search.latest(connection, Selection.parse("field=policing&type=news"), 2)
    assert newest.news_at >= later


def test_the_last_corrected_of_a_selection(database: Database, osce: Taxonomy) -> None:
    stored(database, osce, *(f"Meeting {number}" for number in range(5)))
    with database.reading() as connection:
        stored_items = {each.number: each for each in whole_items(connection, range(1, 6))}
    for hour, number in enumerate((5, 4, 1)):
        draft, at = told(title=f"Meeting, corrected {hour}"), NOON + timedelta(hours=1 + hour)
        revise(database, osce, stored_items[number], draft, at)
    search.follow(database)
    selection = Selection.parse("field=policing&q=meeting")
    with database.reading() as connection:
        latest = search.latest(connection, selection, 9)
        since = latest[1].news_at
        changed = search.corrected(connection, selection, since, 9)
        assert changed == [latest[3], latest[4]]
        assert [each.item for each in changed] == [4, 5]
        assert search.corrected(connection, selection, since, 1) == changed[:1]
        assert search.corrected(connection, Selection(words="_"), since, 9) == []


# -- Against a model -------------------------------------------------------------------------------

TITLES = ["alpha", "beta", "gamma", "alpha beta", "beta alpha gamma"]
labels = st.lists(st.sampled_from([RIGHTS, POLICE]), max_size=2, unique=True)
drafts = st.builds(
    lambda title, fields, issuer, language: told(
        title=title, fields=tuple(fields), issuers=(issuer,), language=language
    ),
    st.sampled_from(TITLES),
    labels,
    st.sampled_from([MISSION, DEPARTMENT]),
    st.sampled_from(["en", "de", "zh-TW"]),
)
places = st.sampled_from(
    ["field=policing", "field=human-rights", "issuer=secretariat", "issuer=mission-to-moldova",
     "language=en", "language=zh", "type=news"]
)  # fmt: skip
queries = st.builds(
    lambda places, asked: "&".join([*places, *([words(asked)] if asked else [])]),
    st.lists(places, max_size=4, unique=True),
    st.sampled_from(["", "alpha", "alpha beta", '"alpha beta"', "-gamma", "beta -alpha"]),
)


def has(title: str, asked: str) -> bool:
    if asked.startswith('"'):
        return asked.strip('"') in title
    return all(
        (word.removeprefix("-") in title.split()) is not word.startswith("-")
        for word in asked.split()
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(told_=st.lists(drafts, max_size=6), asked=st.lists(queries, min_size=1, max_size=12))
def test_what_is_found_is_what_a_selection_takes(
    database: Database, osce: Taxonomy, told_: Collection[object], asked: list[str]
) -> None:
    store(database, osce, list(told_))  # type: ignore[arg-type]
    with database.reading() as connection:
        known = whole_items(connection, connection.scalars(select(items.c.number)).all())
    for query in asked:
        selection = Selection.parse(query)
        expected = {
            each.number
            for each in known
            if selection.takes(each.topics, each.language) and has(each.title, selection.words)
        }
        assert set(found(database, query, 10_000)) == expected


def test_a_topic_nobody_has_is_no_error(database: Database) -> None:
    assert found(database, f"field={'a' * 80}") == []
    with database.reading() as connection:
        everything = Selection(topics=frozenset({TopicRef(TopicKind.FIELD, "a-b-c")}))
        assert search.latest(connection, everything, 3) == []


def test_what_became_news_in_a_span_and_first_after_it(database: Database, osce: Taxonomy) -> None:
    """As much as is told by going through all of it."""
    ages = (0, 1, 1, 2, 9, 30, 31, 200, 201, 900, 4000)
    for age in ages:
        store(database, osce, [told(title="Police", fields=(POLICE,))], at=NOON - timedelta(age))
    (late,) = store(database, osce, [told(title="Police", fields=())], at=NOON - timedelta(50))
    filed = told(title="Police", fields=(POLICE,))
    revise(database, osce, late, filed, NOON - timedelta(days=10))
    with database.writing() as connection:
        write_items.set_hidden(connection, [4], {"withdrawn_at": NOON}, NOON)
    search.follow(database)
    chosen = Selection.parse("field=policing&q=police")
    with database.reading() as connection:
        every = search.latest(connection, chosen, 99)
        assert len(every) == len(ages)
        for one, other in ((0, 3), (1, 31), (30, 31), (60, 190), (200, 201), (-5, 5000)):
            start, end = NOON - timedelta(days=other), NOON - timedelta(days=one)
            expected = [each for each in every if start <= each.news_at < end]
            assert search.became_news(connection, chosen, start, end) == expected
            since = [each for each in every if each.news_at >= end]
            assert search.first_since(connection, chosen, end) == (since[-1] if since else None)
        first = every[-1].news_at
        assert search.first_since(connection, chosen, first) == every[-1]
        nothing = Selection(words="-")
        assert search.became_news(connection, nothing, first, NOON) == []
        assert search.first_since(connection, nothing, first) is None
