"""What we call ourselves; what is fetched, and how, is tested against servers."""

import pytest

from feeds.fetch.client import product_token, user_agent


def test_whoever_is_asked_knows_whom_to_write_to() -> None:
    assert (
        user_agent("0.1", "https://feeds.example.org", "news@example.org")
        == "Fieldfare/0.1 (+https://feeds.example.org; mailto:news@example.org)"
    )
    assert user_agent("0.1", "https://feeds.example.org") == (
        "Fieldfare/0.1 (+https://feeds.example.org)"
    )


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("Fieldfare/0.1 (+https://x.example)", "Fieldfare"),
        ("news-bot", "news-bot"),
        ("Reader_2/3 x", "Reader_2"),
        ("", "Fieldfare"),
        ("(none)", "Fieldfare"),
    ],
)
def test_a_robots_txt_calls_us_by_the_name_before_the_version(agent: str, token: str) -> None:
    assert product_token(agent) == token
