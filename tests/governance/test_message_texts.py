"""The grammar of templates, composing, tone, SMS parts: all without a database."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imis_ai.governance.messages import compose, grammar, sms_length, tone
from imis_ai.governance.messages.compose import Fact, Incomplete


def fact(name: str, text: str) -> Fact:
    return Fact(name, name, text, text, "iMIS", "2026-06-01T10:00:00-05:00")


def facts(**texts: str) -> dict[str, Fact]:
    return {name: fact(name, text) for name, text in texts.items()}


@pytest.mark.row("REN-16")
def test_a_sentence_whose_fact_is_missing_is_dropped_and_leaves_no_gap():
    body = "Dear {{ name }},\n\n[[You came {{ n }}.]] [[You used {{ b }}.]]\n\nYours"

    made = compose.compose(subject="Hello", body=body, facts=facts(name="Dana", b="the survey"))

    assert made.body == "Dear Dana,\n\nYou used the survey.\n\nYours"
    assert made.dropped == ("n",)
    assert [made.body[span.start : span.end] for span in made.spans] == ["Dana", "the survey"]
    assert {each.name for each in made.used} == {"name", "b"}


def test_without_a_fact_that_it_needs_there_is_no_text():
    with pytest.raises(Incomplete, match="first name"):
        compose.compose(subject="", body="Dear {{ first_name }}", facts={})


@pytest.mark.parametrize(
    "text",
    [
        "{{ a.b }}",
        "{{ a|upper }}",
        "{% if a %}",
        "{{ A }}",
        "[[ never closed {{ a }}",
        "[[ no field ]]",
        "[[ a [[ {{ b }} ]]",
        "}} {{ a }}",
        "{# note #}",
        "{{a{{b}}}}",
        "]] {{ a }}",
    ],
)
def test_what_is_not_in_the_grammar_is_refused_with_what_to_write(text):
    with pytest.raises(grammar.BadTemplate, match=r"Add|field|not understood"):
        grammar.parse(text)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="{}[]", exclude_categories=["Cs"]), max_size=30
)
TEXTS = st.lists(
    st.one_of(
        WORDS,
        st.sampled_from(
            ["{{ a }}", "{{ b }}", "[[x {{ a }} y]]", "[[{{ b }}]]", "[[ {{ a }} and {{ b }} ]]"]
        ),
    ),
    max_size=8,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, WORDS.filter(str.strip), st.booleans())
def test_spans_always_hold_the_fact_as_it_is_written(body, value, has_b):
    known = facts(a=value.strip()) | (facts(b="B  B") if has_b else {})
    try:
        made = compose.compose(subject="", body=body, facts=known)
    except Incomplete:
        return

    texts = {each.name: each.text for each in known.values()}
    assert all(made.body[span.start : span.end] == texts[span.fact] for span in made.spans)
    assert not set("{}[]") & set(made.body)


@pytest.mark.django_db
@pytest.mark.row("GOV-31")
def test_a_forbidden_term_is_found_however_it_is_written_and_says_why():
    for text in ("You are at risk of leaving.", "your R I S K", "L\u200bapsed", "ACT NOW", "lap\u017fed"):
        found = tone.forbidden(text)
        assert found, text
        assert all(note.is_block and note.why.endswith(".") for note in found)

    assert tone.forbidden("Brisk walks, collapsed tents and a scoreboard.") == []


def test_terms_that_owners_add_count_too(monkeypatch):
    monkeypatch.setattr(tone, "_SOURCES", [])
    tone.terms_from(lambda: [("platinum", "The tier is called Fellow.")])

    assert [note.sentence for note in tone.forbidden("A Platinum member")] == [
        "“platinum”: The tier is called Fellow."
    ]


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" + "€" * 152, "GSM-7", 2),
        ("a" * 152 + "€" * 77, "GSM-7", 3),
        ("ż" * 70, "UCS-2", 1),
        ("ż" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 66, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),
    ],
)
def test_parts_are_counted_as_networks_count_them(text, encoding, parts):
    length = sms_length.measure(text)

    assert (length.encoding, length.parts) == (encoding, parts)
