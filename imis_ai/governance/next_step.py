"""What comes next for each member of an area's list: columns on rows that are read anyway."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate

from imis_ai.governance import reviewing
from imis_ai.governance.messages import control
from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import Assignment, ContactEntry, Experiment, Proposal
from imis_ai.governance.proposals.states import OPEN
from imis_ai.ui import words

CONTROL, UNSURE = "Control group", "To be judged"


def annotated(rows: QuerySet, *, number: str, area: str, on: date) -> QuerySet:
    """`number` is the path to the member's number; `on` the day of the list."""
    same = OuterRef(number)
    held = control.rows(area=area, on=on).filter(imis_id=same).order_by("-experiment__outcome_by")
    drafts = Proposal.objects.filter(imis_id=same, kind=f"{area}.message", state__in=OPEN)
    sent = ContactEntry.objects.filter(imis_id=same, area=area, state__in=OUT, sent_at__isnull=False)
    sent = sent.exclude(channel="call")  # what came of a call is said by the area itself
    return rows.annotate(
        held_until=Subquery(held.values("experiment__outcome_by")[:1]),
        has_draft=Exists(drafts),
        is_unsure=reviewing.is_open(number=number, area=area),
        last_sent_at=Subquery(sent.order_by("-sent_at").values("sent_at")[:1]),
    )


def said(
    *,
    held_until: date | None,
    has_draft: bool,
    last_sent_at: datetime | None,
    today: date,
    is_unsure: bool = False,
) -> str:
    """Control group, To be judged, Draft ready, Sent 22 Nov; empty where nothing is planned."""
    if held_until:
        return CONTROL
    if is_unsure:
        return UNSURE
    if has_draft:
        return "Draft ready"
    return f"Sent {words.short_date(localdate(last_sent_at), today)}" if last_sent_at else ""


def held(*, number: str, area: str, on: date) -> Q:
    """The condition that a row's member is in the area's control group."""
    return Q(Exists(control.rows(area=area, on=on).filter(imis_id=OuterRef(number))))


def version() -> str:
    """Differs after any change of a control group, for figures that are kept. One query."""
    newest = Assignment.objects.order_by("-pk").values("pk")[:1]
    running = Experiment.objects.filter(state=Experiment.State.RUNNING).order_by("pk")
    return str(list(running.annotate(newest=Subquery(newest)).values_list("pk", "newest")))
