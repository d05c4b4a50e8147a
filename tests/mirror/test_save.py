"""The upsert path: what is stored, what is refused, and what a second time changes."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imis_ai.imis import records
from imis_ai.mirror import actions, models
from imis_ai.mirror.actions import lease
from tests.mirror.conftest import NOW

pytestmark = pytest.mark.django_db

MEMBER = records.Member(key="101", first_name="Ada", tier="FEL", chapter="TEX")
NOW_UUID = "00000000-0000-0000-0000-000000000001"
LOGIN = records.Activity(key="web:1", member="101", kind="login", at=NOW)


def term(**changes) -> records.Term:
    told = {"key": "t1", "member": "101", "start_on": dt.date(2026, 1, 1), "end_on": dt.date(2026, 12, 31)}
    return records.Term(**(told | changes))


def reasons() -> list[str]:
    return list(models.Reject.objects.order_by("key").values_list("reason", flat=True))


def test_a_second_time_changes_nothing(save):
    first = save(MEMBER, LOGIN, term())

    second = save(MEMBER, LOGIN, term())

    assert (first.inserted, first.changed, first.unchanged) == (3, 0, 0)
    assert (second.inserted, second.changed, second.unchanged) == (0, 0, 3)


def test_children_may_come_before_their_member_in_one_call(save):
    save(LOGIN, term(tier="NEW"), MEMBER)

    assert models.Activity.objects.get().member.imis_id == "101"
    assert models.Term.objects.get().tier.code == "NEW"


def test_a_changed_row_is_updated_and_its_version_rises(save):
    save(MEMBER, LOGIN)
    before = models.Activity.objects.get()

    saved = save(records.Activity(key="web:1", member="101", kind="download", at=NOW))

    after = models.Activity.objects.get()
    assert saved.changed == 1
    assert (after.pk, after.kind) == (before.pk, "download")
    assert after.version > before.version


def test_an_older_version_never_replaces_a_newer_one(save):
    save(MEMBER, term(price=Decimal(200), updated_on=NOW))

    saved = save(term(price=Decimal(100), updated_on=NOW - dt.timedelta(hours=1)))

    assert saved.unchanged == 1
    assert models.Term.objects.get().price == 200


def test_of_two_rows_with_one_key_the_newer_counts(save):
    save(
        MEMBER,
        term(price=Decimal(2), updated_on=NOW),
        term(price=Decimal(1), updated_on=NOW - dt.timedelta(1)),
    )

    assert models.Term.objects.get().price == 2


def test_a_row_of_an_unknown_member_waits_and_is_stored_when_the_member_arrives(save):
    save(LOGIN, feed="web_visits")
    assert models.Activity.objects.count() == 0
    assert reasons() == ["The activity belongs to member 101, who is not in the mirror yet."]

    save(MEMBER, feed="members")

    assert models.Activity.objects.get().member.imis_id == "101"
    assert reasons() == []


def test_lines_wait_for_invoices_and_those_for_members(save):
    line = records.InvoiceLine(key="5:1", member="101", invoice="5", number=1, amount=Decimal(10))
    day = dt.date(2026, 1, 1)
    invoice = records.Invoice(key="5", member="101", issued_on=day, due_on=day, amount=Decimal(10))
    save(line)
    save(invoice)

    save(MEMBER)

    assert models.InvoiceLine.objects.get().invoice.key == "5"
    assert reasons() == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (term(end_on=dt.date(2025, 1, 1)), "The term ends before it starts."),
        (
            term(price=Decimal("NaN")),
            "The term can't be stored: price: NaN is no amount below 1,000,000,000,000.",
        ),
        (
            term(price=Decimal(10) ** 13),
            "The term can't be stored: price: 10000000000000 is no amount below 1,000,000,000,000.",
        ),
        (term(start_on=None, end_on=dt.date(2026, 1, 1)), "The term can't be stored: start on is missing."),
        (
            term(start_on=dt.date(1, 1, 1)),
            "The term can't be stored: start on: 0001-01-01 is no plausible date.",
        ),
        (term(key="x" * 201), "The key must be 1 to 200 printable characters."),
        (term(key=""), "The key must be 1 to 200 printable characters."),
        (term(key="a\x00b"), "The key must be 1 to 200 printable characters."),
        (term(member="a\x00b"), "The term belongs to member ab, who is not in the mirror yet."),
        (
            records.Member(key="7", birth_year=70_000),
            "The member can't be stored: birth year: 70000 is out of range.",
        ),
    ],
)
def test_one_bad_row_is_refused_with_its_reason_and_the_rest_is_stored(save, record, reason):
    saved = save(MEMBER, record, LOGIN)

    assert (saved.inserted, saved.rejected) == (2, 1)
    assert reasons() == [reason]


def test_a_repaired_row_clears_its_reject_and_a_repeated_one_keeps_its_first_day(save):
    save(MEMBER, term(end_on=dt.date(2025, 1, 1)))
    save(term(end_on=dt.date(2025, 1, 1)), now=NOW + dt.timedelta(days=1))
    reject = models.Reject.objects.get()
    assert (reject.first_seen_at, reject.last_seen_at) == (NOW, NOW + dt.timedelta(days=1))

    save(term())

    assert reasons() == []


def test_rejects_can_be_tried_again_or_ignored(save):
    save(LOGIN, term(end_on=dt.date(2025, 1, 1)))
    models.Member.objects.create(
        key="101", imis_id="101", pseudonym=NOW_UUID, salt=NOW_UUID, seen_at=NOW, row_hash=0
    )

    stored = actions.retry(reject_ids=models.Reject.objects.values_list("pk", flat=True), now=NOW)

    assert stored == 1
    assert reasons() == ["The term ends before it starts."]
    assert actions.ignore(reject_ids=models.Reject.objects.values_list("pk", flat=True)) == 1


def test_members_touched_are_dirty_and_scoring_clears_only_what_it_saw(save):
    save(MEMBER)
    save(LOGIN, now=NOW + dt.timedelta(minutes=5))
    member = models.Member.objects.get()

    cleared_early = actions.clear_dirty(members=[member.pk], before=NOW)
    cleared = actions.clear_dirty(members=[member.pk], before=NOW + dt.timedelta(minutes=5))

    assert (cleared_early, cleared) == (0, 1)


def test_a_stale_fence_stores_nothing(save):
    with lease.held() as first, lease.held(), pytest.raises(actions.LeaseLost, match="Nothing was lost"):
        save(MEMBER, fence=first)

    assert models.Member.objects.count() == 0


@pytest.mark.row("GOV-13")
def test_a_pseudonym_says_nothing_and_differs_for_a_person_who_comes_again(save):
    save(MEMBER)
    first = models.Member.objects.get()
    models.Member.objects.all().delete()

    save(MEMBER)

    again = models.Member.objects.get()
    assert again.pseudonym != first.pseudonym
    assert "101" not in str(first.pseudonym).replace("-", "")[:3]


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=400) | st.sampled_from(
    ["\\N", "\\.", "a\tb", "a\nb", "\\", "'; DROP TABLE mirror_member", "\ud800", "\x00", "​‮"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(HOSTILE, min_size=1, max_size=8))
def test_any_text_is_stored_without_an_error_and_twice_is_the_same(save, texts):
    models.Text.objects.all().delete()
    found = [
        records.Text(key=f"x{number}", member="101", source="survey", at=NOW, body=text, subject=text)
        for number, text in enumerate(texts)
    ]
    found += [records.Member(key="101", first_name=texts[0], last_name=texts[-1], city=texts[0])]

    save(*found)
    again = save(*found)

    assert again.unchanged == len(found)
    for number, text in enumerate(texts):
        stored = models.Text.objects.get(key=f"x{number}").body
        if text.isprintable():
            assert stored == text


def test_long_text_is_cut_with_a_mark_and_keeps_its_lines(save):
    save(
        records.Member(key="101", first_name="x" * 500),
        records.Text(key="x", member="101", source="survey", at=NOW, body="a\r\nb\n" + "y" * 300_000),
    )

    body = models.Text.objects.get().body
    assert models.Member.objects.get().first_name == "x" * 99 + "…"
    assert body.startswith("a\nb\ny")
    assert (len(body), body[-1]) == (256 * 1024, "…")
