"""Which table of an iMIS database holds what an archive has: the names of the guides, and one's own. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class NotMapped(ValueError):
    """The tables cannot be read as an archive; the text says which column is missing and what to write."""


@dataclass(frozen=True)
class Table:
    """A table or view as the database names it; `columns` in its own spelling."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def called(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Select:
    """One reading: `columns` are those of the archive's file, `sql` gives them in this order."""

    file: str
    table: Table
    columns: tuple[str, ...]
    sql: str
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """`tables` and names of columns as the guides have them, in small letters without underscores."""

    tables: tuple[str, ...]
    columns: Mapping[str, str]  # column of the archive -> candidates with spaces between
    constants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # table -> column -> value
    takes_all: bool = False  # every table that is there, not the first alone
    distinct: bool = False


ID = "memberid imisid id"
REGISTRATIONS = ("eventregistration", "eventattendance")
PRESETS: dict[str, Preset] = {
    "members.csv": Preset(
        ("member", "membermaster", "imsmember", "imindividual", "individual"),
        {
            "imis_id": ID,
            "first_name": "firstname",
            "last_name": "lastname",
            "email": "email emailaddress",
            "phone": "phone workphone mobilephone",
            "title": "title jobtitle",
            "city": "city",
            "state": "state stateprovince",
            "postal_code": "postalcode zip",
            "country": "country",
            "chapter": "chaptercode chapter",
            "member_type": "membertype",
            "tier": "currenttier membershiptier tier",
            "status": "status memberstatus",
            "join_date": "joindate",
            "paid_through": "paidthrough paidthru",
            "auto_renew": "autorenew",
        },
    ),
    "events.csv": Preset(
        ("event", "events", *REGISTRATIONS),
        {"event_id": "eventid", "name": "eventname eventtitle", "starts_at": "eventdate startdate"},
        distinct=True,
    ),
    "terms.csv": Preset(
        ("immembership", "membership"),
        {
            "imis_id": ID,
            "start_on": "startdate begindate",
            "end_on": "enddate expirationdate",
            "tier": "tier membershiptype",
            "price": "price amount",
        },
    ),
    "activities.csv": Preset(
        ("imisactivity", "activity", "communicationlog", "webactivitylog", "weblog", "memberloginhistory"),
        {
            "activity_id": "activityid logid",
            "imis_id": ID,
            "kind": "activitytype kind",
            "at": "activitydate logdate logindate visitdate",
            "reference": "reference url",
            "amount": "amount",
        },
        {
            "memberloginhistory": {"kind": "login"},
            "webactivitylog": {"kind": "page_view"},
            "weblog": {"kind": "page_view"},
        },
        takes_all=True,
    ),
    "registrations.csv": Preset(
        REGISTRATIONS,
        {
            "event_id": "eventid",
            "imis_id": ID,
            "registered_at": "registrationdate registeredat eventdate",
            "attended": "attended",
            "amount": "amount fee",
        },
    ),
    "invoices.csv": Preset(
        ("invoice", "imsinvoice", "arinvoice", "imbilling"),
        {
            "invoice_id": "invoiceid invoicenumber",
            "imis_id": ID,
            "kind": "invoicetype",
            "issued_on": "invoicedate",
            "due_on": "duedate",
            "amount": "totalamount amount",
            "paid_on": "paiddate",
            "balance": "balancedue balance",
        },
    ),
    "payments.csv": Preset(
        ("payment", "paymenthistory", "financialtransaction", "transactionheader"),
        {
            "payment_id": "paymentid transactionid",
            "received_on": "paymentdate transactiondate",
            "amount": "amount totalamount",
            "imis_id": ID,
            "method": "paymentmethod method",
            "invoice_id": "invoiceid invoicenumber",
        },
    ),
    "committees.csv": Preset(
        ("committeeparticipation", "committee"),
        {
            "imis_id": ID,
            "committee": "committeename committee",
            "role": "role position",
            "start_on": "startdate begindate",
            "end_on": "enddate",
        },
    ),
}
REQUIRED = {
    "members.csv": ("imis_id", "join_date"),
    "events.csv": ("event_id", "starts_at"),
    "terms.csv": ("imis_id", "start_on", "end_on"),
    "activities.csv": ("imis_id", "kind", "at"),
    "registrations.csv": ("event_id", "imis_id", "registered_at"),
    "invoices.csv": ("invoice_id", "imis_id", "issued_on", "due_on", "amount"),
    "payments.csv": ("payment_id", "received_on", "amount"),
    "committees.csv": ("imis_id", "committee", "start_on"),
}


