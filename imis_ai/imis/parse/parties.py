"""Persons and organisations, their consents, their committees, and who of them is gone."""

from collections.abc import Mapping
from typing import Any

from imis_ai.imis.parse import wire
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.values import key, line, maybe_day, maybe_moment
from imis_ai.imis.records import CommitteeRole, Consent, Deletion, Member, Record

DELETED = 3  # ActiveStatus
CONTACT_ERASED = 3  # PartyDeleteLog
MERGED = " - Merged"
CHANNELS = (("mail", "email"), ("sms", "sms"), ("text", "sms"), ("phone", "phone"), ("call", "phone"))
AUTOMATIC = ("auto", "recurring")


def named(thing: wire.Named | wire.Scalar, limit: int = 200) -> str:
    """The code or name of something that comes as an object or as plain text."""
    if isinstance(thing, wire.Named):
        return line(thing.code or thing.name or thing.id, limit)
    return line(thing, limit)


def when(update: wire.Update | None) -> wire.Scalar:
    return None if update is None else update.updated_on or update.created_on


def _primary(entries: list[Any], attribute: str, limit: int) -> str:
    first = next((each for each in entries if each.is_primary), entries[0] if entries else None)
    return "" if first is None else line(getattr(first, attribute), limit)


def _codes(value: Any) -> str:
    """IndustryCodes: text, a list of texts, or a list of objects with a code; the first one counts."""
    if isinstance(value, dict):
        value = value.get("$values", value.get("Code", value.get("Name")))
    if isinstance(value, list):
        return _codes(value[0]) if value else ""
    return line(value, 100)


def _place(party: wire.Party) -> wire.Place:
    """The first address that is not marked for deletion and is not empty."""
    places = (each.address for each in wire.each(party.addresses) if not each.is_marked_for_delete)
    return next((place for place in places if place and (place.city_name or place.postal_code)), wire.Place())


def _is_gone(party: wire.Party) -> bool:
    status = party.status or wire.Status()
    return party.is_marked_for_delete or status.active_status == DELETED or status.party_status_id == "D"


def _automatic(category: str) -> bool | None:
    return None if not category else category.lower().startswith(AUTOMATIC)


def party(raw: wire.Party, context: Context) -> list[Record]:
    """One contact to its member record and one consent per known channel."""
    imis_id = key(raw.party_id if raw.party_id is not None else raw.id, "PartyId")
    extra = wire.flat(raw.additional_attributes)
    member = _member(raw, extra, imis_id, context)
    if "consents" in context.off.get("members", ()):
        return [member]
    return [member, *_consents(raw, imis_id)]


def _names(raw: wire.Party) -> tuple[str, str, str]:
    name = raw.person_name or wire.PersonName()
    first, last = line(name.first_name, 100), line(name.last_name)
    full = line(raw.name or raw.organization_name or name.full_name, 300) or f"{first} {last}".strip()
    return first, last, full


def _member(raw: wire.Party, extra: Mapping[str, Any], imis_id: str, context: Context) -> Member:
    c, zone = context.columns["members"], context.zone
    first, last, full = _names(raw)
    place, employer = _place(raw), raw.primary_organization or wire.Employer()
    born = maybe_day(raw.birth_date, "BirthDate", zone)
    is_organisation = raw.is_organization or "OrganizationData" in raw.type_name
    return Member(
        key=imis_id,
        updated_on=maybe_moment(when(raw.update_information), "UpdatedOn", zone),
        kind="organisation" if is_organisation else "person",
        first_name=first,
        last_name=last,
        name=full,
        email=_primary(wire.each(raw.emails), "address", 254),
        phone=_primary(wire.each(raw.phones), "number", 60),
        organisation_imis_id=line(extra.get(c["organisation_imis_id"]) or employer.organization_party_id, 60),
        title=line(raw.functional_title or employer.title),
        industry=_codes(raw.industry_codes),
        company_size=line(extra.get(c["company_size"]), 60),
        city=line(place.city_name, 100),
        state=line(place.country_sub_entity_code, 60),
        postal_code=line(place.postal_code, 30),
        country=line(place.country_code, 60),
        chapter=line(extra.get(c["chapter"]), 60),
        tier=line(extra.get(c["tier"]), 60),
        member_type=line(extra.get(c["member_type"]), 60),
        status=line((raw.status or wire.Status()).party_status_id, 60),
        joined_on=maybe_day(extra.get(c["joined_on"]), c["joined_on"], zone),
        paid_through=maybe_day(extra.get(c["paid_through"]), c["paid_through"], zone),
        auto_renew=_automatic(line(extra.get(c["auto_renew"]))),
        birth_year=born.year if born else None,
        gender=named(raw.gender, 30),
        is_deleted=_is_gone(raw),
    )


