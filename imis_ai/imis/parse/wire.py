"""The shapes iMIS puts on the wire: envelopes, lists with or without `$values`, property bags, typed objects.

Typed objects leave out what is null, zero, false or the first of its enumeration: absent numbers and flags
mean zero and false here, absent text and dates mean unknown. Property bags leave out null only.
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

T = TypeVar("T")
Scalar = str | int | float | bool | None


class Values(Struct, Generic[T]):
    """`{"$type": …, "$values": […]}`; the class name alone stands for an empty list."""

    values: list[T] = field(name="$values", default_factory=list)


Listed = Values[T] | list[T] | None


def each(listed: Values[T] | list[T] | None) -> list[T]:
    """The items of a list however it was wrapped."""
    if isinstance(listed, Values):
        return listed.values
    return listed or []


class Envelope(Struct, Generic[T], rename="pascal"):
    """PagedResult: all its members are always there."""

    items: Values[T] | list[T]
    offset: int
    count: int
    total_count: int
    has_next: bool
    type_name: str = field(name="$type", default="")


class Boxed(Struct):
    value: Any = field(name="$value", default=None)


class Property(Struct, rename="pascal"):
    name: str
    value: Boxed | str | int | float | bool | None = None


class Identity(Struct, rename="pascal"):
    identity_elements: Values[Scalar] | list[Scalar] | None = None


class Bag(Struct, rename="pascal"):
    """GenericEntityData: a row of Activity, CsContact, a panel source or the old query route."""

    properties: Values[Property] | list[Property]
    entity_type_name: str = ""
    identity: Identity | None = None


def flat(properties: Values[Property] | list[Property] | None) -> dict[str, Any]:
    """The properties of a bag by name, unboxed. Raw floats become the decimals they were written as."""
    row: dict[str, Any] = {}
    for prop in each(properties):
        value: Any = prop.value
        if type(value) is Boxed:
            value = value.value
        elif type(value) is float:
            value = Decimal(repr(value))
        row[prop.name] = value
    return row


class Money(Struct, rename="pascal"):
    """MonetaryAmountData: no `Amount` means zero."""

    amount: Decimal = Decimal(0)


class Update(Struct, rename="pascal"):
    updated_on: Scalar = None
    created_on: Scalar = None


class Named(Struct, rename="pascal"):
    """A reference to something with a name."""

    id: Scalar = None
    party_id: Scalar = None
    group_id: Scalar = None
    role_id: Scalar = None
    code: Scalar = None
    name: Scalar = None


class PersonName(Struct, rename="pascal"):
    first_name: Scalar = None
    last_name: Scalar = None
    full_name: Scalar = None


class Email(Struct, rename="pascal"):
    address: Scalar = None
    is_primary: bool = False


class Phone(Struct, rename="pascal"):
    number: Scalar = None
    is_primary: bool = False


class Place(Struct, rename="pascal"):
    city_name: Scalar = None
    country_sub_entity_code: Scalar = None
    country_code: Scalar = None
    postal_code: Scalar = None


class Address(Struct, rename="pascal"):
    address: Place | None = None
    is_marked_for_delete: bool = False


class Preference(Struct, rename="pascal"):
    communication_type_id: Scalar = None
    opt_in_flag: bool = False


class Status(Struct, rename="pascal"):
    party_status_id: Scalar = None
    active_status: int = 0


class Employer(Struct, rename="pascal"):
    organization_party_id: Scalar = None
    title: Scalar = None


class Party(Struct, rename="pascal"):
    """PersonData and OrganizationData side by side."""

    type_name: str = field(name="$type", default="")
    party_id: Scalar = None
    id: Scalar = None
    name: Scalar = None
    person_name: PersonName | None = None
    organization_name: Scalar = None
    is_organization: bool = False
    birth_date: Scalar = None
    gender: Named | Scalar = None
    functional_title: Scalar = None
    primary_organization: Employer | None = None
    industry_codes: Any = None
    status: Status | None = None
    is_marked_for_delete: bool = False
    emails: Values[Email] | list[Email] | None = None
    phones: Values[Phone] | list[Phone] | None = None
    addresses: Values[Address] | list[Address] | None = None
    additional_attributes: Values[Property] | list[Property] | None = None
    communication_type_preferences: Values[Preference] | list[Preference] | None = None
    update_information: Update | None = None


class CustomerType(Struct, rename="pascal"):
    customer_type_id: Scalar = None
    description: Scalar = None
    is_member_record: bool = False
    rate1: Decimal | Money | None = None


class Event(Struct, rename="pascal"):
    event_id: Scalar = None
    name: Scalar = None
    category: Named | Scalar = None
    start_date_time: Scalar = None
    additional_attributes: Values[Property] | list[Property] | None = None
    update_information: Update | None = None


class Application(Struct, rename="pascal"):
    invoice_id: Scalar = None


class Payment(Struct, rename="pascal"):
    payment_id: Scalar = None
    payor_party: Named | None = None
    payment_date: Scalar = None
    amount: Money | Decimal | None = None
    status: int = 0
    payment_method_id: Scalar = None
    payment_reference: Scalar = None
    payment_applications: Values[Application] | list[Application] | None = None
    update_information: Update | None = None


class Attempt(Struct, rename="pascal"):
    data_vault_attempt_id: Scalar = None
    party_id: Scalar = None
    attempt_date: Scalar = None
    amount: Money | Decimal | None = None
    status: int = 0
    response_code: Scalar = None
    update_information: Update | None = None


class Detail(Struct, rename="pascal"):
    group_member_detail_id: Scalar = None
    effective_date: Scalar = None
    expiration_date: Scalar = None
    role: Named | None = None
    is_marked_for_delete: bool = False


class GroupMember(Struct, rename="pascal"):
    group_member_id: Scalar = None
    group: Named | None = None
    party: Named | None = None
    join_date: Scalar = None
    drop_date: Scalar = None
    membership_details: Values[Detail] | list[Detail] | None = None
    update_information: Update | None = None


class DeleteLog(Struct, rename="pascal"):
    """PartyDeleteLog: an erasure and how far it is."""

    party_id: Scalar = None
    status: int = 0
    update_information: Update | None = None


class Change(Struct, rename="pascal"):
    property_name: Scalar = None
    original_value: Any = None
    new_value: Any = None


class ChangeLog(Struct, rename="pascal"):
    action_type: int = 0
    change_date: Scalar = None
    changes: Values[Change] | list[Change] | None = None
    identity: Identity | None = None


class GenTable(Struct):
    """Code table rows keep their desktop column names."""

    code: Scalar = field(name="Code", default=None)
    description: Scalar = field(name="Description", default=None)
    substitute: Scalar = field(name="Substitute", default=None)


class Response(Struct, rename="pascal"):
    """ServiceResponse: what `_execute` answers on EMS. On 2017 the bare object comes instead."""

    result: Any = None
    is_success_status_code: bool = False
    message: Scalar = None


def result(body: bytes) -> Any:
    """What an operation returned, out of an EMS envelope or bare as on iMIS 2017.

    Raises `msgspec.DecodeError` for damaged JSON and `ValueError` when the envelope reports a failure.
    """
    answer = msgspec.json.Decoder(Any, float_hook=Decimal).decode(body)
    if not (isinstance(answer, dict) and "ServiceResponse" in str(answer.get("$type", ""))):
        return answer
    response = msgspec.convert(answer, Response)
    if not response.is_success_status_code:
        raise ValueError("iMIS reports that the operation failed")
    return response.result
