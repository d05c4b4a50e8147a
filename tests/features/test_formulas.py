"""Samples computed by hand for the formulas that the guides name."""

import datetime as dt
from decimal import Decimal

import pytest

from imis_ai.features import queries
from imis_ai.features.definitions import FEATURES
from retention.queries import learning
from tests.factories.features import DAY, did, invoice, moment, people, registered, term
from tests.factories.mirror import (
    CommitteeRoleFactory,
    MemberFactory,
    PaymentAttemptFactory,
    PaymentFactory,
    TierFactory,
    TierPriceFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return people(1)[0]


@pytest.mark.row("CHURN-09", "SEG-17", "CHURN-28")
def test_portal_frequency_recency_and_usual_gap(ann, value):
    did(ann, "login", -100, -80, -60, -60, -40, -20, 0, 5)
    did(ann, "page_view", -40, -40, -20)

    assert value("portal.logins_30", ann) == 1
    assert (
        value("portal.logins_90", ann) == 5
    )  # 80, 60 twice, 40, 20 days before; the day itself does not count
    assert value("portal.logins_365", ann) == 6
    assert value("portal.days_since_login", ann) == 20
    assert value("portal.usual_login_gap", ann) == 20  # five visit days over 80 days
    assert value("portal.login_gap_ratio", ann) == 1
    assert value("portal.pages_per_visit_90", ann) == 0.6


@pytest.mark.row("CHURN-09")
def test_session_length_is_used_where_it_is_there(ann, value):
    did(ann, "login", -200, -180, quantity=30)
    did(ann, "login", -20, -10, quantity=6)

    assert value("portal.minutes_per_visit_90", ann) == 6
    assert value("portal.minutes_trend", ann) == 0.2


@pytest.mark.row("CHURN-09")
def test_session_length_that_imis_lacks_is_not_made_up(ann, value):
    did(ann, "login", -20, -10)

    assert value("portal.minutes_per_visit_90", ann) is None
    assert value("portal.minutes_trend", ann) is None


def test_a_source_that_does_not_exist_is_not_a_zero(value):
    ann, ben = people(2)
    did(ann, "download", -10)

    assert value("content.downloads_90", ben) == 0
    assert value("portal.logins_90", ben) is None
    assert value("mail.open_rate_90", ben) is None
    assert value("committee.roles_now", ben) is None


@pytest.mark.row("TIER-43")
def test_the_six_features_of_the_tier_guide(ann, value):
    for event_on, attended in ((-30, True), (-60, True), (-90, False), (-120, True), (-500, False)):
        registered(ann, event_on, attended=attended)
    did(ann, "download", -10, -300, -400)
    did(ann, "login", -10, -50, -89, -91)
    invoice(ann, -400, -370, -380)  # paid after 20 days, early
    invoice(ann, -35, -25, -5)  # paid after 30 days, 20 days late

    assert value("events.attendance_rate_365", ann) == 0.75
    assert value("payments.dues_timeliness", ann) == pytest.approx(100 - 100 * 10 / 60, abs=1e-3)
    assert value("content.downloads_365", ann) == 2
    assert value("events.attended_365", ann) == 3
    assert value("payments.days_to_pay_mean", ann) == 25
    assert value("portal.logins_90", ann) == 3


@pytest.mark.row("CHURN-35", "CHURN-28")
def test_engagement_score(ann, value):
    did(ann, "login", *range(-9, -3))  # 6 of 12: 20 points
    registered(ann, -40)  # 1 of 4: 10 points
    did(ann, "community_post", *range(-99, -75))  # 24 of 12 at most 12: 20 points

    assert value("engagement.score", ann) == 50


@pytest.mark.row("CHURN-35")
def test_engagement_score_without_a_community(ann, value):
    did(ann, "login", *range(-9, -3))
    registered(ann, -40)

    assert value("engagement.score", ann) == 37.5  # 30 of the 80 points that could be earned


@pytest.mark.row("CHURN-35")
def test_transactions_of_the_membership_year(ann, value):
    term(ann, -500, -136)
    term(ann, -135, 229)
    for received in (-300, -135, -60, -7, 3):
        PaymentFactory(member=ann, received_on=DAY + dt.timedelta(days=received))

    assert value("payments.days_since_transaction", ann) == 7
    assert value("payments.transactions_this_year", ann) == 3


@pytest.mark.row("CHURN-35")
def test_profile_completeness_counts_the_fields_in_use(value):
    full, half = people(2)
    for member, fields in (
        (full, {"title": "Nurse", "city": "Alton"}),
        (half, {"title": "", "city": "Alton"}),
    ):
        for name, text in fields.items():
            setattr(member, name, text)
        member.save()

    # in use: e-mail (both), city (both), title (one)
    assert value("profile.completeness", full) == 1
    assert value("profile.completeness", half) == pytest.approx(2 / 3, abs=1e-3)


@pytest.mark.row("CHURN-10")
def test_local_and_annual_events_fall_off_separately(ann, value):
    registered(ann, -600, kind="annual_conference")
    registered(ann, -500, kind="chapter_meeting")
    registered(ann, -450, kind="chapter_meeting")
    registered(ann, -200, kind="chapter_meeting")
    registered(ann, -30, kind="chapter_meeting", attended=False)

    assert value("events.annual_dropped", ann) == 1
    assert value("events.annual_attended_730", ann) == 1
    assert value("events.chapter_attended_365", ann) == 1
    assert value("events.chapter_change", ann) == -1
    assert value("events.missed_in_a_row", ann) == 1
    assert value("events.no_show_rate", ann) == 0.2
    assert value("events.days_since_attended", ann) == 200


def test_a_cancelled_registration_is_no_missed_event(ann, value):
    registered(ann, -20, attended=False, cancelled_at=moment(-25))
    registered(ann, -10, attended=True)

    assert value("events.missed_365", ann) == 0
    assert value("events.cancel_rate", ann) == 0.5


@pytest.mark.row("CHURN-11")
def test_committee_roles_begin_and_end(ann, value):
    CommitteeRoleFactory(
        member=ann, role="Committee Chair", start_on=DAY - dt.timedelta(900), end_on=DAY - dt.timedelta(90)
    )
    CommitteeRoleFactory(
        member=ann, role="Member", start_on=DAY - dt.timedelta(500), end_on=DAY + dt.timedelta(90)
    )

    assert value("committee.roles_now", ann) == 1
    assert value("committee.leader", ann) == 0
    assert value("committee.left_within_180", ann) == 1
    assert value("committee.leader_left_within_365", ann) == 1
    assert value("committee.days_since_left", ann) == 90


def test_an_invoice_paid_later_is_unpaid(ann, value):
    invoice(ann, -50, -20, 3)

    assert value("payments.open_overdue_days", ann) == 20
    assert value("payments.late_share", ann) == 1
    assert value("payments.days_to_pay_mean", ann) is None


def test_failed_charges(ann, value):
    for at, succeeded in ((-200, False), (-100, False), (-50, False), (-40, True)):
        PaymentAttemptFactory(member=ann, at=moment(at), succeeded=succeeded)

    assert value("payments.failed_attempts_120", ann) == 2
    assert value("payments.failed_attempts_365", ann) == 3
    assert value("payments.last_attempt_failed", ann) == 0
    assert value("payments.days_since_failed", ann) == 50


def test_runs_gaps_and_late_renewals(ann, value):
    term(ann, -1600, -1236)
    term(ann, -1235, -871)
    term(ann, -600, -236)  # after a gap of 270 days
    term(ann, -205, 159)  # 30 days late

    assert value("membership.terms_count", ann) == 4
    assert value("membership.run_terms", ann) == 2
    assert value("membership.run_days", ann) == 600
    assert value("membership.longest_run", ann) == 2
    assert value("membership.gaps", ann) == 1
    assert value("membership.gap_days", ann) == 270
    assert value("membership.late_renewals", ann) == 1
    assert value("membership.last_gap_days", ann) == 30
    assert value("membership.days_to_term_end", ann) == 159
    assert value("membership.terms_3y", ann) == 2
    assert value("membership.share_of_possible", ann) == pytest.approx((365 * 3 + 205) / 1600, abs=1e-3)


def test_a_resignation_ends_the_term_only_once_it_took_effect(ann, value):
    held = term(ann, -200, 164, resigned_on=DAY - dt.timedelta(10))
    before = value("membership.days_to_term_end", ann)
    type(held).objects.filter(pk=held.pk).update(resigned_on=DAY + dt.timedelta(10))

    after = value("membership.days_to_term_end", ann)

    assert (before, after) == (-10, 164)


def test_a_price_rise_is_felt_at_the_next_renewal(ann, value):
    tier = TierFactory(code="FELLOW", rank=3)
    TierPriceFactory(tier=tier, effective_on=DAY - dt.timedelta(900), price=Decimal(200))
    TierPriceFactory(tier=tier, effective_on=DAY - dt.timedelta(100), price=Decimal(230))
    term(ann, -565, -201, tier=tier, price=Decimal(180))
    term(ann, -200, 164, tier=tier, price=Decimal(200))

    assert value("tier.price_rise_ahead", ann) == 0.15
    assert value("tier.first_term_after_price_rise", ann) == 1
    assert value("tier.price_change_since_last_term", ann) == pytest.approx(20 / 180, abs=1e-3)


def test_tier_history(ann, value):
    low, high = TierFactory(code="LOW", rank=10), TierFactory(code="HIGH", rank=30)
    for start, tier in ((-1500, low), (-1100, high), (-700, high), (-300, low)):
        term(ann, start, start + 364, tier=tier)

    assert value("tier.rank", ann) == 1
    assert value("tier.rank_step", ann) == -1  # the ranks 10 and 30 are the first and the second
    assert value("tier.rank_below_best", ann) == 1
    assert value("tier.changes", ann) == 2
    assert value("tier.upgrades", ann) == 1
    assert value("tier.days_since_change", ann) == 300


@pytest.mark.row("SEG-18")
def test_money_by_stream_and_the_value_score(value):
    giver, buyer, nobody = people(3)
    did(giver, "donation", -400, -20, amount=Decimal(50))
    did(buyer, "purchase", -30, amount=Decimal(20))
    invoice(buyer, -100, -70, -80, amount=Decimal(100))

    assert value("giving.donated_365", giver) == 50
    assert value("giving.donated_1095", giver) == 100
    assert value("giving.days_since_first_donation", giver) == 400
    assert value("value.contribution_365", buyer) == 120
    assert [value("value.score", each) for each in (nobody, giver, buyer)] == pytest.approx(
        [100 / 6, 50, 500 / 6], abs=1e-3
    )


def test_an_unknown_kind_gets_features_of_its_own(value):
    members = people(6)
    for member in members:
        did(member, "Season_Package", -730, reference="Full", detail="Box / level 2.0", quantity=2)
        did(member, "Season_Package", -365, reference="Trio", detail="Box / level 3.0", quantity=4)

    one = members[0]
    own = "own.season_package"
    assert value(f"{own}_count_365", one) == 1
    assert value(f"{own}_count_730", one) == 2
    assert value(f"{own}_days_since", one) == 365
    assert value(f"{own}_quantity_last", one) == 4
    assert value(f"{own}_quantity_change", one) == 2
    assert value(f"{own}_number_last", one) == 3
    assert value(f"{own}_number_change", one) == 1
    assert value(f"{own}_references", one) == 2
    assert value(f"{own}_reference", one) == 2  # the second one to appear
    assert value(f"{own}_reference_changed", one) == 1
    assert value(f"{own}_detail_changed", one) == 0


def test_a_kind_of_fewer_than_five_members_says_nothing(value):
    members = people(6)
    for member in members[:4]:
        did(member, "secret_lunch", -10)

    assert value("own.secret_lunch_count_365", members[0]) is None


def test_places_are_numbered_by_first_appearance_and_pooled_when_rare(value):
    old = people(5, city="Alton", joined_on=DAY - dt.timedelta(2000))
    new = [
        MemberFactory(chapter=None, tier=None, city="Boise", joined_on=DAY - dt.timedelta(100))
        for _ in range(5)
    ]
    rare = MemberFactory(chapter=None, tier=None, city="Cody", joined_on=DAY - dt.timedelta(50))

    assert value("place.city", old[0]) == 1
    assert value("place.city", new[0]) == 2
    assert value("place.city", rare) == 0
    assert value("place.city_members", rare) == 0
    assert value("place.city", old[0], as_of=DAY - dt.timedelta(500)) == 1


def test_members_who_were_not_known_yet_are_not_in_the_frame():
    old, late, gone = people(3)
    type(old).objects.filter(pk=late.pk).update(joined_on=DAY)
    type(old).objects.filter(pk=gone.pk).update(gone_at=moment(-5))

    found = queries.frame(as_of=DAY)

    assert list(found.index) == [str(old.pseudonym)]


def test_many_days_at_once_equal_one_day_each():
    for number, member in enumerate(people(6)):
        did(member, "login", *range(-900, -number, 17))
        did(member, "kiosk_tap", -400, -100)
        term(member, -700, -336)
        term(member, -300, 65)
        registered(member, -100 - number)
    days = [DAY - dt.timedelta(days=30 * back) for back in range(12)]

    together = queries.frames(as_ofs=days)

    for day in days:
        assert together[day].equals(queries.frame(as_of=day))


@pytest.mark.row("CHURN-42")
def test_tickets_with_the_office_are_counted_and_the_churn_model_may_learn_from_them(ann, value):
    did(ann, "case_opened", -400, -100, -89, -1, 0)

    assert value("community.cases_90", ann) == 2
    assert value("community.cases_365", ann) == 3
    assert {"community.cases_90", "community.cases_365"} <= set(learning.windows(FEATURES))
