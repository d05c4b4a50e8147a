"""The review queue: the unsure in, known ones among them, each judged once; automation follows judgement."""

import datetime as dt
from dataclasses import replace

import pytest

from imis_ai.governance import corrections, kinds, proposals
from imis_ai.governance.corrections import Topic
from imis_ai.governance.models import (
    AuditEntry,
    Correction,
    Decision,
    ReviewItem,
    RolloutChange,
    RolloutStep,
)
from imis_ai.governance.notices import sources
from imis_ai.governance.proposals import automatic
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.governance.reviewing import Case, Queue, fill, guard, proof, quality, queues, read, say
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.governance import ApprovedFactory
from tests.governance.deciding import NOW, assisted, draft, tag_kind

YES, NO = "likely", "unlikely"
TODAY = NOW.date()
TOPIC = Topic(
    card="tone",
    area="retention",
    label="the tone",
    right="retention.correct",
    choices=(
        corrections.Choice("up", "It is", None, "up"),
        corrections.Choice("down", "It is not", None, "down"),
    ),
    reasons=(("other", "Another reason"),),
    then="It is shown.",
)


def case(n, **fields):
    told = {"model_says": YES, "shown": "31 of 100", "why": "Its range holds the line.", "hardness": n / 100}
    return Case(**({"imis_id": f"5{n:03}", "as_of": TODAY} | told | fields))


def over(number, now):
    made = [case(900 + n, as_of=TODAY - dt.timedelta(days=200), known_answer=YES) for n in range(20)]
    return made[:number]


@pytest.fixture(autouse=True)
def queue(monkeypatch, db):
    """A queue of twelve unsure cases, and its topic."""
    made = Queue(
        name="tones", area="retention", label="Tones", question="Is it?", right="retention.correct",
        choices=((YES, "It is"), (NO, "It is not")), unsure=lambda now: [case(n) for n in range(12)],
        known=over, facts=lambda viewer, imis_id, as_of: [], card="tone", means={YES: "up", NO: "down"},
        reason="other", most=10,
    )  # fmt: skip
    monkeypatch.setattr(queues, "QUEUES", {"tones": made})
    monkeypatch.setattr(fill, "QUEUES", {"tones": made})
    monkeypatch.setattr(corrections.topics, "TOPICS", {"tone": TOPIC})
    monkeypatch.setattr(corrections.read, "TOPICS", {"tone": TOPIC})
    return made


@pytest.fixture
def priya():
    return UserFactory(role="membership")


def judge(queue, item, says, by, seconds=9, now=NOW):
    opened = now - dt.timedelta(seconds=seconds)
    return say.say(queue=queue, item=item, says=says, opened_at=opened, by=by, now=now)


@pytest.mark.row("GOV-29")
def test_the_hardest_come_in_known_ones_among_them_and_who_is_sure_by_now_leaves(queue, priya):
    first = fill.fill(queue=queue, now=NOW)
    again = fill.fill(queue=queue, now=NOW)

    opened = ReviewItem.objects.filter(state="open")
    real = opened.filter(known_answer="")
    assert (first.entered, first.known, again.entered, again.known) == (10, 2, 0, 0)
    assert sorted(real.values_list("imis_id", flat=True)) == [f"5{n:03}" for n in range(10)]
    hard = set(real.values_list("hardness", flat=True))
    assert (
        set(opened.exclude(known_answer="").values_list("hardness", flat=True)) <= hard
    )  # as hard as the rest

    sure = replace(queue, unsure=lambda now: [case(n) for n in range(5, 12)])
    third = fill.fill(queue=sure, now=NOW + dt.timedelta(days=1))
    assert (third.left, third.entered) == (5, 2)
    assert read.waits(area="retention", imis_id="5011")
    assert not read.waits(area="retention", imis_id="5000")
    assert not read.waits(area="retention", imis_id="5900")  # a known case holds nobody up