def _consents(raw: wire.Party, imis_id: str) -> list[Record]:
    """An absent opt-in flag is a refusal: false is left out on the wire."""
    granted: dict[str, bool] = {}
    for each in wire.each(raw.communication_type_preferences):
        name = line(each.communication_type_id).lower()
        channel = next((ours for part, ours in CHANNELS if part in name), "")
        if channel:
            granted[channel] = each.opt_in_flag and granted.get(channel, True)  # one refusal refuses
    return [
        Consent(key=f"{imis_id}:{channel}", member=imis_id, channel=channel, granted=answer)
        for channel, answer in granted.items()
    ]


def group_member(raw: wire.GroupMember, context: Context) -> list[Record]:
    """One membership of a committee to one record per term of office."""
    who, group, zone = raw.party or wire.Named(), raw.group or wire.Named(), context.zone
    imis_id = key(who.party_id or who.id, "Party.PartyId")
    committee = line(group.name or group.group_id or group.id)
    updated_on = maybe_moment(when(raw.update_information), "UpdatedOn", zone)
    roles: list[Record] = []
    for detail in wire.each(raw.membership_details):
        start = maybe_day(detail.effective_date or raw.join_date, "EffectiveDate", zone)
        if start is None or detail.is_marked_for_delete:
            continue
        own = detail.group_member_detail_id or f"{raw.group_member_id}:{start}"
        roles.append(
            CommitteeRole(
                key=key(own, "GroupMemberDetailId"),
                updated_on=updated_on,
                member=imis_id,
                committee=committee,
                role=named(detail.role, 100)
                if detail.role is None
                else line(detail.role.name or detail.role.role_id, 100),
                start_on=start,
                end_on=maybe_day(detail.expiration_date or raw.drop_date, "ExpirationDate", zone),
            )
        )
    return roles


def delete_log(raw: wire.DeleteLog, context: Context) -> list[Record]:
    """Marked for erasure and erased both count: the person asked, the mirror forgets."""
    gone = raw.status in {1, CONTACT_ERASED}
    updated_on = maybe_moment(when(raw.update_information), "UpdatedOn", context.zone)
    return [Deletion(key=key(raw.party_id, "PartyId"), updated_on=updated_on, erased=True)] if gone else []


def change_log(raw: wire.ChangeLog, context: Context) -> list[Record]:
    """Only merges: a value ending in ` - Merged`, in front of it the id that lives on."""
    elements = wire.each((raw.identity or wire.Identity()).identity_elements)
    whose = line(elements[0] if elements else None, 60)
    for change in wire.each(raw.changes):
        discarded, retained = _merge(change, whose)
        if discarded and retained and discarded != retained:
            changed_on = maybe_moment(raw.change_date, "ChangeDate", context.zone)
            return [Deletion(key=discarded, updated_on=changed_on, retained=retained)]
    return []


def _merge(change: wire.Change, whose: str) -> tuple[str, str]:
    """The discarded and the retained id. The row may belong to either; the old value then names the other."""
    old, new = line(change.original_value, 60), line(change.new_value, 60)
    retained = new.removesuffix(MERGED).strip()
    is_id = line(change.property_name).upper().endswith("ID") or retained.isdecimal()
    if not (new.endswith(MERGED) and is_id):
        return "", ""
    return (old.removesuffix(MERGED).strip() if old.endswith(MERGED) else whose), retained
