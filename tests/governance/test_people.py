"""Rights change by one administrator or by two, never one's own; invitations, leaving, the review."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from imis_ai.accounts import invitations
from imis_ai.accounts.duties import Held
from imis_ai.accounts.models import AccessReview, RightsChange, User
from imis_ai.accounts.rights import ROLE_WORDS
from imis_ai.governance.models import AuditEntry, Decision, Proposal
from imis_ai.governance.people import changes, held, inviting, leaving, listing, review, words
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.mirror import access
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def texas():
    return ChapterFactory(code="TX", name="Texas")


@pytest.fixture
def marta():
    return UserFactory(role="admin", username="marta", first_name="Marta", last_name="Silva")


@pytest.fixture
def ines():
    return UserFactory(role="admin", username="ines", first_name="Ines", last_name="Roth")


@pytest.fixture
def priya():
    return UserFactory(role="membership", username="priya")


def change(person, role, by, *, limit=0, extras=(), chapters=()):
    after = Held(role, tuple(chapters), Decimal(limit), tuple(extras))
    return changes.change(person=person, after=after, reason="New work", by=by, now=NOW)


def fresh(person) -> User:
    return User.objects.get(pk=person.pk)


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


def test_one_administrator_changes_what_needs_only_one(priya, marta, texas):
    made = change(priya, "chapter", marta, chapters=["TX"])

    assert (made.state, made.needs_second) == ("done", False)
    assert fresh(priya).role == "chapter"
    assert list(access.chapters_for(fresh(priya), "approve")) == [texas]
    assert fresh(priya).session_version == priya.session_version + 1
    assert audited() == ["rights.changed"]


NEEDING_TWO = {
    "finance": {"role": "finance", "limit": 0},
    "admin": {"role": "admin"},
    "limit": {"role": "membership", "limit": 500},
    "guardrails": {"role": "membership", "extras": ("guardrail_owner",)},
    "reveal": {"role": "membership", "extras": ("reveal",)},
    "auditor": {"role": "executive", "extras": ("auditor",)},
}


@pytest.mark.row("GOV-18")
@pytest.mark.parametrize("asked", list(NEEDING_TWO.values()), ids=list(NEEDING_TWO))
def test_these_grants_wait_for_a_second_administrator(priya, marta, ines, asked):
    waiting = change(priya, by=marta, **asked)
    before = fresh(priya)
    with pytest.raises(NotAllowed, match="another administrator agrees"):
        changes.agree(change=waiting, by=marta, now=NOW)
    still = fresh(priya)

    changes.agree(change=waiting, by=ines, now=NOW)

    assert waiting.needs_second
    assert (before.role, before.extras, before.approval_limit) == ("membership", (), 0)
    assert (still.role, still.extras) == ("membership", ())
    after = held.now_of(fresh(priya))
    assert (after.role, after.extras, after.approval_limit) == (
        asked["role"],
        tuple(asked.get("extras", ())),
        asked.get("limit", 0),
    )
    assert audited() == ["rights.asked", "rights.agreed"]


def test_nobody_changes_their_own_rights_and_nobody_agrees_to_their_own(marta, ines, priya):
    with pytest.raises(NotAllowed, match="Nobody changes their own rights"):
        change(marta, "finance", marta)
    asked = change(ines, "finance", marta)
    with pytest.raises(NotAllowed, match="Nobody changes their own rights"):
        changes.agree(change=asked, by=ines, now=NOW)

    assert fresh(marta).role == fresh(ines).role == "admin"


@pytest.mark.parametrize("role", [role for role in ROLE_WORDS if role != "admin"])
def test_only_administrators_change_rights(priya, marta, role):
    other = UserFactory(role=role)
    asked = change(priya, "finance", marta)

    for act in (
        lambda: change(priya, "executive", other),
        lambda: changes.agree(change=asked, by=other, now=NOW),
        lambda: changes.decline(change=asked, by=other, now=NOW),
        lambda: leaving.remove(person=priya, successor=marta, by=other, now=NOW),
        lambda: inviting.invite_again(person=priya, by=other, now=NOW),
        lambda: inviting.forget_second_step(person=priya, by=other, now=NOW),
        lambda: review.start(by=other, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()

    assert fresh(priya).role == "membership"


def test_a_superuser_changes_nothing(priya):
    with pytest.raises(NotAllowed):
        change(priya, "executive", UserFactory(role="executive", is_superuser=True))


def test_the_database_knows_the_two_rules_without_us(priya, marta):
    base = {"before": {}, "after": {}, "asked_at": NOW, "person": priya}
    done = {"state": "done", "decided_at": NOW}
    wrong = (
        {"asked_by": marta, "decided_by": marta, "needs_second": True, **done},
        {"asked_by": marta, "needs_second": True, **done},
        {"asked_by": priya, "needs_second": False},
        {"asked_by": marta, "decided_by": priya, "needs_second": False, **done},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            RightsChange.objects.create(**base, **fields)

    assert RightsChange.objects.count() == 0


def breaches(limits, marta) -> tuple[int, list]:
    """Every old role x new role x limit x extra, asked for and agreed to: what may not be."""
    extras = ((), ("guardrail_owner",), ("reveal",), ("auditor",))
    second, texas, found, cases = UserFactory(role="admin"), ChapterFactory(code="TX"), [], 0
    people = {role: UserFactory(role=role) for role in ROLE_WORDS if role != "chapter"}
    people["chapter"] = chapter_manager(texas)
    for old, new, limit, extra in itertools.product(ROLE_WORDS, ROLE_WORDS, limits, extras):
        cases += 1
        with transaction.atomic():
            told = breach(people[old], new, limit, extra, marta, second)
            transaction.set_rollback(True)
        if told:
            found.append((old, new, limit, extra, told))
    return cases, found


def breach(person, new, limit, extra, first, second) -> str:
    chapters = ("TX",) if new == "chapter" else ()
    if held.now_of(fresh(person)) == Held(new, chapters, Decimal(limit), extra):
        return ""
    try:
        asked = change(person, new, first, limit=limit, extras=extra, chapters=chapters)
    except Blocked:
        return ""
    if asked.state == RightsChange.State.DONE:
        if (new != person.role and new in ("finance", "admin")) or limit or extra:
            return "by one alone"
    else:
        changes.agree(change=asked, by=second, now=NOW)
    now = fresh(person)
    if now.role == "admin" and (now.approval_limit or now.is_guardrail_owner):
        return "an administrator who approves"
    if now.is_auditor and (now.role != "executive" or now.approval_limit or len(now.extras) > 1):
        return "an auditor who acts"
    return "" if now.role == new else "not written"


@pytest.mark.row("GOV-18")
def test_separation_of_duties_over_all_pairs_of_roles(marta):
    """Figure G7, the table's side: who may hold what, asked for and agreed to by whom."""
    assert breaches((0, 250), marta) == (200, [])


