"""What the name service says of a sender is judged as receivers judge it."""

from base64 import b64encode

import pytest

from notifier.mail.sender_records import TrialVerdict, dkim, dmarc, returns_to, spf

OK, WARNING, WRONG = TrialVerdict.OK, TrialVerdict.WARNING, TrialVerdict.WRONG
KEY = b"a public key"
PUBLISHED = b64encode(KEY).decode()


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["google-site-verification=x", "v=spf1 mx -all"], OK),
        (["V=SPF1 include:_spf.example.net ~all"], OK),
        (["v=spf1"], OK),
        (["v=spf10 mx"], WARNING),
        ([], WARNING),
        (["v=spf1 mx", "v=spf1 a -all"], WRONG),
        (["v=spf1 mx all"], WRONG),
        (["v=spf1 +ALL"], WRONG),
    ],
)
def test_one_record_says_who_sends(texts: list[str], verdict: TrialVerdict) -> None:
    found = spf("lakes.example", texts)
    assert found.verdict is verdict
    assert bool(found.do) is (verdict is not OK)


@pytest.mark.parametrize(
    ("texts", "verdict", "said"),
    [
        ([f"v=DKIM1; k=rsa; p={PUBLISHED}"], OK, "that of the key we sign with"),
        ([f"p={PUBLISHED[:4]} {PUBLISHED[4:]} ;"], OK, "that of the key we sign with"),
        (["v=DKIM1; p=AAAA"], WRONG, "another one"),
        (["v=DKIM1; p=!"], WRONG, "another one"),
        (["v=DKIM1; p="], WRONG, "revoked"),
        ([], WRONG, "none"),
    ],
)
def test_the_key_that_is_published_is_ours(
    texts: list[str], verdict: TrialVerdict, said: str
) -> None:
    found = dkim("s._domainkey.lakes.example", texts, KEY)
    assert found.verdict is verdict
    assert said in found.said


@pytest.mark.parametrize(
    ("texts", "is_aligned", "verdict"),
    [
        (["v=DMARC1; p=reject"], True, OK),
        (["v=DMARC1; p=reject"], False, WARNING),
        (["v=DMARC1"], False, OK),
        (["v=spf1 -all"], True, WARNING),
        ([], True, WARNING),
    ],
)
def test_a_domain_says_what_becomes_of_mail_in_its_name(
    texts: list[str], is_aligned: bool, verdict: TrialVerdict
) -> None:
    assert dmarc("lakes.example", texts, is_aligned=is_aligned).verdict is verdict


@pytest.mark.parametrize(
    ("exchangers", "has_address", "verdict"),
    [
        (["mx.lakes.example"], False, OK),
        ([], True, OK),
        ([], False, WRONG),
        (["."], True, WRONG),
    ],
)
def test_what_comes_back_needs_a_way(
    exchangers: list[str], has_address: bool, verdict: TrialVerdict
) -> None:
    assert returns_to("lakes.example", exchangers, has_address=has_address).verdict is verdict
