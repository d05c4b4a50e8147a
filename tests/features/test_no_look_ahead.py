"""Deleting everything that happened on the day or later changes no feature of that day."""

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from imis_ai.features import queries
from imis_ai.mirror import models
from tests.factories.features import DAY, MAKERS, moment, people, plant

FIRST_MOMENT = moment(0, 0)  # tests run in UTC
row = st.tuples(
    st.sampled_from(sorted(MAKERS)),
    st.integers(0, 7),
    st.integers(-800, 60),
    st.integers(-800, 400),
    st.integers(0, 60),
)


def delete_the_future() -> None:
    """Rows dated on the day or later go; what became known of earlier rows by then is unknown."""
    models.Activity.objects.filter(at__gte=FIRST_MOMENT).delete()
    models.Registration.objects.filter(registered_at__gte=FIRST_MOMENT).delete()
    models.Registration.objects.filter(cancelled_at__gte=FIRST_MOMENT).update(cancelled_at=None)
    models.Registration.objects.filter(event__starts_at__gte=FIRST_MOMENT).update(attended=None)
    models.Invoice.objects.filter(issued_on__gte=DAY).delete()
    models.Invoice.objects.filter(paid_on__gte=DAY).update(paid_on=None, balance=F("amount"))
    models.Payment.objects.filter(received_on__gte=DAY).delete()
    models.PaymentAttempt.objects.filter(at__gte=FIRST_MOMENT).delete()
    models.CommitteeRole.objects.filter(start_on__gte=DAY).delete()
    models.CommitteeRole.objects.filter(end_on__gte=DAY).update(end_on=None)
    models.Term.objects.filter(start_on__gte=DAY).delete()
    models.Term.objects.filter(resigned_on__gte=DAY).update(resigned_on=None)
    models.TierPrice.objects.filter(effective_on__gte=DAY).delete()
    models.Member.objects.filter(joined_on__gte=DAY).update(joined_on=None)
    models.Member.objects.filter(gone_at__gte=FIRST_MOMENT).update(gone_at=None)


def assert_blind_to_the_future(names=None) -> None:
    import pandas as pd

    before = queries.frame(as_of=DAY, names=names)
    delete_the_future()
    after = queries.frame(as_of=DAY, names=names)
    vanished = before.columns.difference(after.columns)  # kinds that only the future has
    assert before[vanished].notna().sum().sum() == 0
    pd.testing.assert_frame_equal(before.drop(columns=vanished).sort_index(), after.sort_index())


@pytest.mark.row("GOV-39")
@pytest.mark.django_db
@given(st.lists(row, min_size=20, max_size=120))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_the_future_changes_no_feature(drawn):
    example = transaction.savepoint()
    members = people(8)
    models.Member.objects.filter(pk=members[0].pk).update(joined_on=DAY)
    models.Member.objects.filter(pk=members[1].pk).update(gone_at=moment(5))
    plant(members, drawn)

    try:
        assert_blind_to_the_future()
    finally:
        transaction.savepoint_rollback(example)


@pytest.mark.row("GOV-39")
@pytest.mark.django_db
def test_a_rich_association_is_covered_and_blind_to_the_future():
    """So that the test above does not pass for want of data: nearly every feature has values here."""
    members = people(8, city="Alton", postal_code="62002", industry="Law", birth_year=1980)
    plant(
        members,
        [
            (table, number % 8, -700 + number * 23 % 760, -700 + number * 37 % 800, number)
            for table in MAKERS
            for number in range(160)
        ],
    )

    found = queries.frame(as_of=DAY)

    has_values = found.notna().any()
    assert has_values.mean() > 0.85, sorted(has_values[~has_values].index)
    assert_blind_to_the_future()
