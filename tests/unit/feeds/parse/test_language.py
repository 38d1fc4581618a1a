"""The language of a text: what its page says, unless the text clearly speaks another one."""

import pytest

from feeds.parse import language as told
from feeds.parse.language import Spoken, speaks_another, spoken, standard

ENGLISH = (
    "The Mission organized a two-day training course for police officers on the investigation of "
    "cybercrime and electronic evidence, which was held in the capital with its support."
)
TEXTS = {
    "bs": "Misija je organizovala dvodnevnu obuku za policijske službenike o istragama "
    "kibernetičkog kriminala i elektronskim dokazima, saopšteno je danas iz Sarajeva.",
    "de": "Die Mission veranstaltete einen zweitägigen Lehrgang für Polizeibeamte über die "
    "Untersuchung von Computerkriminalität, der in der Hauptstadt stattfand.",
    "es": "La Misión organizó un curso de capacitación de dos días para agentes de policía sobre "
    "la investigación de delitos informáticos y pruebas electrónicas en la capital.",
    "fr": "La Mission a organisé une formation de deux jours à l'intention des policiers sur les "
    "enquêtes relatives à la cybercriminalité, tenue dans la capitale.",
    "it": "La Missione ha organizzato un corso di formazione di due giorni per agenti di polizia "
    "sulle indagini relative alla criminalità informatica nella capitale.",
    "mk": "Мисијата организираше дводневна обука за полициски службеници за истрага на "
    "компјутерски криминал и електронски докази во главниот град на земјата.",
    "ro": "Misiunea a organizat un curs de instruire de două zile pentru ofițerii de poliție "
    "privind investigarea criminalității informatice, desfășurat în capitală.",
    "ru": "Миссия организовала двухдневный учебный курс для сотрудников полиции по расследованию "
    "киберпреступлений и работе с электронными доказательствами в столице.",
    "sq": "Misioni organizoi një trajnim dyditor për oficerët e policisë mbi hetimin e krimit "
    "kibernetik dhe provat elektronike, i cili u mbajt në kryeqytet këtë javë.",
    "sr": "Мисија је организовала дводневну обуку за полицијске службенике о истрагама "
    "високотехнолошког криминала и електронским доказима у главном граду.",
    "uk": "Місія організувала дводенний навчальний курс для працівників поліції з розслідування "
    "кіберзлочинів та роботи з електронними доказами у столиці.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_a_text_without_a_statement_is_guessed(language: str, text: str) -> None:
    """The languages the news of this field comes in."""
    assert spoken(text, None, is_whole=True) == Spoken(language, is_guess=True)


def test_plain_english_is_told_by_its_words() -> None:
    """Most texts are, and it takes a hundredth of the time."""
    assert spoken(ENGLISH, None, is_whole=True) == Spoken("en", is_guess=True)


def test_what_the_page_says_is_believed() -> None:
    """A statement is no guess."""
    assert spoken(ENGLISH, "en-GB", is_whole=True) == Spoken("en-GB", is_guess=False)


@pytest.mark.parametrize(("written", "tag"), [("EN", "en"), ("en-gb", "en-GB")])
def test_a_tag_is_written_in_one_case(written: str, tag: str) -> None:
    """However the page writes it (RFC 5646 section 2.1.1)."""
    assert spoken(ENGLISH, written, is_whole=True).language == tag


@pytest.mark.parametrize("stated", ["sr", "hr", "sr-Latn", "cnr"])
def test_variants_of_one_language_are_called_what_the_page_calls_them(stated: str) -> None:
    """Statistics cannot tell Bosnian from Croatian; whoever wrote the page can."""
    assert spoken(TEXTS["bs"], stated, is_whole=True) == Spoken(stated, is_guess=False)


def test_norwegian_has_three_tags() -> None:
    """``no`` is what the model says for ``nb``."""
    text = (
        "Misjonen arrangerte et to dagers kurs for politifolk om etterforskning av "
        "datakriminalitet og elektroniske bevis, og kurset ble "
        "holdt i hovedstaden denne uken med støtte fra landet."
    )
    assert spoken(text, "nb", is_whole=True) == Spoken("nb", is_guess=False)


def test_a_long_text_in_another_language_overrules_its_page() -> None:
    """Templates say English of pages in any language."""
    text = TEXTS["ru"] * 2
    assert spoken(text, "en", is_whole=True) == Spoken("ru", is_guess=True)


def test_plain_english_overrules_its_page_too() -> None:
    """Told by its words."""
    assert spoken(ENGLISH * 2, "fr", is_whole=True) == Spoken("en", is_guess=True)


def test_a_lead_does_not_overrule_its_page() -> None:
    """Short texts hold names and quotations of other languages."""
    assert spoken(TEXTS["fr"] * 2, "en", is_whole=False) == Spoken("en", is_guess=False)
    assert spoken("Aux lecteurs de ces lignes", "en", is_whole=True) == Spoken("en", is_guess=False)


@pytest.mark.parametrize("stated", ["en", "en-US", "de-AT", "sr-Latn", "el", "ka"])
def test_its_script_overrules_what_a_page_says(stated: str) -> None:
    """However short the text: no English is in Cyrillic."""
    assert spoken(TEXTS["ru"], stated, is_whole=False) == Spoken("ru", is_guess=True)
    assert spoken("Обращение к читателям", stated, is_whole=True) == Spoken(None, is_guess=False)


@pytest.mark.parametrize("stated", ["sr", "uz", "kk", "ru", "be", "tt"])
def test_a_language_may_be_written_in_its_scripts(stated: str) -> None:
    """Of one that is not known nobody can say."""
    assert spoken("Обращение к читателям", stated, is_whole=True).language == stated


def test_a_few_words_are_no_evidence() -> None:
    """An unknown language stays unknown."""
    assert spoken("Weekly report", None, is_whole=True) == Spoken(None, is_guess=False)
    assert spoken("12345 " * 50, None, is_whole=True) == Spoken(None, is_guess=False)


def test_an_uncertain_guess_is_none() -> None:
    """Names alone are in no language."""
    names = "Brown Müller Rossi Dupont García Novák Kowalski Nowak Silva Popescu Ivanov Jansen"
    language, is_guess = spoken(names, None, is_whole=True)
    assert (language is None) == (not is_guess)


def test_an_english_text_overrules_another_statement() -> None:
    """Templates are translated more often than texts."""
    assert spoken(ENGLISH * 2, "ru", is_whole=True) == Spoken("en", is_guess=True)


@pytest.mark.parametrize("language", ["ru", "de", "fr", "es", "it", "ro", "sq", "uk", "mk"])
def test_common_words_agree_with_a_statement(language: str) -> None:
    """It takes no more to believe it."""
    text = TEXTS[language] * 2
    assert spoken(text, f"{language}-XX", is_whole=True) == Spoken(f"{language}-XX", is_guess=False)


SURE = {
    "de": "Die Mission hat in der Hauptstadt einen Kurs für die Polizei veranstaltet, und das "
    "Gericht schickte drei Richter, die mit den Ermittlern über Beweise sprachen.",
    "nl": "De missie heeft in de hoofdstad een cursus gehouden voor de politie, en het was niet "
    "de laatste: in mei komen er ook rechters van het hof naar de stad om te leren.",
    "pl": "Misja urządziła w stolicy kurs dla policji, który trwał trzy dni i nie był ostatni: "
    "w maju do miasta przyjadą też sędziowie, aby uczyć się o dowodach oraz o tym, jak je badać.",
    "sv": "Missionen höll en kurs för polisen i huvudstaden, och det är inte den sista: i maj "
    "kommer domare från hela landet till staden för att lära sig om bevis som finns i datorer.",
    "tr": "Misyon başkentte polis için bir kurs düzenledi ve bu son değil: mayıs ayında da "
    "hakimler daha çok şey öğrenmek için şehre gelecek, ancak bu kez bir gün daha kalacak.",
}  # fmt: skip


@pytest.mark.parametrize("language", SURE)
def test_the_words_of_a_text_tell_its_language_without_the_model(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are far ahead of those of all others."""
    monkeypatch.setattr(told, "model", None)
    assert spoken(SURE[language], None, is_whole=True) == Spoken(language, is_guess=True)
    assert spoken(SURE[language] * 2, "en", is_whole=True) == Spoken(language, is_guess=True)
    assert speaks_another(SURE[language], "en")


@pytest.mark.parametrize(
    ("stated", "text"),
    [("ko-KR", "항구가 다시 열렸다 "), ("el-CY", "Το λιμάνι άνοιξε "), ("th", "ท่าเรือเปิดอีกครั้ง")],
)
def test_a_script_of_one_language_agrees_with_it_without_the_model(
    stated: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "model", None)
    assert spoken(text * 30, stated, is_whole=True) == Spoken(stated, is_guess=False)


@pytest.mark.parametrize(
    "text",
    [
        # Words of Norwegian are Danish, too.
        "Kurset er for politiet i byen, og det er det første som er holdt der i år.",
        # Four are few, however many of all they are.
        "Il y a passé tous ses samedis pendant trois ans, la fanfare cherche un tambour",
        # Of three standards it is told which.
        "Misija je u glavnom gradu održala kurs za policiju, i to nije bio jedini u godini.",
    ],
)
def test_words_that_others_have_too_leave_it_to_the_model(text: str) -> None:
    assert told._at_sight(text, told._words_of(text)) is None
    assert spoken(text, None, is_whole=True).language in {None, "fr", "bs", "hr", "sr"}


# -- One language in several standards -------------------------------------------------------------

EKAVIAN = "Saveti mladih iz cele Srbije predstavili su planove za naredni mesec."
CYRILLIC = "Савјети младих представили су планове за наредни мјесец."
CROATIAN = "Promatrači su tijekom tjedna posjetili općine i sudjelovali u raspravi o sustavu."
BOSNIAN = "Posmatrači su tokom sedmice posjetili sva mjesta i učestvovali u raspravi o sistemu."


@pytest.mark.parametrize(
    ("text", "home", "guess", "language"),
    [
        (EKAVIAN, None, "bs", "sr"),
        (EKAVIAN, "bs", "hr", "sr"),
        (CYRILLIC, None, "bs", "sr"),
        (CROATIAN, None, "sr", "hr"),
        (CROATIAN, "bs", "sr", "hr"),
        (BOSNIAN, None, "sr", "bs"),
        (BOSNIAN, None, "hr", "bs"),
        (BOSNIAN, "sr", "hr", "sr"),
        ("Nova obuka za policiju.", None, "sr", "sr"),
        ("Nova obuka za policiju.", None, "hr", "hr"),
        ("Nova obuka za policiju.", "hr", "bs", "hr"),
        ("Nova obuka za policiju tokom godine.", None, "bs", "bs"),
    ],
)
def test_words_tell_then_the_home_then_the_guess(
    text: str, home: str | None, guess: str, language: str
) -> None:
    """In this order."""
    assert standard(text, home=home, guess=guess, called={}) == language


@pytest.mark.parametrize(("text", "language"), [(EKAVIAN, "sr"), (CROATIAN, "hr"), (BOSNIAN, "bs")])
def test_a_guess_of_one_of_them_is_settled_by_words(text: str, language: str) -> None:
    """Statistics alone cannot."""
    assert spoken(text, None, is_whole=True).language == language


def test_what_they_call_the_organisation_tells_too() -> None:
    """Where nothing else does: each has letters of its own for it."""
    called = {"sr": "OEBS", "hr": "OESS"}
    for text, language in (("Kurs OEBS-a.", "sr"), ("Kurs OESS-a.", "hr"), ("Kurs.", "bs")):
        assert standard(text, home=None, guess="bs", called=called) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("항구가 다시 열렸다", "ko"),
        ("嵐のあと港が再び開いた", "ja"),
        ("ท่าเรือเปิดอีกครั้ง", "th"),
        ("Το λιμάνι άνοιξε", "el"),
        ("部长开设新学校", None),
        ("The word λόγος", None),
    ],
)
def test_a_script_of_one_language_tells_it_in_few_words(text: str, language: str | None) -> None:
    assert spoken(text, None, is_whole=False) == Spoken(language, is_guess=language is not None)
