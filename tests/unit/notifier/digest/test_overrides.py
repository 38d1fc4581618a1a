"""Templates of an operator's own: what is wrong with them is told before any mail is made."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from feeds.catalogue import languages
from notifier.digest import pieces
from notifier.digest.overrides import ALWAYS, PARTS, PIECES, faults
from notifier.digest.pieces import FORMS
from notifier.mail.message import fill
from notifier.model import Frequency
from tests.digests import DAY, FOLLOWED, VALUES, a_digest, a_renderer, body

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return written


def mail(folder: Path, language: str = "en") -> bytes:
    renderer = a_renderer(folder=folder, contact="editors@example.org")
    template = renderer.render(
        a_digest(), follows=FOLLOWED, frequency=Frequency.DAILY, day=DAY, language=language
    )
    return bytes(fill(template, VALUES))


def test_ours_are_sound() -> None:
    assert faults(pieces.OURS) == ()


def test_a_template_of_the_same_name_goes_before_ours(write: Write) -> None:
    write("item.html", '<h3 class="own"><a href="{{ item.url }}">{{ item.title }}</a></h3>')
    folder = write("mail.css", ".own { color: #123456 }")
    assert faults(folder) == ()
    html = body(mail(folder), "html")
    assert html.count('<h3 class="own" style="color:#123456">') == 4
    assert "2 items" in html


def test_a_template_may_include_what_begins_with_an_underscore(write: Write) -> None:
    write("_title.txt", "* {{ item.title }}\n{{ item.url }}")
    folder = write("item.txt", "{% include '_title.txt' %}")
    assert faults(folder) == ()
    assert "* Human rights in policing" in body(mail(folder), "plain")


@pytest.mark.parametrize("language", languages())
def test_every_name_that_is_told_of_is_there(write: Write, language: str) -> None:
    """What documentation says a piece is given, each gets, whatever stands in a digest."""
    folder = write("mail.css", "")
    for (piece, names), form in product(PIECES.items(), FORMS):
        shown = [f"{{{{ {name}.{part} }}}}" for name in ALWAYS for part in PARTS[name]]
        for name in names:
            parts = PARTS.get(name.rstrip("s") if name == "topics" else name)
            if parts is None:
                shown.append(f"{{{{ {name} }}}}")
            elif name == "topics":
                loop = " ".join(f"{{{{ topic.{part} }}}}" for part in parts)
                shown.append(f"{{% for topic in topics %}}{loop}{{% endfor %}}")
            else:
                shown += [f"{{{{ {name}.{part} }}}}" for part in parts]
        write(f"{piece}.{form}", "\n".join(shown) + "\n")
    assert faults(folder) == ()
    text = body(mail(folder, language), "plain")
    assert "Human rights in policing" in text
    assert VALUES["unsubscribe_url"] in text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("item.txt", "{{ item.title }}\n{% if %}\n", "item.txt, line 2: Expected an expression"),
        ("item.html", "{{ item.title }}{{ nobody }}", "line 1: there is no 'nobody' here, only"),
        ("item.html", "{% if false %}{{ nobody }}{% endif %}", "there is no 'nobody' here"),
        (
            "item.txt",
            "\n{% if false %}{{ item.body }}{% endif %}",
            "line 2: item has no 'body', only",
        ),
        ("feed.txt", "{{ topic.feed_url }}{{ sender.address }}", "sender has no 'address', only"),
        ("more.txt", "{{ topic.url }}\n{{ 1 / 0 }}", "more.txt, line 2: division by zero"),
        ("more.txt", "{{ topic.url }}{% include '_none.txt' %}", "'_none.txt' not found"),
        ("more.txt", "{{ topic.url }}{{ words.say('no_such') }}", "no_such"),
        ("more.txt", "{{ more }}", "more.txt: does not show topic.url"),
        ("item.html", "<h3>{{ item.title }}</h3>", "item.html: does not show item.url"),
        ("also_in.txt", "also", "does not show topics[0].label"),
        ("items.html", "", "items.html: no piece of a mail has that name, only also_in.html,"),
        ("style.css", "", "style.css: no piece of a mail has that name"),
        ("digest.txt", "{{ sections }}\n", "digest.txt: lacks the way out, {{ unsubscribe_url }}"),
        ("digest.txt", "{{ unsubscribe_url }}\n", "needs {{ sections }} once, alone on its line"),
        (
            "digest.html",
            "<p>{{ sections }}</p>\n<p>{{ unsubscribe_url }}</p>",
            "{{ sections }} must stand alone on a line",
        ),
        (
            "digest.txt",
            "{{ feeds }}\n{{ sections }}\n{{ feeds }}\n{{ unsubscribe_url }}\n",
            "has {{ feeds }} more than once",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    write: Write, name: str, text: str, told: str
) -> None:
    folder = write(name, text)
    found = faults(folder)
    assert told in "\n".join(found)
    assert all(fault.startswith(str(folder / name)) for fault in found)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "item.txt").write_bytes(b"\xff{{ item.title }}")
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"{tmp_path / 'item.txt'}: cannot be read: ")


def test_every_fault_is_told_at_once(write: Write) -> None:
    write("item.txt", "{{ item.titel }}")
    folder = write("more.txt", "{{ nobody }}")
    assert len(faults(folder)) == 2
