"""Writing, approving and retiring the words that may be sent. Two people stand behind every version."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.messages import facts, grammar, sms_length, tone
from imis_ai.governance.messages.diff import differences
from imis_ai.governance.models import Channel, Template, TemplateVersion
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

State = TemplateVersion.State
RIGHT_WRITE, RIGHT_APPROVE = "messages.write", "messages.approve"


@dataclass(frozen=True)
class Finding:
    """One line of the check. Blocking ones keep a version from being approved."""

    sentence: str
    is_block: bool = True


@dataclass(frozen=True)
class Text:
    """What a person writes."""

    subject: str
    body: str
    tone: str = "warm"
    language: str = "en"
    allowed_fields: Sequence[str] = field(default_factory=tuple)


def findings(*, text: Text, channel: str) -> list[Finding]:
    """Everything to say about a text before it is approved, what blocks first."""
    found = _grammar(text)
    if channel == Channel.EMAIL and not text.subject.strip():
        found.append(Finding("An e-mail needs a subject. Write one."))
    if "\n" in text.subject or "\r" in text.subject:
        found.append(Finding("A subject is one line. Remove the line break."))
    found += [Finding(note.sentence, note.is_block) for note in tone.check(_said(text), tone=text.tone)]
    if channel == Channel.SMS:
        found += _sms(text.body)
    return sorted(found, key=lambda each: not each.is_block)


@transaction.atomic
def write(
    *, template: Template, text: Text, by: User | None, now: datetime, note: str = ""
) -> TemplateVersion:
    """A new version, as a draft; an own open draft is rewritten. `by` is None for what we ship."""
    _refuse(by, RIGHT_WRITE)
    open_draft = template.versions.filter(state=State.DRAFT, written_by=by).first() if by else None
    version = open_draft or TemplateVersion(template=template, number=_next_number(template), written_by=by)
    version.subject, version.body, version.tone = text.subject.strip(), text.body.strip(), text.tone
    version.language, version.allowed_fields = text.language, sorted(text.allowed_fields)
    version.note, version.written_at = note[:300], now
    version.save()
    _audit("template.written", version, by, now)
    return version


@transaction.atomic
def save(*, template: Template, text: Text, by: User, now: datetime, note: str = "") -> TemplateVersion:
    """Name, area, channel and purpose as entered, then a version of its words."""
    _refuse(by, RIGHT_WRITE)
    template.save()
    return write(template=template, text=text, by=by, now=now, note=note)


@transaction.atomic
def submit(*, version: TemplateVersion, by: User | None, now: datetime) -> TemplateVersion:
    """Ask a second person. Raises Blocked when the text cannot be approved as it is."""
    _refuse(by, RIGHT_WRITE)
    _refuse_findings(version)
    _move(version, State.DRAFT, state=State.WAITING)
    _audit("template.submitted", version, by, now)
    return version


@transaction.atomic
def approve(*, version: TemplateVersion, by: User, now: datetime) -> TemplateVersion:
    """Put a version into use; the one before it in the same language retires.

    Raises NotAllowed for its writer, Blocked when it does not pass the check any more, Changed when decided.
    """
    _refuse(by, RIGHT_APPROVE)
    if version.written_by_id == by.pk:
        raise NotAllowed(
            WhyNot(
                "You wrote this, so someone else approves it.", rule="four eyes", next_step="Ask a colleague."
            )
        )
    _refuse_findings(version)
    TemplateVersion.objects.filter(
        template=version.template_id, language=version.language, state=State.APPROVED
    ).update(state=State.RETIRED, retired_at=now)
    _move(version, State.WAITING, state=State.APPROVED, approved_by=by, approved_at=now)
    _audit("template.approved", version, by, now)
    return version


@transaction.atomic
def send_back(*, version: TemplateVersion, by: User, now: datetime, note: str) -> TemplateVersion:
    """Not approved: its writer may change it."""
    _refuse(by, RIGHT_APPROVE)
    _move(version, State.WAITING, state=State.DRAFT, note=note[:300])
    _audit("template.sent back", version, by, now)
    return version


@transaction.atomic
def retire(*, version: TemplateVersion, by: User, now: datetime) -> TemplateVersion:
    """Take it out of use. What was approved with it and has not left is stopped when it would leave."""
    _refuse(by, RIGHT_APPROVE)
    _move(version, State.APPROVED, State.WAITING, State.DRAFT, state=State.RETIRED, retired_at=now)
    _audit("template.retired", version, by, now)
    return version


def text_of(version: TemplateVersion) -> Text:
    return Text(version.subject, version.body, version.tone, version.language, tuple(version.allowed_fields))


def history(template: Template) -> list[tuple[TemplateVersion, list[tuple[str, str]]]]:
    """Versions, newest first, each with what it changed in the one before it of its language."""
    found, versions = [], list(template.versions.select_related("written_by"))
    for place, version in enumerate(versions):
        earlier = next((each for each in versions[place + 1 :] if each.language == version.language), None)
        found.append((version, differences(_whole(earlier) if earlier else "", _whole(version))))
    return found


def _whole(version: TemplateVersion) -> str:
    return f"{version.subject}\n\n{version.body}".strip()


def before(version: TemplateVersion) -> TemplateVersion | None:
    """The version of the same language that this one would follow."""
    earlier = version.template.versions.filter(language=version.language, number__lt=version.number)
    return earlier.exclude(approved_at=None).first()


def _audit(action: str, version: TemplateVersion, by: User | None, now: datetime) -> None:
    earlier = before(version)
    detail = {
        "template": version.template.name,
        "number": version.number,
        "before": {"subject": earlier.subject, "body": earlier.body} if earlier else None,
        "after": {"subject": version.subject, "body": version.body},
        "reason": version.note,
        "area": version.template.area,
    }
    audit.record(action=action, by=by, now=now, about=("template", str(version.pk)), detail=detail)


def _grammar(text: Text) -> list[Finding]:
    try:
        used = grammar.names(grammar.parse(text.subject)) | grammar.names(grammar.parse(text.body))
    except grammar.BadTemplate as problem:
        return [Finding(str(problem))]
    known = facts.known_names()
    allowed = set(text.allowed_fields or known)
    found = [
        Finding(f"There is no fact named {name}. Use one of: {', '.join(sorted(known))}.")
        for name in sorted(used - known.keys())
    ]
    found += [
        Finding(f"The field {name} is not among the allowed ones. Allow it or remove it.")
        for name in sorted((used & known.keys()) - allowed)
    ]
    if not text.body.strip():
        found.append(Finding("The text is empty. Write it."))
    return found


def _sms(body: str) -> list[Finding]:
    length = sms_length.measure(body)
    if length.parts > sms_length.MOST_PARTS:
        return [
            Finding(
                f"It takes {length.parts} parts as SMS; {sms_length.MOST_PARTS} are the most. Shorten it."
            )
        ]
    if length.encoding == sms_length.UCS:
        return [Finding("One character makes every part shorter (70 instead of 160).", is_block=False)]
    return []


def _said(text: Text) -> str:
    """The words alone: names of fields are not read by members."""
    return grammar.FIELD.sub(" ", f"{text.subject}\n{text.body}")


def _refuse_findings(version: TemplateVersion) -> None:
    blocking = [
        each for each in findings(text=text_of(version), channel=version.template.channel) if each.is_block
    ]
    if blocking:
        raise Blocked(WhyNot(blocking[0].sentence, rule="template check", next_step="Then send it again."))


def _refuse(by: User | None, right: str) -> None:
    if by is not None and not by.may(right):
        raise NotAllowed(WhyNot("Your role does not change templates and offers.", rule=right))


def _next_number(template: Template) -> int:
    Template.objects.select_for_update().get(pk=template.pk)
    return (template.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _move(version: TemplateVersion, *sources: str, **values: Any) -> None:
    if not TemplateVersion.objects.filter(pk=version.pk, state__in=sources).update(**values):
        raise Changed(
            WhyNot(
                "Somebody decided on this version already.",
                rule="states of a text",
                next_step="Reload the page.",
            )
        )
    version.refresh_from_db()
