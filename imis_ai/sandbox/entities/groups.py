"""Groups and their members. A write replaces the whole list of membership details."""

import datetime as dt
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.association import topics
from imis_ai.sandbox.entities.base import DocumentEntity, Row
from imis_ai.sandbox.store import Store

DETAIL = wire.kind("GroupMemberDetailData")
DETAILS = wire.kind("GroupMemberDetailDataCollection")
GROUP = wire.kind("GroupSummaryData")


def code(committee: str) -> str:
    return "COMMITTEE/" + "".join(word[:4] for word in committee.upper().split())[:12]


def group(group_id: str, name: str, **more: Any) -> Row:
    return wire.typed(GROUP, GroupId=group_id, Name=name, Description=name, StatusCode="A", **more)


def role(role_id: str) -> Row:
    return {"$type": wire.kind("GroupRoleData"), "RoleId": role_id.upper(), "Name": role_id.capitalize()}


def add_committees(store: Store) -> None:
    """The committees as groups, and who sat on them when, from the association."""
    groups, members = store.kept("Group"), store.kept("GroupMember")
    classes = {"$type": wire.kind("GroupClassData"), "GroupClassId": "COMMITTEE", "Name": "Committee"}
    for name in topics.COMMITTEES:
        groups.setdefault(code(name), group(code(name), f"{name} Committee", GroupClass=classes))
    groups["AIHIGH"] = group("AIHIGH", "AI high risk", IsSimpleGroup=True)
    groups["AIDYNAMIC"] = group("AIDYNAMIC", "AI segment (dynamic)", IsDynamic=True)
    for number, (party, committee, start, end, chairs) in enumerate(store.association.committees, 1):
        name = topics.COMMITTEES[committee]
        key = f"{code(name)}-{party}"
        detail = wire.typed(
            DETAIL, GroupMemberDetailId=f"GMD{number:06d}", EffectiveDate=_text(start), ExpirationDate=_text(end) if end else None,
            IsActive=not end, Role=role("CHAIR" if chairs else "MEMBER"),
        )  # fmt: skip
        if key in members:
            members[key]["MembershipDetails"]["$values"].append(detail)
            members[key] |= {"IsActive": True} if not end else {}
            continue
        members[key] = wire.typed(
            wire.kind("GroupMemberData"), GroupMemberId=key, Group=group(code(name), f"{name} Committee"),
            Party=wire.typed(wire.kind("PartySummaryData"), PartyId=party, Id=party), JoinDate=_text(start),
            IsActive=not end, MembershipDetails=wire.values([detail], DETAILS),
        )  # fmt: skip


def _text(day: int) -> str:
    return f"{dt.date(1970, 1, 1) + dt.timedelta(days=day)}T00:00:00"


class Group(DocumentEntity):
    name, keep, item_type = "Group", "Group", wire.kind("GroupData")
    fields = {"groupclassid": lambda d: d.get("GroupClass", {}).get("GroupClassId", "")}


class GroupSummary(Group):
    name, item_type = "GroupSummary", GROUP


class GroupMember(DocumentEntity):
    name, item_type = "GroupMember", wire.kind("GroupMemberData")
    fields = {
        "groupid": lambda d: d["Group"]["GroupId"],
        "partyid": lambda d: d["Party"]["PartyId"],
        "isactive": lambda d: d.get("IsActive", False),
    }
