"""Members who joined within a year, with the first time that each did something since. Reads only."""

from datetime import date, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from imis_ai.mirror.models import Activity, CommitteeRole, Member, Registration

YEAR = timedelta(days=365)
PORTAL = ("login", "profile_update", "page_view", "download")
COURSES = ("course_start", "course_complete", "certification")
TIES = ("community_post", "community_reply", "volunteer_shift")


def members(seen: QuerySet[Member], today: date) -> QuerySet[Member]:
    """Persons alive in iMIS, annotated `first_portal`, `first_course`, `first_event`, `first_tie` (moments),
    `first_role` (a day); for who did not, None. `event_name`, `tie_kind`, `committee` say what it was."""
    own = OuterRef("pk")
    joined = OuterRef("joined_on")
    done = Activity.objects.filter(member=own, at__gte=joined).order_by("at")
    came = Registration.objects.filter(
        member=own, attended=True, cancelled_at=None, event__starts_at__gte=joined
    ).order_by("event__starts_at")
    ties = done.filter(kind__in=TIES)
    roles = CommitteeRole.objects.filter(member=own, start_on__gte=joined).order_by("start_on")
    found = seen.filter(kind=Member.Kind.PERSON, joined_on__gt=today - YEAR, joined_on__lte=today)
    return found.annotate(
        first_portal=Subquery(done.filter(kind__in=PORTAL).values("at")[:1]),
        first_course=Subquery(done.filter(kind__in=COURSES).values("at")[:1]),
        first_event=Subquery(came.values("event__starts_at")[:1]),
        event_name=Subquery(came.values("event__name")[:1]),
        first_tie=Subquery(ties.values("at")[:1]),
        tie_kind=Subquery(ties.values("kind")[:1]),
        first_role=Subquery(roles.values("start_on")[:1]),
        committee=Subquery(roles.values("committee")[:1]),
    )
