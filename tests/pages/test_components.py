"""The component page shows every component there is, so that what is wrong is seen in one place."""

import re

import pytest

from imis_ai.ui import views
from tests.reading import html_of
from tests.test_architecture import ROOT

STATES = [
    "raises, lowers",
    "too little to draw",
    "with errors",
    "first use",
    "no results",
    "waiting",
    "running",
]


@pytest.mark.django_db
def test_every_template_of_a_component_has_its_specimen(as_role):
    page = html_of(as_role("admin").get("/help/components/"))

    shown = {name for names in re.findall(r"<h2>([a-z_, ]+)</h2>", page) for name in names.split(", ")}

    assert {path.stem for path in (ROOT / "templates/ui").glob("*.html")} - shown == set()
    assert [state for state in STATES if state not in re.sub(r"\s+", " ", page)] == []


def test_tiles_have_one_with_each_tone():
    assert {tile.tone for tile in views.TILES} == {"good", "bad", ""}
