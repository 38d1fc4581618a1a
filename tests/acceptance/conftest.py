"""What several tests of the command begin with: a real mail system."""

from collections.abc import Iterator

import pytest

from tests import services
from tests.mail_system import MailSystem, mail_system


@pytest.fixture(scope="module")
def system() -> Iterator[MailSystem]:
    try:
        with mail_system() as running:
            yield running
    except services.Missing as missing:
        pytest.skip(str(missing))
