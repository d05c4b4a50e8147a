"""A feature is used for what it was declared for, and for nothing else."""

import pytest

from imis_ai.features import queries
from imis_ai.features.definitions import FEATURES
from tests.factories.features import DAY, people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["payments.failed_attempts_120", "payments.open_overdue_days", "value.score"]
)
def test_money_trouble_is_no_matter_for_segments(name):
    with pytest.raises(queries.NotAllowed, match=f"{name} may not be used for segments"):
        queries.frame(as_of=DAY, names=["portal.logins_30", name], purpose="segments")


def test_cases_with_the_office_are_no_matter_for_renewals():
    with pytest.raises(queries.NotAllowed, match=r"community\.cases_365"):
        queries.frame(as_of=DAY, names=["community.cases_365"], purpose="renewals")


def test_an_unknown_purpose_is_refused():
    with pytest.raises(queries.NotAllowed, match=r"'curiosity' is no purpose\. Use one of: retention"):
        queries.frame(as_of=DAY, purpose="curiosity")


def test_without_names_only_what_the_purpose_allows_comes():
    people(1)

    columns = set(queries.frame(as_of=DAY, purpose="segments").columns)

    assert columns == {name for name, each in FEATURES.items() if "segments" in each.purposes}


def test_an_unknown_feature_is_named():
    with pytest.raises(LookupError, match=r"There is no feature portal.smiles. `manage.py features` lists"):
        queries.frame(as_of=DAY, names=["portal.smiles"])
