"""Data quality and programme changes: planted problems are counted, opened and left on purpose."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.governance.models import AuditEntry
from imis_ai.mirror import actions, quality
from imis_ai.mirror.models import EnteredChange, Member, QualityCount, QualityIgnored
from imis_ai.ui.words import MINUS
from tests.factories.accounts import chapter_manager
from tests.factories.mirror import (
    ChapterFactory,
    EventFactory,
    InvoiceFactory,
    MemberFactory,
    PaymentFactory,
    RegistrationFactory,
    TermFactory,
    TierFactory,
)
from tests.reading import html_of

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def today() -> dt.date:
    return timezone.localdate()


def moment(days: int) -> dt.datetime:
    return timezone.now() + days * DAY


def member(**fields) -> Member:
    """In order in every respect: a current term, a named tier and chapter, an address of their own."""
    sound = {"status": "A", "joined_on": today() - 800 * DAY, "paid_through": today() + 100 * DAY}
    made = MemberFactory(
        **sound | {"chapter": ChapterFactory(name="Texas"), "tier": TierFactory(name="Pro")} | fields
    )
    if not fields.get("email", "x"):
        Member.objects.filter(pk=made.pk).update(email="")
    TermFactory(member=made, start_on=today() - 265 * DAY, end_on=today() + 100 * DAY)
    return made


def planted() -> dict[str, str]:
    """One row of each problem, by the problem's name."""
    keys = {
        "no-tier": member(tier=None).imis_id,
        "no-chapter": member(chapter=None).imis_id,
        "no-email": member(email="").imis_id,
        "bad-email": member(email="dana at alder").imis_id,
        "codes": member(tier=TierFactory(code="X9", name="X9")).imis_id,
        "dates": member(joined_on=today() + 30 * DAY).imis_id,
        "paid-through": member(paid_through=today() + 400 * DAY).imis_id,
    }
    gone = MemberFactory(status="Active", chapter=ChapterFactory(name="Texas"), tier=TierFactory(name="Pro"),
                         joined_on=today() - 900 * DAY, paid_through=None)  # fmt: skip
    TermFactory(member=gone, start_on=today() - 800 * DAY, end_on=today() - 500 * DAY)
    owing = member()
    InvoiceFactory(member=owing, issued_on=today() - 500 * DAY, due_on=today() - 470 * DAY, balance=90)
    event = EventFactory(starts_at=moment(-90))
    RegistrationFactory(event=event, member=owing, registered_at=moment(-100), attended=None)
    payment = PaymentFactory(member=owing, received_on=today() - 3 * DAY, invoice_key="")
    return keys | {
        "status": gone.imis_id, "long-open": owing.imis_id, "attendance": event.key, "payments": payment.key,
    }  # fmt: skip


def found(slug: str) -> list[str]:
    problem = quality.PROBLEMS[slug]
    rows = quality.rows(problem=problem, members=Member.objects.filter(gone_at=None), today=today())
    return [quality.key_of(problem=problem, row=row) for row in rows]


def test_each_planted_problem_is_found_and_nobody_else_is_named():
    keys = planted()
    member()

    assert {slug: found(slug) for slug in keys} == {slug: [key] for slug, key in keys.items()}


def test_two_people_with_one_address_are_found_whatever_its_letters():
    twins = {member(email="Dana@Alder.org").imis_id, member(email="dana@alder.org").imis_id}
    member(email="dana2@alder.org")

    assert set(found("duplicates")) == twins


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html_of(response)))


def test_the_page_says_count_change_effect_and_what_to_do(as_role):
    member(email="")
    QualityCount.objects.create(problem="no-email", on=today() - DAY, number=3)
    actions.count_problems(today=today())

    said = words(as_role("executive").get("/data/quality/"))

    assert f"People without an e-mail address 1 {MINUS}2 No message reaches them" in said
    assert "Ask for the address at the next call." in said
    assert "Members without a tier" in said.split("Nothing found")[1]


def test_before_the_first_check_the_page_says_when_it_comes(as_role):
    assert "Nothing has been checked yet." in words(as_role("admin").get("/data/quality/"))


