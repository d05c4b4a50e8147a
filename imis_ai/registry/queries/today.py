"""What models say on the first page: things that a check found and nobody has looked at. One query."""

from django.urls import reverse

from imis_ai.registry.queries.pages import open_findings
from imis_ai.ui.today import WEEK, Asked, Part, Waits


def part(asked: Asked) -> Part:
    """Nothing for people who do not decide on models."""
    if not asked.viewer.may("models.change"):
        return Part()
    found = list(open_findings())
    if not found:
        return Part()
    return Part(
        waits=[
            Waits(
                count=len(found),
                name="Models to look at",
                why=found[0].sentence,
                address=reverse("models"),
                action="Look",
                oldest=min(each.found_at for each in found),
                due=WEEK,
            )
        ]
    )
