"""What is signed with a key is signed as RFC 2104 has it."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from notifier.keyed_hash import keyed_hash


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_it_is_that_of_the_standard_library(key: bytes, message: bytes) -> None:
    """Keys of all lengths: RFC 2104 hashes those beyond a block of 64 bytes first."""
    assert keyed_hash(key, message) == hmac.digest(key, message, "sha256")
