"""Chapters and committees: the nightly scores, and call tasks for liaisons."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.features import queries as features
from imis_ai.governance.refusals import NotAllowed, Refused, WhyNot
from imis_ai.mirror import access, roles
from retention.actions import tasks_for_staff
from retention.calc import chapters as calc
from retention.models import ChapterScore
from retention.queries import chapters as listed

RIGHT = "chapters.act"
HALF_YEAR = timedelta(days=182)


@transaction.atomic
def score_chapters(*, today: date) -> int:
    """A row for every current member of a chapter, in place of last night's; returns how many."""
    found = roles.in_chapters(today=today)
    names = list(calc.NAMES)
    then = today - HALF_YEAR
    frames = features.frames(as_ofs=[then, today], names=names)
    order = [each.pseudonym for each in found]
    values = {day: _columns(frame.reindex(order), names) for day, frame in frames.items()}
    now, parts = calc.score(values[today])
    before, parts_then = calc.score(values[then])
    before = calc.comparable(before, parts, parts_then)
    why = calc.reasons(values[today], now, before)
    silent = calc.is_silent(values[today])
    since = today - timedelta(days=calc.LEFT_DAYS)
    served = _served([each.member for each in found], today, since)
    ChapterScore.objects.all().delete()
    rows = [
        ChapterScore(
            member_id=each.member,
            as_of=today,
            score=_number(now[i]),
            before=_number(before[i]),
            parts=[_number(value) for value in parts[i]],
            reasons=why[i],
            roles=served.get(each.member, []),
            is_silent=bool(silent[i]),
        )
        for i, each in enumerate(found)
    ]
    ChapterScore.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def ask_liaisons(*, picks: Collection[str], by: User, now: datetime) -> tuple[int, list[str]]:
    """A call task in iMIS for each of these members' liaison; returns how many, and why not the others."""
    if not by.may(RIGHT):
        raise NotAllowed(WhyNot("Your role does not ask liaisons to call.", rule=RIGHT))
    liaisons = listed.liaisons()
    rows = ChapterScore.objects.filter(member__in=access.members(by), member__imis_id__in=picks)
    done, refused = 0, []
    for row in rows.select_related("member__chapter").order_by("pk"):
        try:
            tasks_for_staff.propose_and_approve(task=_task(row, liaisons), by=by, now=now)
            done += 1
        except Refused as refusal:
            refused.append(f"{row.member.imis_id}: {refusal.why.sentence}")
    return done, refused


def _task(row: ChapterScore, liaisons: dict[str, str]) -> tasks_for_staff.Task:
    member = row.member
    why = [calc.WORDS[name] for name in row.reasons] or ["Takes part less"]
    named = [f"{each['role'] or 'member'}, {each['committee']}" for each in row.roles]
    return tasks_for_staff.Task(
        imis_id=member.imis_id,
        chapter=member.chapter_id or "",
        title=f"Check in with a member of {member.chapter}",
        assignee=liaisons.get(member.chapter_id or "", ""),
        factors="; ".join([*why, *named]),
        words="Ask how the chapter could be of use, and what they would like to do there.",
        made_from={"chapter score": row.as_of.isoformat()},
    )


def _columns(frame: Any, names: list[str]) -> dict[str, Any]:
    return {name: frame[name].to_numpy(np.float64) for name in names}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def _served(members: list[int], today: date, since: date) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for each in roles.served(members=members, today=today, since=since):
        ended = each.ended_on.isoformat() if each.ended_on else None
        found.setdefault(each.member, []).append(
            {"committee": each.committee, "role": each.role, "ended_on": ended}
        )
    return found
