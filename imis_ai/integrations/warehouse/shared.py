"""The views that are no single domain's own."""

from imis_ai.accounts.rights import EVERYBODY, carries
from imis_ai.governance import kinds
from imis_ai.integrations.warehouse.catalogue import ALIVE, View, columns

REACH = "export.reach() r"
ROLES = (*EVERYBODY, "auditor")
OF_REACH = f"SELECT m.imis_id FROM public.mirror_member m WHERE {ALIVE}"  # noqa: S608  no input in it


def views() -> list[View]:
    """Made anew each time, since kinds of proposals are registered by domains."""
    return [MEMBERS, _proposals(), DECISIONS, _write_backs()]


MEMBERS = View(
    "members",
    "Everybody alive in iMIS, one row each.",
    columns(
        "imis_id VARCHAR",
        "kind VARCHAR",
        "member_type VARCHAR",
        "status VARCHAR",
        "tier VARCHAR m.tier_id",
        "chapter VARCHAR m.chapter_id",
        "joined_on DATE",
        "paid_through DATE",
        "auto_renew BOOLEAN",
        "industry VARCHAR",
        "company_size VARCHAR",
        "state VARCHAR",
        "country VARCHAR",
        "seen_at TIMESTAMPTZ",
        "*name VARCHAR",
        "*email VARCHAR",
        "*phone VARCHAR",
        "*city VARCHAR",
        "*postal_code VARCHAR",
    ),
    f"public.mirror_member m, {REACH} WHERE {ALIVE}",
    ("mirror_member", "mirror_chaptergrant", "accounts_user", "auth_permission"),
)
DECISIONS = View(
    "decisions",
    "What people did with these proposals.",
    columns(
        "proposal BIGINT d.proposal_id",
        "what VARCHAR d.what",
        "by VARCHAR u.username",
        "role VARCHAR d.role",
        "at TIMESTAMPTZ d.at",
        "version INTEGER d.version",
        "reason VARCHAR d.reason",
    ),
    "public.governance_decision d JOIN export.proposals p ON p.id = d.proposal_id"
    " LEFT JOIN public.accounts_user u ON u.id = d.by_id",
    ("governance_decision",),
)


def _proposals() -> View:
    fields = (
        *("id BIGINT", "kind VARCHAR", "area VARCHAR", "title VARCHAR", "state VARCHAR", "verdict VARCHAR"),
        *("members INTEGER", "amount DECIMAL(14,2)", "imis_id VARCHAR", "chapter VARCHAR", "version INTEGER"),
        *("created_at TIMESTAMPTZ", "due_at TIMESTAMPTZ", "expires_at TIMESTAMPTZ", "decided_at TIMESTAMPTZ"),
    )
    pairs = [
        f"('{kind.name}', '{role}')"
        for kind in kinds.KINDS.values()
        for role in ROLES
        if _may(kind.reads, role)
    ]
    return View(
        "proposals",
        "Suggestions of the kinds that the reader may see, and how they stand.",
        columns(*(f"{field} p.{field.split()[0]}" for field in fields)),
        f"public.governance_proposal p, {REACH} WHERE (p.kind, r.role) IN ({', '.join(pairs)})"
        f" AND (r.everyone OR p.chapter = ANY (r.chapters) OR p.imis_id IN ({OF_REACH}))",
        ("governance_proposal",),
    )


def _write_backs() -> View:
    roles = ", ".join(f"'{role}'" for role in ROLES if _may("outbox.read", role))
    fields = (
        *("id BIGINT", "reference VARCHAR", "way VARCHAR", "target VARCHAR", "imis_id VARCHAR"),
        *("state VARCHAR", "problem VARCHAR", "tries INTEGER", "sent_at TIMESTAMPTZ", "done_at TIMESTAMPTZ"),
        *("imis_key VARCHAR",),
    )
    return View(
        "write_backs",
        "What was approved to be written to iMIS, and how far it has come.",
        columns(
            *(f"{field} o.{field.split()[0]}" for field in fields),
            "proposal BIGINT o.proposal_id",
            "leaves_at TIMESTAMPTZ o.not_before",
        ),
        f"public.governance_outboxmessage o, {REACH} WHERE r.role IN ({roles})"
        f" AND (r.everyone OR o.imis_id IN ({OF_REACH}))",
        ("governance_outboxmessage",),
    )


def _may(right: str, role: str) -> bool:
    if role == "auditor":
        return carries(right, role="executive", extras=("auditor",))
    return carries(right, role=role)
