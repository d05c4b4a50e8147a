"""What data is worth: the same sentences for whoever connects sources and for whoever signs."""

import pytest

from imis_ai.governance.guardrails import actions
from imis_ai.governance.models import Guardrail
from retention.models import Ablation
from tests.factories import alerts as made
from tests.factories.alerts import NOW
from tests.factories.guardrails import administrator, guardrail_owner
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]
MEASURED = {"version": "2026.6.1", "low": 0.03, "high": 0.11, "lapses": 312, "members": 2400, "made_at": NOW}


@pytest.mark.row("U19", "U17", "CHURN-49")
def test_what_was_measured_stands_where_it_is_decided(as_role):
    Ablation.objects.create(kind="source", part="clicks", found_with=0.61, found_without=0.54, **MEASURED)
    gaps = {
        "without": {"size": 0.04, "most": "", "least": ""},
        "with": {"size": 0.11, "most": "60 to 69", "least": "30 to 39"},
    }
    Ablation.objects.create(
        kind="field", part="age", found_with=0.62, found_without=0.61, gaps=gaps, **MEASURED
    )
    made.lists()
    sentence = (
        "E-mail clicks move early detection from 54 to 61 of 100 lapses (range +3 to +11; 312 later lapses)."
    )

    admin = as_role("admin")
    for address in ("/data/quality/", "/retention/data/"):
        assert sentence in html_of(admin.get(address))
    text = html_of(admin.get("/retention/data/"))
    assert "Session length:</b> iMIS holds none of it" in text
    assert "Age: 62 instead of 61 of 100 lapses found early" in text
    assert "goes from 4 to 11 of 100, 60 to 69 against 30 to 39." in text
    assert "Gender: no model uses it, so nothing is gained by it." in text
    assert "A move to a dearer area: it would make no alert today" in text

    fields, author = Guardrail.objects.get(kind="fields"), administrator()
    version = actions.draft(
        guardrail=fields,
        entered={"off": ["address", "gender", "hardship"]},
        reason="trial",
        by=author,
        now=NOW,
    )
    actions.submit(version=version, by=author, now=NOW)
    page = html_of(as_role("admin").get(f"/admin/governance/guardrail/{fields.pk}/change/"))
    assert "Age: 62 instead of 61 of 100 lapses found early" in page
    assert "two signatures" in page
    assert not actions.agree(version=version, by=guardrail_owner(), now=NOW)
    assert actions.agree(version=version, by=guardrail_owner(), now=NOW)