@pytest.mark.long
@pytest.mark.row("GOV-18")
def test_separation_of_duties_over_all_pairs_of_roles_and_amounts(marta):
    assert breaches((0, Decimal("0.01"), 1, 250, 100_000, Decimal("999999999999.99")), marta) == (600, [])


def test_one_change_waits_at_a_time_and_a_declined_one_makes_room(priya, marta, ines):
    first = change(priya, "finance", marta)
    with pytest.raises(Changed, match="waits already"):
        change(priya, "admin", ines)

    changes.decline(change=first, by=ines, now=NOW)
    change(priya, "admin", ines)

    assert [row.state for row in RightsChange.objects.order_by("pk")] == ["declined", "waiting"]


def test_who_asked_withdraws(priya, marta):
    asked = change(priya, "finance", marta)

    changes.decline(change=asked, by=marta, now=NOW)

    assert RightsChange.objects.get().state == "withdrawn"
    with pytest.raises(Changed):
        changes.decline(change=asked, by=marta, now=NOW)


def test_what_changed_in_between_is_not_agreed_to(priya, marta, ines):
    asked = change(priya, "finance", marta)
    User.objects.filter(pk=priya.pk).update(role="executive")

    with pytest.raises(Changed, match="have changed since"):
        changes.agree(change=asked, by=ines, now=NOW)


