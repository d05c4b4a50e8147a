"""Numbers, amounts, links, addresses, promises stand in a text only where facts or template have them."""

# ruff: noqa: RUF001  look-alike characters are what is tested

import random

import pytest

from imis_ai.governance.messages import grammar, lock
from tests.factories.messages import BODY

APPROVED = grammar.literals(grammar.parse(BODY))
FACTS = ["Dana", "3 events", "14 December 2026", "$250.00", "Salary Survey", "6 times", "Priya Raman"]
CARRIERS = (
    "{}",
    "Dear Dana, {} is yours.",
    "You attended 3 events. {}",
    "Renew before 14 December 2026 and {} waits for you.",
    "Priya Raman says: {}.",
    "{}, as we discussed.",
)
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"
LOOKALIKE = str.maketrans("aceopxyiACEOPX", "асеорхуіАСЕОРХ")
WORDS = (
    "twenty",
    "two hundred dollars",
    "fifty percent",
    "three months",
    "ninety-nine euros",
    "twelve weeks",
    "half price",
    "double the time",
    "a third of it",
    "seventy five",
)
LINKS = (
    "https://evil.example/x",
    "http://1.2.3.4",
    "www.evil.example",
    "evil.com",
    "evil . com",
    "evil[.]com",
    "evil dot com",
    "evil (dot) com",
    "hxxp://evil",
    "mailto:a@evil.example",
    "evil.co/abc",
    "javascript:alert()",
    "ftp://evil",
    "tel:+15550199",
)
ADDRESSES = (
    "a@evil.example",
    "a (at) evil.example",
    "a [at] evil dot com",
    "a at evil dot com",
    "＠evil",
    "boss@evil",
)
PROMISES = (
    "a discount",
    "we waive it",
    "your dues are waived",
    "free of charge",
    "for free",
    "a refund",
    "a full rebate",
    "no charge",
    "at no cost",
    "on the house",
    "complimentary",
    "gratis",
    "money back",
    "guaranteed",
    "we promise it",
    "a voucher",
    "a coupon",
    "a gift card",
    "half off",
    "a reduced rate",
    "a special price",
    "we will cover it",
    "you will not pay",
    "nothing to pay",
    "a bonus",
    "we extend your membership",
    "a payment plan",
    "tax deductible",
    "legally entitled",
    "store credit",
)
MONEY = ("£5", "€ 9", "¥", "₿", "USD", "bucks", "99 cents", "5 %", "٪", "15 per cent")


def digits(rng: random.Random) -> str:
    number = rng.choice((2, 5, 10, 15, 20, 50, 75, 100, 250, 555))
    shifted = rng.choice((0x30, 0xFF10, 0x660, 0x6F0, 0x966, 0x1D7CE, 0x1D7D8, 0x1D7EC, 0x9E6, 0xE50))
    shape = "".join(chr(shifted + int(digit)) for digit in str(number))
    return rng.choice(
        (shape, chr(0x2460 + number % 20), chr(0x2150), "½", "²", "Ⅳ", "二十", "⅜")
    ) + rng.choice((" days", "", " off", " events", "%", " members"))


def disguised(text: str, rng: random.Random) -> str:
    """The same words as somebody would hide them."""
    at = rng.randrange(1, len(text)) if len(text) > 1 else 1
    return rng.choice(
        (
            text,
            text.upper(),
            text.title(),
            text[:at] + rng.choice(ZERO_WIDTH) + text[at:],
            text.translate(LOOKALIKE),
            " ".join(text) if text.isalpha() else text,
            "".join(letter + rng.choice(("", "\u0336")) for letter in text),
            "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
            text.replace(" ", "\n"),
            text.replace(" ", "\u00a0"),
        )
    )


def adversarial(n: int, seed: int = 7) -> list[str]:
    rng = random.Random(seed)
    families = (WORDS, LINKS, ADDRESSES, PROMISES, MONEY)
    found = []
    for number in range(n):
        family = number % 6
        attack = digits(rng) if family == 5 else disguised(rng.choice(families[family]), rng)
        found.append(rng.choice(CARRIERS).format(attack))
    return found


@pytest.mark.row("GOV-31", "K9")
def test_no_claim_gets_through_that_neither_facts_nor_template_make():
    texts = adversarial(2000)
    escaped = [text for text in texts if not lock.check(text, approved=APPROVED, facts=FACTS)]

    assert len(set(texts)) > 1200
    assert escaped == []


def test_facts_and_approved_words_stand_and_so_do_plain_words():
    welcome = (
        "Dear Dana, you attended 3 events and used Salary Survey 6 times.",
        "Your membership runs to 14 December 2026. Dues were $250.00.",
        "Renew at https://alder.example/renew or call 555 0100.",
        "It was good to meet you in Austin. Feel free to call me.",
        "Which of our groups suits you best? Tell me, and I will introduce you.",
        "We'd love to see you at the spring meeting; one of our members speaks.",
        "I read your note about the portal, and I have passed it on.",
        "You can pay your dues online. Kind regards, Priya Raman",
        "Thank you for your patience. It is much appreciated.",
        "Marta agrees. Me too. Us alone it concerns.",
        "The committee meets in the evening, in the usual place.",
    )

    refused = {text: found for text in welcome if (found := lock.check(text, approved=APPROVED, facts=FACTS))}

    assert refused == {}


@pytest.mark.parametrize(
    "text",
    [
        "13 events",
        "3 eventful months",
        "3 events%",
        "14 December 2026.50",
        "$250.000",
        "$1250.00",
        "call 555 0100 99",
        "https://alder.example/renew?to=evil",
        "https://alder.example/renew.evil",
        "0100 days",
    ],
)
def test_a_fact_does_not_permit_what_merely_contains_it(text):
    assert lock.check(text, approved=APPROVED, facts=FACTS)


def test_a_name_in_another_script_is_a_fact_like_any_other():
    assert lock.check("Dear Алёна,", approved="Dear ", facts=["Алёна"]) == []
    assert lock.check("Dear Αlena,", approved="Dear ", facts=["Alena"])
