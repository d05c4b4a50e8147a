"""What the pages show of the outbox: tabs, one approval in a line, one message, groups of refusals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from imis_ai.governance.models import WHO, Decision, OutboxFinding, OutboxMessage
from imis_ai.governance.outbox.people import refused
from imis_ai.governance.outbox.states import State
from imis_ai.imis.targets import TARGETS

TABS = {
    "waiting": "Waiting",
    "sending": "Sending",
    "refused": "Refused",
    "sent": "Sent",
    "undone": "Undone",
}
STATES = {
    "waiting": [State.QUEUED],
    "sending": [State.SENDING, State.UNKNOWN],
    "sent": [State.DONE],
    "undone": [State.CANCELLED],
}
TARGET_WORDS = {
    "AI_MemberInsight": "Risk scores",
    "AI_TierScore": "Tier scores",
    "AI_SentimentLog": "Sentiment",
    "AI_Interaction": "Log of drafts",
    "AI_Segment": "Segments",
    "tag": "Labels",
    "task": "Tasks",
    "activity": "Outreach log",
    "contact_interaction": "Interactions",
    "note": "Notes",
    "communication": "Communication history",
    "group": "Groups",
    "billing": "Billing, by hand",
    "email": "E-mail",
    "sms": "Text messages",
}
# why something stopped, for one message and for several
PROBLEMS = {
    "refused": ("iMIS refused {n} because of what was in them. Nothing was changed.", "Refused by iMIS"),
    "rights": ("iMIS refused {n} because the write account may not do that.", "Right missing"),
    "missing": ("{n} could not be written because the object or group is not there.", "Not there in iMIS"),
    "locked": ("iMIS refused {n} because the records were locked. Nothing was lost.", "Locked in iMIS"),
    "errors": ("iMIS answered {n} with errors. None of them is stored there.", "Errors in iMIS"),
    "absent": ("{n} got no clear answer and are not in iMIS. Look there before sending again.", "Unclear"),
    "unfindable": ("{n} cannot be looked for in iMIS, so they are not sent by themselves.", "Unclear"),
    "gone": ("{n} were not sent: the members are not active in iMIS any more.", "Member gone"),
    "merged": ("{n} were not sent: the members were merged into others.", "Member merged"),
    "stale": ("{n} were not sent: the members changed after the approval.", "Changed since"),
    "guardrail": ("{n} were not sent: a guardrail is stricter now.", "Guardrail"),
    "conflict": ("{n} were not changed back: iMIS was changed since.", "Changed in iMIS"),
    "differs": ("iMIS holds something else than was sent in {n}.", "Differs in iMIS"),
    "by_hand": ("{n} are to be entered in iMIS by hand and confirmed here.", "By hand"),
}
OTHER = ("{n} stopped for another reason.", "Stopped")


@dataclass(frozen=True)
class Line:
    """Messages of one proposal to one target that are in the same tab; `only` when it is a single one."""

    key: str
    title: str
    target: str
    target_words: str
    count: int
    approvers: str
    leaves_at: datetime
    retry_at: datetime | None
    tries: int
    done_at: datetime | None
    only: OutboxMessage | None
    proposal_id: int
    changes: list["FieldLine"]


@dataclass(frozen=True)
class Group:
    """Refusals of one sort."""

    problem: str
    count: int
    sentence: str
    answer: str
    may_retry: bool


def in_tab(tab: str) -> QuerySet[OutboxMessage]:
    """Messages of one tab; of all tabs without one."""
    if not tab:
        return OutboxMessage.objects.all()
    if tab == "refused":
        return refused()
    found = OutboxMessage.objects.filter(state__in=STATES[tab])
    return found.exclude(problem="differs") if tab == "sent" else found


def tab_of(message: OutboxMessage) -> str:
    """The tab that shows it, which is also what staff call its state."""
    if message.problem == "differs" and message.state == State.DONE:
        return "refused"
    return next((tab for tab, states in STATES.items() if message.state in states), "refused")


def counts() -> dict[str, int]:
    """How many messages each tab holds."""
    by_state = Count("pk", filter=Q(state=State.DONE, problem="differs"))
    found = OutboxMessage.objects.aggregate(
        differs=by_state, **{state: Count("pk", filter=Q(state=state)) for state in State.values}
    )
    return {
        "waiting": found["queued"],
        "sending": found["sending"] + found["unknown"],
        "refused": found["parked"] + found["dead"] + found["differs"],
        "sent": found["done"] - found["differs"],
        "undone": found["cancelled"],
    }


def narrowed(
    tab: str, *, target: str = "", problem: str = "", approver: int = 0, proposal: int = 0
) -> QuerySet[OutboxMessage]:
    rows = in_tab(tab)
    if target:
        rows = rows.filter(target=target)
    if problem:
        rows = rows.filter(problem=problem)
    if approver:
        rows = rows.filter(proposal__decisions__what="approve", proposal__decisions__by=approver).distinct()
    return rows.filter(proposal=proposal) if proposal else rows


def bundles(rows: QuerySet[OutboxMessage], *, newest_first: bool) -> QuerySet:
    """One row per proposal and target, in the order of leaving, or of having left."""
    found = rows.values("proposal", "target").annotate(
        n=Count("pk", distinct=True),
        leaves_at=Min("not_before"),
        retry_at=Max("next_try_at"),
        tries=Max("tries"),
        done_at=Max("done_at"),
        first=Min("pk"),
    )
    return found.order_by("-leaves_at" if newest_first else "leaves_at", "proposal", "target")


def lines(bundled: Sequence[dict[str, Any]], *, hidden: frozenset[str]) -> list[Line]:
    """The bundles of one page, with titles and approvers."""
    messages = OutboxMessage.objects.select_related("proposal").in_bulk([row["first"] for row in bundled])
    approvers = approved_by(row["proposal"] for row in bundled)
    made = []
    for row in bundled:
        first, is_one = messages[row["first"]], row["n"] == 1
        key = str(first.pk) if is_one else f"{row['proposal']}:{row['target']}"
        times = {name: row[name] for name in ("leaves_at", "retry_at", "tries", "done_at")}
        made.append(
            Line(**_common(first, approvers, hidden if is_one else None), **times, key=key, count=row["n"])
        )
    return made


def singles(messages: Iterable[OutboxMessage], *, hidden: frozenset[str]) -> list[Line]:
    """One line per message."""
    found = list(messages)
    approvers = approved_by(message.proposal_id for message in found)
    return [
        Line(
            **_common(message, approvers, hidden),
            key=str(message.pk),
            count=1,
            leaves_at=message.not_before,
            retry_at=message.next_try_at,
            tries=message.tries,
            done_at=message.done_at,
        )
        for message in found
    ]


def _common(
    message: OutboxMessage, approvers: dict[int, str], hidden: frozenset[str] | None
) -> dict[str, Any]:
    """What lines of one and of several messages share; `hidden` None for several."""
    return {
        "title": message.proposal.title,
        "target": message.target,
        "target_words": TARGET_WORDS.get(message.target, message.target),
        "approvers": approvers.get(message.proposal_id, ""),
        "only": None if hidden is None else message,
        "proposal_id": message.proposal_id,
        "changes": [] if hidden is None else field_lines(message, hidden=hidden)[:3],
    }


def approved_by(proposals: Iterable[int]) -> dict[int, str]:
    """Who approved, by proposal: "Marta Silva, Frank Osei"."""
    found = defaultdict(list)
    decisions = Decision.objects.filter(proposal__in=set(proposals), what="approve").select_related(*WHO)
    for decision in decisions:
        found[decision.proposal_id].append(decision.who())
    return {proposal: ", ".join(dict.fromkeys(names)) for proposal, names in found.items()}


def targets_in(tab: str) -> list[tuple[str, str]]:
    held = in_tab(tab).order_by().values_list("target", flat=True).distinct()
    return sorted(((name, TARGET_WORDS.get(name, name)) for name in held), key=lambda pair: pair[1])


def approvers_in(tab: str) -> list[tuple[int, str]]:
    """People whose approvals are in this tab."""
    held = in_tab(tab).order_by().values("proposal")
    decisions = Decision.objects.filter(what="approve", proposal__in=held).select_related("by")
    return sorted({(d.by_id, str(d.by)) for d in decisions if d.by}, key=lambda pair: pair[1])


def groups(rows: QuerySet[OutboxMessage]) -> list[Group]:
    """Refusals in plain words, the largest group first, with one raw answer of each."""
    counted = rows.order_by().values("problem").annotate(n=Count("pk"), latest=Max("pk")).order_by("-n")
    answers = OutboxMessage.objects.in_bulk([row["latest"] for row in counted])
    return [_group(row["problem"], row["n"], answers[row["latest"]].answer) for row in counted]


def _group(problem: str, n: int, answer: str) -> Group:
    sentence = PROBLEMS.get(problem, OTHER)[0].format(n=f"{n:,} write{'s' if n > 1 else ''}")
    return Group(problem, n, sentence, answer, problem not in {"by_hand", "merged", "differs"})


def problem_words(problem: str) -> str:
    return PROBLEMS.get(problem, OTHER)[1]


def picked(tab: str, keys: Iterable[str]) -> list[int]:
    """Message ids behind the keys of chosen lines, as far as they are still in this tab."""
    wanted = Q(pk__in=[int(key) for key in keys if key.isdigit()])
    for key in keys:
        proposal, _, target = key.partition(":")
        if target and proposal.isdigit():
            wanted |= Q(proposal=int(proposal), target=target)
    return list(in_tab(tab).filter(wanted).values_list("pk", flat=True))


def findings() -> QuerySet[OutboxFinding]:
    return OutboxFinding.objects.filter(settled_at=None).order_by("-found_at")


@dataclass(frozen=True)
class FieldLine:
    """One field of a message: before, as sent, as read back."""

    name: str
    before: Any
    sent: Any
    read_back: Any
    is_same: bool


def field_lines(message: OutboxMessage, *, hidden: frozenset[str]) -> list[FieldLine]:
    """`hidden` fields hold people's words; they are shown as a count of characters."""
    names = (
        {column.name: column.caption for column in TARGETS[message.target].columns}
        if (message.target in TARGETS)
        else {}
    )
    read_back = (message.receipt or {}).get("fields", {})
    made = []
    for name, sent in message.fields.items():
        values = [(message.before or {}).get(name), sent, read_back.get(name)]
        shown = [_hide(v) if name in hidden else v for v in values]
        made.append(FieldLine(names.get(name) or name.replace("_", " "), *shown, values[1] == values[2]))
    return made


def _hide(value: Any) -> Any:
    return f"{len(value)} characters" if isinstance(value, str) and value else value


PERSONAL = frozenset(
    {"draft", "text", "address", "detail", "summary", "subject", "title", "last_contacts", "body", "to"}
)