def test_the_last_administrator_stays_one(marta):
    other = UserFactory(role="admin")
    User.objects.filter(pk=marta.pk).update(is_active=False)
    marta_again = UserFactory(role="admin")
    User.objects.filter(pk=marta_again.pk).update(is_active=True)

    change(marta_again, "executive", other)

    assert User.objects.filter(role="admin", is_active=True).get() == other


def test_a_change_in_words(texas):
    gains, losses = words.gains_and_losses(
        Held("membership", (), Decimal(250)), Held("chapter", ("TX",)), {"TX": "Texas"}
    )

    assert "see and work for the members of Texas" in gains
    assert "see all members by name, from now members of their own chapters" in losses
    assert "approve up to $250.00 alone, from now nothing" in losses
    assert words.held(Held("chapter", ("TX",)), {"TX": "Texas"}) == "Chapter manager of Texas"


def test_the_words_say_what_the_table_says():
    gains, losses = words.gains_and_losses(Held("membership"), Held("admin"), {})

    assert "start or pause a sync" in gains
    assert "export members at risk" in losses


def invite(by, role="membership", **fields):
    given = {"username": "noor", "name": "Noor Haddad", "email": "noor@example.org"}
    return inviting.invite(**given, after=Held(role, **fields), by=by, now=NOW)


def test_an_invited_person_chooses_a_password_by_the_link_in_the_mail(marta):
    noor = invite(marta)
    inviting.send_all(now=NOW)
    inviting.send_all(now=NOW)

    (sent,) = mail.outbox
    link = next(word for word in sent.body.split() if "/invitation/" in word)
    found = invitations.open_one(token=link.split("/invitation/")[1].rstrip("/"), now=NOW)
    assert sent.to == ["noor@example.org"]
    assert "Marta Silva gives you access" in sent.body
    assert found.person == noor
    assert noor.is_active
    assert not noor.has_usable_password()
    assert invitations.accept(invitation=found, password="a long passphrase", now=NOW)
    assert not invitations.accept(invitation=found, password="another passphrase", now=NOW)
    assert fresh(noor).check_password("a long passphrase")


@pytest.mark.parametrize(("days", "works"), [(6.9, True), (7.1, False)])
def test_an_invitation_lasts_seven_days(marta, days, works):
    noor = invite(marta)
    token = invitations.token(noor.invitations.get())

    found = invitations.open_one(token=token, now=NOW + timedelta(days=days))

    assert bool(found) == works


def test_a_new_invitation_ends_the_old_one_and_a_forged_one_opens_nothing(marta):
    noor = invite(marta)
    old = invitations.token(noor.invitations.get())
    new = invitations.token(inviting.invite_again(person=noor, by=marta, now=NOW))

    assert invitations.open_one(token=old, now=NOW) is None
    assert invitations.open_one(token=new, now=NOW).person == noor
    assert invitations.open_one(token=new[:-2] + "xx", now=NOW) is None


def test_an_invited_finance_reviewer_gets_no_mail_and_no_access_before_a_second_yes(marta, ines):
    noor = invite(marta, role="finance", approval_limit=Decimal(250))
    inviting.send_all(now=NOW)
    before, sent_before = fresh(noor), len(mail.outbox)

    changes.agree(change=noor.rights_changes.get(), by=ines, now=NOW)
    inviting.send_all(now=NOW)

    assert (before.is_active, before.role, sent_before) == (False, "executive", 0)
    assert (fresh(noor).is_active, fresh(noor).role, fresh(noor).approval_limit) == (True, "finance", 250)
    assert len(mail.outbox) == 1


