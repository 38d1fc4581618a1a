"""Requests are signed as the Standard Webhooks specification has it."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from notifier.webhooks.hook_signature import keys_of, signed_fields

#: The example of the specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, SECOND, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
AT = datetime.fromtimestamp(SECOND, UTC)


def test_the_example_of_the_specification_is_signed_so() -> None:
    assert signed_fields(keys_of(SECRET), ID, AT, BODY) == (
        ("Content-Type", "application/json"),
        ("webhook-id", ID),
        ("webhook-timestamp", str(SECOND)),
        ("webhook-signature", SIGNATURE),
    )


def test_while_one_secret_replaces_another_either_verifies() -> None:
    newer = f"whsec_{b64encode(b'k' * 32).decode()}"
    now = datetime.now(UTC)
    fields = dict(signed_fields(keys_of(f"{newer}\n{SECRET}\n"), ID, now, BODY))
    for secret in (newer, SECRET):
        assert Webhook(secret).verify(BODY, fields) == {"test": 2432232314}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds none"),
        ("\n".join([SECRET] * 5), "it holds more than 4"),
        ("secret", "a secret begins with whsec_"),
        ("whsec_?", "behind whsec_ a secret is base64"),
        ("whsec_c2hvcnQ=", "a secret is of 24 to 64 bytes"),
    ],
)
def test_what_is_no_secret_is_said_to_be_none(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        keys_of(text)
