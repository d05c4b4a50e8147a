"""Groups and their members. A write replaces the whole list of membership details."""

import datetime as dt
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
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
    for name in [] if store.options.archive else topics.COMMITTEES:
        groups.setdefault(code(name), group(code(name), f"{name} Committee", GroupClass=classes))
    groups["AIHIGH"] = group("AIHIGH", "AI high risk", IsSimpleGroup=True)
    groups["AIDYNAMIC"] = group("AIDYNAMIC", "AI segment (dynamic)", IsDynamic=True)
    for number, (party, name, start, end, chairs) in enumerate(_stays(store), 1):
        groups.setdefault(code(name), group(code(name), name, GroupClass=classes))
        key = f"{code(name)}-{party}"
        detail = wire.typed(
            DETAIL,
            GroupMemberDetailId=f"GMD{number:06d}",
            EffectiveDate=start,
            ExpirationDate=end,
            IsActive=not end,
            Role=role("CHAIR" if chairs else "MEMBER"),
        )
        if key in members:
            members[key]["MembershipDetails"]["$values"].append(detail)
            members[key] |= {"IsActive": True} if not end else {}
            continue
        members[key] = wire.typed(
            wire.kind("GroupMemberData"),
            GroupMemberId=key,
            Group=group(code(name), f"{name} Committee"),
            Party=wire.typed(wire.kind("PartySummaryData"), PartyId=party, Id=party),
            JoinDate=start,
            IsActive=not end,
            MembershipDetails=wire.values([detail], DETAILS),
        )


def _stays(store: Store) -> list[tuple[str, str, str, str | None, bool]]:
    """(contact, committee, start, end, chairs) of the association or of the archive."""
    if store.options.archive:
        return [
            (
                r["imis_id"],
                r["committee"],
                f"{r['start_on']}T00:00:00",
                f"{r['end_on']}T00:00:00" if r.get("end_on") else None,
                "chair" in r.get("role", "").lower(),
            )
            for r in store.kept("committees").values()
        ]
    return [
        (party, topics.COMMITTEES[committee], _text(start), _text(end) if end else None, chairs)
        for party, committee, start, end, chairs in store.association.committees
    ]


def _text(day: int) -> str:
    return f"{dt.date(1970, 1, 1) + dt.timedelta(days=day)}T00:00:00"


class Group(DocumentEntity):
    name, keep, item_type = "Group", "Group", wire.kind("GroupData")
    fields = {"groupclassid": lambda d: d.get("GroupClass", {}).get("GroupClassId", "")}


class GroupSummary(Group):
    name, item_type = "GroupSummary", GROUP


class GroupMember(DocumentEntity):
    """POST and PUT replace the whole list of details; overlapping terms of one role become one."""

    name, item_type = "GroupMember", wire.kind("GroupMemberData")
    fields = {
        "groupid": lambda d: d["Group"]["GroupId"],
        "partyid": lambda d: d["Party"]["PartyId"],
        "isactive": lambda d: d.get("IsActive", False),
    }

    def check(self, body: Row, user: Account) -> None:
        group_id, party = (body.get("Group") or {}).get("GroupId"), (body.get("Party") or {}).get("PartyId")
        found = self.store.kept("Group").get(group_id)
        problems = []
        if found is None:
            problems.append(("GroupId", group_id, "There is no such group."))
        elif found.get("IsDynamic"):
            problems.append(
                ("GroupId", group_id, "Members of a dynamic group cannot be written; refresh the group.")
            )
        if self.store.tables["Party"].at(party) is None:
            problems.append(("PartyId", party, "There is no such contact."))
        if problems:
            raise wire.invalid(*problems)

    def create(self, body: Row, user: Account) -> Row:
        self.check(body, user)
        return self._replace(f"{body['Group']['GroupId']}-{body['Party']['PartyId']}", body)

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        self.get(elements)
        self.check(body, user)
        return self._replace(elements[0], body)

    def _replace(self, key: str, body: Row) -> Row:
        """Store the list that came, nothing of the old one."""
        now, before = self.store.clock.text(), self.kept.get(key, {})
        details = merge(
            [
                self._detail(d, now)
                for d in wire.unwrap(body.get("MembershipDetails"))
                if not d.get("IsMarkedForDelete")
            ]
        )
        running = any(covers(d, now) for d in details) if details else self._is_simple(body)
        for detail in details:
            detail.pop("IsActive", None)
            detail |= {"IsActive": True} if covers(detail, now) else {}
        stored = wire.typed(
            self.item_type,
            GroupMemberId=key,
            Group=self.store.kept("Group")[body["Group"]["GroupId"]],
            Party=wire.typed(
                wire.kind("PartySummaryData"), PartyId=body["Party"]["PartyId"], Id=body["Party"]["PartyId"]
            ),
            JoinDate=body.get("JoinDate") or before.get("JoinDate") or now,
            IsActive=running,
            MembershipDetails=wire.values(details, DETAILS),
        )
        self.kept[key] = stored
        return stored

    def _is_simple(self, body: Row) -> bool:
        return bool(self.store.kept("Group")[body["Group"]["GroupId"]].get("IsSimpleGroup"))

    def _detail(self, detail: Row, now: str) -> Row:
        number = detail.get("GroupMemberDetailId") or f"GMD{self.store.number():06d}"
        given = {
            k: v for k, v in detail.items() if k not in {"IsActive", "GroupMemberDetailId"} and v is not None
        }
        return (
            {"$type": DETAIL, "EffectiveDate": now, "Role": role("MEMBER")}
            | given
            | {"GroupMemberDetailId": number}
        )

    def delete(self, elements: list[str], user: Account) -> None:
        raise wire.Refusal(
            405, wire.http_error("Members are removed by ending their terms (GroupMemberDetail).")
        )


class GroupMemberDetail(DocumentEntity):
    """One term of a membership; DELETE ends it."""

    name, keep, item_type = "GroupMemberDetail", "GroupMember", DETAIL

    def _owner(self, number: str) -> str:
        for key, member in self.kept.items():
            if any(d["GroupMemberDetailId"] == number for d in wire.unwrap(member["MembershipDetails"])):
                return key
        raise self.missing([number])

    def get(self, elements: list[str]) -> Row:
        details = wire.unwrap(self.kept[self._owner(elements[0])]["MembershipDetails"])
        return next(d for d in details if d["GroupMemberDetailId"] == elements[0])

    def delete(self, elements: list[str], user: Account) -> None:
        member = self.kept[self._owner(elements[0])]
        kept = [
            d for d in wire.unwrap(member["MembershipDetails"]) if d["GroupMemberDetailId"] != elements[0]
        ]
        member["MembershipDetails"] = wire.values(kept, DETAILS)
        if not any(covers(d, self.store.clock.text()) for d in kept):
            member.pop("IsActive", None)


def covers(detail: Row, now: str) -> bool:
    return detail["EffectiveDate"] <= now <= (detail.get("ExpirationDate") or "9999")


def merge(details: list[Row]) -> list[Row]:
    """Overlapping terms of the same role become one, under the first id."""
    found: list[Row] = []
    for detail in sorted(details, key=lambda d: (d["Role"]["RoleId"], d["EffectiveDate"])):
        last = found[-1] if found else None
        if (
            last
            and last["Role"]["RoleId"] == detail["Role"]["RoleId"]
            and detail["EffectiveDate"] <= (last.get("ExpirationDate") or "9999")
        ):
            ends = [d.get("ExpirationDate") for d in (last, detail)]
            last.pop("ExpirationDate", None)
            if all(ends):
                last["ExpirationDate"] = max(str(e) for e in ends)
            continue
        found.append(detail)
    return found