def test_a_name_or_address_that_somebody_has_is_refused(marta):
    invite(marta)

    with pytest.raises(Blocked, match="already exists"):
        invite(marta)


def proposal_for(person, **fields):
    given = {"kind": "k", "area": "retention", "title": "T", "payload": {}, "digest": "d", "created_at": NOW}
    return Proposal.objects.create(**given, assigned_to=person, **fields)


def test_who_leaves_hands_over_what_is_open_and_is_out_at_once(priya, marta, client):
    client.force_login(priya)
    open_one, decided = proposal_for(priya), proposal_for(priya, state="rejected", decided_at=NOW)
    successor = UserFactory(role="membership")

    with pytest.raises(Blocked, match="1 open items wait for"):
        leaving.remove(person=priya, successor=None, by=marta, now=NOW)
    moved = leaving.remove(person=priya, successor=successor, by=marta, now=NOW)

    open_one.refresh_from_db()
    decided.refresh_from_db()
    assert moved == 1
    assert (open_one.assigned_to, decided.assigned_to) == (successor, priya)
    assert Decision.objects.get(proposal=open_one).what == "assign"
    assert client.get("/account/").status_code == 302
    assert audited() == ["person.removed"]


def test_nobody_removes_themselves_and_an_auditor_takes_nothing_over(priya, marta):
    auditor = UserFactory(role="executive", is_auditor=True)
    proposal_for(priya)

    with pytest.raises(NotAllowed):
        leaving.remove(person=marta, successor=None, by=marta, now=NOW)
    with pytest.raises(Blocked):
        leaving.remove(person=priya, successor=auditor, by=marta, now=NOW)


@pytest.mark.parametrize(("days", "dormant"), [(59, False), (61, True)])
def test_not_seen_for_over_60_days_is_dormant(priya, days, dormant):
    User.objects.update(last_seen_at=NOW - timedelta(days=days))

    assert {line.is_dormant for line in listing.lines(now=NOW)} == {dormant}


def test_the_list_in_few_queries_whatever_its_length(texas, django_assert_max_num_queries):
    for _ in range(12):
        chapter_manager(texas)

    with django_assert_max_num_queries(6):
        lines = listing.lines(now=NOW)

    assert len(lines) == 12
    assert lines[0].chapters == ("Texas",)


def test_the_review_asks_about_everybody_and_closes_with_the_last_answer(marta, ines, priya):
    UserFactory(is_active=False)
    made = review.start(by=marta, now=NOW)
    lines = {line.person: line for line in made.lines.all()}

    with pytest.raises(NotAllowed):
        review.judge(line=lines[marta], verdict="keep", note="", by=marta, now=NOW)
    with pytest.raises(Blocked, match="what is to be changed"):
        review.judge(line=lines[priya], verdict="change", note=" ", by=marta, now=NOW)
    review.judge(line=lines[priya], verdict="change", note="No longer in the team", by=marta, now=NOW)
    review.judge(line=lines[ines], verdict="keep", note="", by=marta, now=NOW)
    half = AccessReview.objects.get().finished_at
    review.judge(line=lines[marta], verdict="keep", note="", by=ines, now=NOW)

    found = review.report(review=AccessReview.objects.get())
    assert set(lines) == {marta, ines, priya}
    assert half is None
    assert found.review.finished_at == NOW
    assert (found.kept, found.to_change, found.left) == (2, 1, 0)
    assert not review.is_due(now=NOW)
    with pytest.raises(Changed, match="finished"):
        review.judge(line=lines[priya], verdict="keep", note="", by=marta, now=NOW)


def test_the_report_keeps_what_was_held_then(marta, ines, priya):
    made = review.start(by=marta, now=NOW)
    change(priya, "executive", marta)

    line = made.lines.get(person=priya)
    assert line.held["words"] == "Membership manager"


def test_one_review_a_quarter(marta, ines):
    review.start(by=marta, now=NOW)

    with pytest.raises(Changed):
        review.start(by=ines, now=NOW)