def flat(name: str) -> str:
    """EVENT_REGISTRATION and EventRegistration are one name."""
    return name.replace("_", "").replace(" ", "").lower()


def selects(found: Sequence[Table], own: Mapping[str, Any], *, quote: Callable[[str], str]) -> list[Select]:
    """What is read, in the order of the files. `own`: file -> {"table", "columns"} where names differ.

    Raises NotMapped without members, and for a mapping of one's own that names what is not there.
    """
    by_name = {flat(table.name): table for table in found}
    made: list[Select] = []
    for file, preset in PRESETS.items():
        given = own.get(file.removesuffix(".csv"))
        made += [_own(file, given, found, quote)] if given else _by_preset(file, preset, by_name, quote)
    if not any(select.file == "members.csv" for select in made):
        raise NotMapped(
            "No table with members was found: it needs a number and a join date. Name it in "
            "IMIS_DATABASE_FILE."
        )
    return made


def _by_preset(
    file: str, preset: Preset, by_name: Mapping[str, Table], quote: Callable[[str], str]
) -> list[Select]:
    made = []
    for name in preset.tables:
        if name not in by_name:
            continue
        table, constants = by_name[name], preset.constants.get(name, {})
        there = {flat(column): column for column in table.columns}
        wanted = {
            column: next((there[each] for each in candidates.split() if each in there), "")
            for column, candidates in preset.columns.items()
        }
        known = {column: actual for column, actual in wanted.items() if actual}
        constants = {column: value for column, value in constants.items() if column not in known}
        if set(REQUIRED[file]) <= set(known) | set(constants):
            made.append(_select(file, table, known, constants, preset.distinct, quote))
            if not preset.takes_all:
                break
    return made


def _own(file: str, given: Mapping[str, Any], found: Sequence[Table], quote: Callable[[str], str]) -> Select:
    name, columns = str(given.get("table", "")), dict(given.get("columns", {}))
    table = next((each for each in found if name.lower() in (each.called.lower(), each.name.lower())), None)
    if table is None:
        raise NotMapped(f"{file}: there is no table {name!r} that this account may read. Correct its name.")
    there = {column.lower(): column for column in table.columns}
    if unknown := [actual for actual in columns.values() if str(actual).lower() not in there]:
        raise NotMapped(f"{file}: {table.called} has no column {', '.join(map(str, unknown))}. Correct it.")
    if missing := [column for column in REQUIRED[file] if column not in columns]:
        raise NotMapped(f"{file}: say which column of {table.called} is {', '.join(missing)}.")
    known = {column: there[str(actual).lower()] for column, actual in columns.items()}
    return _select(file, table, known, {}, PRESETS[file].distinct, quote)


def _select(
    file: str,
    table: Table,
    known: Mapping[str, str],
    constants: Mapping[str, str],
    distinct: bool,
    quote: Callable[[str], str],
) -> Select:
    """Names come from the database's own list and are quoted; nothing else stands in the statement."""
    what = ", ".join(quote(actual) for actual in known.values())
    place = ".".join(quote(part) for part in (table.schema, table.name) if part)
    sql = f"SELECT {'DISTINCT ' if distinct else ''}{what} FROM {place}"  # noqa: S608  quoted names only
    return Select(file, table, tuple(known), sql, dict(constants))


def tables_of(rows: Collection[tuple[str, str, str]]) -> list[Table]:
    """From (schema, table, column), as every database lists its columns."""
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, name, column in rows:
        columns.setdefault((schema, name), []).append(column)
    return [Table(schema, name, tuple(names)) for (schema, name), names in columns.items()]
