"""Drafts: an approved text filled with facts, what a person changed in it, and whether it may still leave."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance.messages import facts, grammar, lock, offers, sms_length, tone
from imis_ai.governance.messages.compose import Composed, Fact, Incomplete, compose
from imis_ai.governance.messages.diff import differences
from imis_ai.governance.messages.grammar import BadTemplate
from imis_ai.governance.models import Channel, Generation, OfferVersion, TemplateVersion
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.mirror import contact as mirror

AUTOMATED = "Prepared with automated assistance."


@dataclass(frozen=True)
class Draft:
    """One message before anybody approved it. `payload()` is what a proposal keeps and an approval binds."""

    imis_id: str
    area: str
    version: TemplateVersion
    text: Composed
    offer: OfferVersion | None = None

    def payload(self) -> dict[str, Any]:
        return {
            "imis_id": self.imis_id,
            "channel": self.version.template.channel,
            "area": self.area,
            "template_version": self.version.pk,
            "offer_version": self.offer.pk if self.offer else None,
            "subject": self.text.subject,
            "body": self.text.body,
            "facts": [fact.as_dict() for fact in self.text.used],
            "made": {"subject": self.text.subject, "body": self.text.body},
        }


def usable(*, area: str, channel: str, use: str = "", language: str = "en") -> list[TemplateVersion]:
    """Approved texts of an area and channel; of one use, where it is named."""
    rows = TemplateVersion.objects.filter(
        template__area=area,
        template__channel=channel,
        language=language,
        state=TemplateVersion.State.APPROVED,
    )
    rows = rows.filter(template__use=use) if use else rows
    return list(rows.select_related("template").order_by("template__name"))


def make(
    *,
    imis_ids: Collection[str],
    area: str,
    versions: Sequence[TemplateVersion],
    now: datetime,
    offer: OfferVersion | None = None,
) -> dict[str, Draft]:
    """One draft per member, from the text that can say most of them; members whom no text fits are missing.

    Each draft is noted as generated. Raises Blocked when a text is not approved.
    """
    for version in versions:
        _refuse_unapproved(version)
    wanted = {name for version in versions for name in _names(version)}
    known = facts.read(imis_ids=imis_ids, names=wanted, now=now)
    extra = offers.facts_of(offer, now) if offer else {}
    made = {}
    for imis_id in imis_ids:
        found = [text for version in versions if (text := _try(version, known[imis_id] | extra))]
        if found:
            version, text = max(found, key=lambda pair: len(pair[1].used))
            made[imis_id] = Draft(imis_id, area, version, text, offer)
    Generation.objects.bulk_create([_noted(draft, now) for draft in made.values()])
    return made


@dataclass(frozen=True)
class Preview:
    """A text on one member as it would read, or why there would be none."""

    name: str
    subject: str = ""
    pieces: tuple[tuple[str, dict[str, Any] | None], ...] = ()
    dropped: tuple[str, ...] = ()
    length: sms_length.Length | None = None
    problem: str = ""


def previews(*, version: TemplateVersion, viewer: User, now: datetime) -> list[Preview]:
    """On three members whom the viewer may see: their real facts, kept nowhere."""
    people = mirror.some(viewer=viewer, number=3)
    try:
        names = _names(version) & facts.SOURCES.keys()
        known = facts.read(imis_ids=list(people), names=names, now=now)
        return [_preview(version, name, known[imis_id]) for imis_id, name in people.items()]
    except BadTemplate:
        return []  # the check says what is wrong with it


def _preview(version: TemplateVersion, name: str, known: dict[str, Fact]) -> Preview:
    try:
        made = compose(subject=version.subject, body=version.body, facts=known)
    except Incomplete as problem:
        return Preview(name, problem=str(problem))
    found = marked({"body": made.body, "facts": [fact.as_dict() for fact in made.used]})
    dropped = tuple(field.replace("_", " ") for field in made.dropped)
    return Preview(name, made.subject, tuple(found), dropped, sms_length.measure(made.body))


def revise(payload: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The payload with a person's words. Raises Blocked when they say what neither facts nor template say."""
    body = str(changes.get("body", payload["body"])).replace("\r\n", "\n").strip()
    subject = " ".join(str(changes.get("subject", payload["subject"])).split())
    revised = payload | {"subject": subject, "body": body}
    if problems := problems_of(revised):
        raise Blocked(WhyNot(problems[0], rule="facts and templates only", next_step="Then save it again."))
    left = f"{subject}\n{body}"
    return revised | {"facts": [fact for fact in payload["facts"] if fact["text"] in left]}


