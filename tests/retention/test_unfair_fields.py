"""Age and address enter the churn model only where the guardrail about such fields lets them in."""

import pytest

from imis_ai.governance.models import Guardrail
from retention.queries.learning import windows
from tests.factories.guardrails import live_guardrail

NAMES = ["profile.age_band", "place.city", "place.state", "place.chapter", "membership.tenure_days"]

pytestmark = pytest.mark.django_db


@pytest.mark.row("U17")
def test_by_default_the_model_learns_from_neither():
    assert set(windows(NAMES)) == {"place.chapter", "membership.tenure_days"}


@pytest.mark.row("U17")
def test_a_field_that_was_switched_on_is_learnt_from_and_no_other():
    Guardrail.objects.all().delete()
    live_guardrail("fields", off=["address", "gender", "hardship"])

    assert set(windows(NAMES)) == {"profile.age_band", "place.chapter", "membership.tenure_days"}
