"""What the groups of features (the part before the dot) are called on pages."""

GROUPS = {
    "portal": "Member portal",
    "events": "Events",
    "mail": "E-mail",
    "payments": "Payments",
    "membership": "Membership history",
    "tier": "Tier and price",
    "committee": "Committees",
    "community": "Community",
    "content": "Courses and downloads",
    "giving": "Donations, purchases, sponsorships",
    "engagement": "Engagement",
    "value": "Value",
    "place": "Chapter and place",
    "profile": "Profile",
    "own": "Your own activity kinds",
}