@pytest.mark.row("GOV-29", "GOV-28")
def test_a_judgement_is_kept_once_corrects_the_model_where_it_differs_and_agreement_is_measured(queue, priya):
    fill.fill(queue=queue, now=NOW)
    real = list(ReviewItem.objects.filter(known_answer="").order_by("imis_id"))
    known = ReviewItem.objects.exclude(known_answer="").first()

    judge(queue, real[0], NO, priya)
    judge(queue, real[1], YES, priya)
    judge(queue, real[2], queues.UNSURE, priya)
    judge(queue, known, NO, priya)

    made = Correction.objects.get()
    assert (made.imis_id, made.says, made.source, made.shown) == ("5000", "down", "queue", "31 of 100")
    found = read.agreement(queue="tones", now=NOW, by=priya)
    assert (found.same, found.judged, found.unsure, found.right, found.known) == (1, 2, 1, 0, 1)
    assert AuditEntry.objects.filter(action="review.said").count() == 4
    with pytest.raises(Changed, match="judged this already"):
        judge(queue, real[0], YES, UserFactory(role="membership"))
    with pytest.raises(Blocked):
        judge(queue, real[3], "nonsense", priya)
    with pytest.raises(NotAllowed):
        judge(queue, real[3], YES, UserFactory(role="finance"))
    asked_again = fill.fill(queue=queue, now=NOW + dt.timedelta(days=1))
    assert asked_again.entered == 2  # the last two of twelve; nobody judged is asked again


def test_taken_cases_carry_a_name_and_are_free_again_the_next_day(queue, priya):
    fill.fill(queue=queue, now=NOW)

    assert say.take(queue=queue, by=priya, now=NOW) == say.TAKEN
    other = UserFactory(role="membership")
    assert read.waiting(queue=queue, viewer=other)[0].owner is None
    assert read.waiting(queue=queue, viewer=priya)[0].owner == priya
    fill.fill(queue=queue, now=NOW + dt.timedelta(days=2))
    assert not ReviewItem.objects.filter(owner=priya, state="open").exists()


def automation():
    marta, owner = UserFactory(role="admin"), UserFactory(role="membership")
    for level in (1, 2):
        RolloutStep.objects.get_or_create(
            area="retention", level=level, defaults={"scope": to_json(ALWAYS), "since": NOW}
        )
    return RolloutChange.objects.create(
        area="retention", from_level=1, to_level=2, scope=to_json(ALWAYS), state="done", asked_by=marta,
        asked_at=NOW, decided_by=owner, decided_at=NOW, most_per_day=5,
    )  # fmt: skip


def level():
    return RolloutStep.objects.filter(area="retention").order_by("-level").first().level


@pytest.mark.row("GOV-29")
def test_nothing_acts_without_a_person_on_a_member_who_waits(queue, monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", {})
    assisted()
    tag_kind(automatic=kinds.Automatic(most_per_day=10))
    policy = automation()
    fill.fill(queue=queue, now=NOW)
    made = proposals.propose(draft=replace(draft(), imis_id="5001"), by=None, now=NOW)

    said = automatic.why_not(proposal=made, policy=policy, now=NOW)

    assert "not sure of this member" in said


@pytest.mark.row("U16")
def test_a_careless_reviewer_takes_the_area_out_of_its_third_phase(queue, priya):
    change_owner = automation().decided_by
    for n in range(10):
        made = over(20, NOW)[n]
        item = ReviewItem.objects.create(queue="tones", area="retention", entered_at=NOW, **made.__dict__)
        assert level() == 2
        judge(queue, item, NO if n % 2 else YES, priya)

    assert level() == 1
    change = RolloutChange.objects.get(to_level=1)
    assert (change.asked_by, change.reason) == (None, "People were right about 5 of 10 known cases.")
    entry = AuditEntry.objects.get(action="rollout.lowered")
    assert entry.actor_id is None
    assert not proof.judgement("retention", NOW).is_met
    told = {item.person_id for item in sources.lowered(NOW)}
    assert {priya.pk, change_owner.pk} <= told
    assert guard.look(area="retention", now=NOW) == ""  # once is enough


@pytest.mark.row("U16")
@pytest.mark.parametrize(("seconds", "noes", "expected"), [(2, 0, 1), (2, 1, 2), (20, 0, 2), (0, 0, 2)])
def test_approving_without_a_look_does_too_but_not_several_at_once(queue, priya, seconds, noes, expected):
    automation()
    for n in range(quality.FEWEST_YES + 1):
        what = Decision.What.REJECT if n < noes else Decision.What.APPROVE
        Decision.objects.create(
            proposal=ApprovedFactory(), what=what, by=priya, version=1,
            at=NOW + dt.timedelta(seconds=seconds * n), digest="x",
        )  # fmt: skip

    guard.look_at_all(now=NOW + dt.timedelta(hours=1))

    assert level() == expected