def test_opening_the_rows_is_logged_and_each_sees_what_they_may(as_role, signed_in):
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    own = member(email="", chapter=texas, name="Dana Whitfield")
    other = member(email="", chapter=gulf, name="Marked Stranger")
    path = "/data/quality/no-email/"

    manager = html_of(signed_in(chapter_manager(texas)).get(path))
    admin = html_of(as_role("admin").get(path))

    assert ("Dana Whitfield" in manager, own.imis_id in manager) == (True, True)
    assert "Marked Stranger" not in manager
    assert other.imis_id not in manager
    assert "Dana Whitfield" not in admin
    assert "D. W." in admin
    assert as_role("executive").get(path).status_code == 403
    assert AuditEntry.objects.filter(action="data.problem_opened", object_id="no-email").count() == 2


def test_a_row_is_left_as_it_is_only_with_a_reason_and_counts_again_on_request(as_role):
    row = member(email="")
    client, path = as_role("membership"), "/data/quality/no-email/leave/"

    client.post(path, {"pick": [row.imis_id], "reason": ""})
    assert found("no-email") == [row.imis_id]
    client.post(path, {"pick": [row.imis_id], "reason": "Writes letters only"})
    assert found("no-email") == []
    assert "Writes letters only" in words(client.get("/data/quality/no-email/"))
    actions.count_problems(today=today())
    count = QualityCount.objects.get(problem="no-email")
    assert (count.number, count.ignored) == (0, 1)

    client.post(path, {"again": row.imis_id})

    assert found("no-email") == [row.imis_id]
    actions_logged = ["data.problem_left", "data.problem_counted"]
    assert AuditEntry.objects.filter(action__in=actions_logged).count() == 2


def test_what_was_left_of_an_erased_member_goes_with_them():
    row = member(email="")
    actions.leave(problem="no-email", keys=[row.imis_id], reason="x", by="Priya", now=timezone.now())

    actions.erase(imis_id=row.imis_id, now=timezone.now())

    assert not QualityIgnored.objects.exists()


@pytest.mark.parametrize("path", ["/data/quality/", "/data/quality/no-email/", "/data/changes/"])
def test_a_page_asks_few_questions(as_role, path):
    for _ in range(5):
        member(email="")
        EnteredChange.objects.create(
            on=today(), kind="price", what="Dues rose", entered_by="P", entered_at=timezone.now()
        )
    actions.count_problems(today=today())
    client = as_role("membership")
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    own = [query for query in asked if "governance_audit" not in query["sql"]]
    assert len(own) <= 12, [query["sql"][:90] for query in asked]


ENTRY = {"on": "2026-01-01", "kind": "price", "what": "Dues rose by 8 %", "whom": "Fellows", "retrains": "on"}


def test_a_change_is_entered_shown_and_taken_out_with_a_reason(as_role):
    client = as_role("finance")

    client.post("/data/changes/enter/", ENTRY)
    said = words(client.get("/data/changes/"))
    assert "Dues rose by 8 % Price, the models learn anew" in said
    assert "Fellows" in said

    change = EnteredChange.objects.get()
    client.post(f"/data/changes/{change.pk}/remove/", {"reason": ""})
    assert "Dues rose" in words(client.get("/data/changes/"))
    client.post(f"/data/changes/{change.pk}/remove/", {"reason": "It was put off"})

    assert "No change has been entered." in words(client.get("/data/changes/"))
    change.refresh_from_db()
    assert change.removed_because == "It was put off"
    assert AuditEntry.objects.filter(action__in=["change.entered", "change.removed"]).count() == 2


def test_a_change_without_a_day_is_refused_with_the_input_kept(as_role):
    page = as_role("admin").post("/data/changes/enter/", ENTRY | {"on": ""})

    assert page.status_code == 422
    assert "There is a problem" in words(page)
    assert 'value="Dues rose by 8 %"' in html_of(page)
    assert not EnteredChange.objects.exists()


def test_executives_read_the_register_and_change_nothing(as_role):
    client = as_role("executive")

    assert "Enter the change" not in words(client.get("/data/changes/"))
    assert client.post("/data/changes/enter/", ENTRY).status_code == 403