def problems_of(payload: dict[str, Any]) -> list[str]:
    """Why these words may not be sent to anybody, in sentences; empty when they may."""
    version = (
        TemplateVersion.objects.select_related("template").filter(pk=payload["template_version"]).first()
    )
    if version is None or version.state != TemplateVersion.State.APPROVED:
        return ["The template is not approved any more. Draft the message again."]
    said = f"{payload['subject']}\n{payload['body']}"
    if not payload["body"].strip():
        return ["The text is empty. Write it, or reject the draft."]
    approved = "\n".join(grammar.literals(grammar.parse(text)) for text in (version.subject, version.body))
    texts = [str(fact["text"]) for fact in payload["facts"]]
    found = [problem.sentence for problem in lock.check(said, approved=approved, facts=texts)]
    found += [note.sentence for note in tone.forbidden(said)]
    if (
        payload["channel"] == Channel.SMS
        and sms_length.measure(payload["body"]).parts > sms_length.MOST_PARTS
    ):
        found.append(f"An SMS has {sms_length.MOST_PARTS} parts at most. Shorten it.")
    return found


def stale_facts(payload: dict[str, Any], *, imis_id: str, now: datetime) -> list[str]:
    """What is no longer as the draft says, in sentences; read from the mirror at this moment."""
    own = [fact for fact in payload["facts"] if fact["name"] not in offers.FACTS]
    names = {fact["name"] for fact in own}
    known = facts.read(imis_ids=[imis_id], names=names & facts.SOURCES.keys(), now=now)[imis_id]
    return [sentence for fact in own if (sentence := _changed(fact, known.get(fact["name"])))] + _stale_offer(
        payload, now
    )


def changes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """What staff changed in the text as it was made, in reading order: same, removed or added, and words."""
    return differences(payload["made"]["body"], payload["body"])


def marked(payload: dict[str, Any]) -> list[tuple[str, dict[str, Any] | None]]:
    """The body in pieces, with the fact that each piece states; for showing facts with their source."""
    body, pieces, at = payload["body"], [], 0
    for start, end, fact in _places(body, payload["facts"]):
        if start > at:
            pieces.append((body[at:start], None))
        pieces.append((body[start:end], fact))
        at = end
    return [*pieces, (body[at:], None)] if at < len(body) else pieces


def _places(body: str, found: Sequence[dict[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    places: list[tuple[int, int, dict[str, Any]]] = []
    for fact in sorted(found, key=lambda each: -len(each["text"])):
        start = body.find(fact["text"])
        while start >= 0:
            end = start + len(fact["text"])
            if all(end <= s or start >= e for s, e, _ in places):
                places.append((start, end, fact))
            start = body.find(fact["text"], end)
    return sorted(places, key=lambda place: place[0])


def _changed(fact: dict[str, Any], now_known: Fact | None) -> str:
    noun = fact["words"]
    if now_known is None:
        return f"{noun} is not known any more; the draft says {fact['text']}."
    if now_known.value != fact["value"]:
        return f"{noun} is now {now_known.text}; the draft says {fact['text']}."
    return ""


def _stale_offer(payload: dict[str, Any], now: datetime) -> list[str]:
    if not payload.get("offer_version"):
        return []
    offer = OfferVersion.objects.filter(pk=payload["offer_version"]).first()
    until = next((fact["value"] for fact in payload["facts"] if fact["name"] == "offer_until"), None)
    if offer is None or offer.state != OfferVersion.State.APPROVED:
        return ["The offer is not in the catalogue any more."]
    if until and until < localdate(now).isoformat():
        return ["The offer has run out."]
    return []


def _try(version: TemplateVersion, known: dict[str, Fact]) -> tuple[TemplateVersion, Composed] | None:
    try:
        return version, compose(subject=version.subject, body=version.body, facts=known)
    except Incomplete:
        return None


def _names(version: TemplateVersion) -> set[str]:
    return grammar.names(grammar.parse(version.subject)) | grammar.names(grammar.parse(version.body))


def _refuse_unapproved(version: TemplateVersion) -> None:
    if version.state != TemplateVersion.State.APPROVED:
        raise Blocked(
            WhyNot(
                f"The template “{version}” is not approved.", rule="templates", next_step="Ask for approval."
            )
        )


def _noted(draft: Draft, now: datetime) -> Generation:
    said = json.dumps([draft.text.subject, draft.text.body], ensure_ascii=False)
    return Generation(
        imis_id=draft.imis_id,
        version=draft.version,
        facts=[{"name": f.name, "value": f.value, "source": f.source, "at": f.at} for f in draft.text.used],
        output_hash=hashlib.sha256(said.encode()).hexdigest(),
        made_at=now,
    )
