"""Taking part in the online community, and turning to the office."""

# ruff: noqa: E501  a table: one feature per line

from imis_ai.features.calc.arrays import trend
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NOT_DUNNING, ZERO, group

posts = group(source="activities: community_post", sensitivity="behaviour")
replies = group(source="activities: community_reply", sensitivity="behaviour")
cases = group(source="activities: case_opened", purposes=NOT_DUNNING, sensitivity="personal")
updates = group(source="activities: profile_update", sensitivity="behaviour")

FEATURES = (
    posts("community.posts_30", "Community posts in the last 30 days", "posts", 30, ZERO, lambda at: at.count("community_post", 30)),
    posts("community.posts_90", "Community posts in the last 90 days", "posts", 90, ZERO, lambda at: at.count("community_post", 90)),
    posts("community.posts_365", "Community posts in the last 365 days", "posts", 365, ZERO, lambda at: at.count("community_post", 365)),
    posts("community.post_trend", "Pace of posts: last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", 365, ZERO, lambda at: trend(at["community.posts_90"], 90, at["community.posts_365"])),
    posts("community.days_since_post", "Days since the last community post", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("community_post")),
    replies("community.replies_90", "Community replies in the last 90 days", "replies", 90, ZERO, lambda at: at.count("community_reply", 90)),
    replies("community.replies_365", "Community replies in the last 365 days", "replies", 365, ZERO, lambda at: at.count("community_reply", 365)),
    cases("community.cases_90", "Cases opened with the office in the last 90 days", "cases", 90, ZERO, lambda at: at.count("case_opened", 90)),
    cases("community.cases_365", "Cases opened with the office in the last 365 days", "cases", 365, ZERO, lambda at: at.count("case_opened", 365)),
    updates("community.profile_updates_365", "Changes to the own profile in the last 365 days", "changes", 365, ZERO, lambda at: at.count("profile_update", 365)),
)  # fmt: skip
