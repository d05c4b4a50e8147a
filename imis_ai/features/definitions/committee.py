"""Committees and volunteering."""

# ruff: noqa: E501  a table: one feature per line

from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NOW, ZERO, group

f = group(source="committee roles", sensitivity="behaviour")
shifts = group(source="activities: volunteer_shift", sensitivity="behaviour")

FEATURES = (
    f("committee.roles_now", "Committee roles held", "roles", NOW, ZERO, lambda at: at.committees.now()),
    f("committee.leader", "1 while the member chairs or otherwise leads a committee", "yes or no", NOW, ZERO, lambda at: at.committees.leads()),
    f("committee.roles_ever", "Committee roles held so far", "roles", ALL_HISTORY, ZERO, lambda at: at.committees.ever()),
    f("committee.left_within_180", "Committee roles that ended in the last 180 days", "roles", 180, ZERO, lambda at: at.committees.left_within(180)),
    f("committee.left_within_365", "Committee roles that ended in the last 365 days", "roles", 365, ZERO, lambda at: at.committees.left_within(365)),
    f("committee.leader_left_within_365", "Leading committee roles that ended in the last 365 days", "roles", 365, ZERO, lambda at: at.committees.left_within(365, leaders=True)),
    f("committee.days_since_left", "Days since a committee role ended", "days", ALL_HISTORY, NEVER, lambda at: at.committees.days_since_left()),
    f("committee.days_served", "Days served in committee roles, all roles together", "days", ALL_HISTORY, "0 when the member never had a role", lambda at: at.committees.days_served()),
    shifts("committee.shifts_365", "Volunteer shifts in the last 365 days", "shifts", 365, ZERO, lambda at: at.count("volunteer_shift", 365)),
    shifts("committee.shifts_before", "Volunteer shifts in the 365 days before those", "shifts", 730, ZERO, lambda at: at.count("volunteer_shift", 730) - at.count("volunteer_shift", 365)),
    shifts("committee.days_since_shift", "Days since the last volunteer shift", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("volunteer_shift")),
)  # fmt: skip
