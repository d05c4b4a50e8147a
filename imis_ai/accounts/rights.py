"""Who may do what: one table for views, navigation, the API, the groups, docs/rights.md and the tests."""

import time
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

ROLE_WORDS = {
    "membership": "Membership managers",
    "finance": "Finance reviewers",
    "admin": "Administrators",
    "chapter": "Chapter managers",
    "executive": "Executives",
}
EVERYBODY = tuple(ROLE_WORDS)


class Extra(NamedTuple):
    """A right given to one person beside the role; `field` is where User keeps it."""

    field: str
    label: str
    does: str
    people: str  # several of them, for groups and refusals


EXTRAS = {
    "auditor": Extra("is_auditor", "Auditor", "read everything and change nothing", "Auditors"),
    "guardrail_owner": Extra(
        "is_guardrail_owner", "Guardrail owner", "agree to a changed guardrail", "Guardrail owners"
    ),
    "reveal": Extra(
        "can_reveal_names",
        "Reveal personal data",
        "show hidden names for 30 minutes, which is logged",
        "People who may reveal personal data",
    ),
}


class Right(NamedTuple):
    """`also` names extras that carry the right whatever the role. An auditor has these and no other."""

    does: str
    roles: tuple[str, ...]
    also: tuple[str, ...] = ()


AUDITOR = ("auditor",)
RIGHTS = {
    "today.read": Right("see what waits today", EVERYBODY, AUDITOR),
    "members.read": Right("see members and find one", ("membership", "finance", "admin", "chapter"), AUDITOR),
    "members.export": Right("export members", ("membership", "finance", "chapter")),
    "members.correct": Right(
        "say that something about a member is wrong", ("membership", "finance", "chapter")
    ),
    "corrections.read": Right(
        "see what staff corrected", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "review.judge": Right("judge what a model is not sure of", ("membership", "chapter")),
    "first_year.read": Right(
        "see the plan of members' first year", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "first_year.act": Right("nudge, introduce or skip in the first year", ("membership", "chapter")),
    "owners.assign": Right("say who looks after a member", ("membership", "chapter")),
    "money.totals": Right(
        "see what members owe and paid, added up", ("membership", "finance", "chapter", "executive"), AUDITOR
    ),
    "retention.totals": Right("see how many members are at risk", EVERYBODY, AUDITOR),
    "retention.members": Right(
        "see members at risk by name", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "retention.export": Right("export members at risk", ("membership", "finance", "chapter")),
    "retention.calls": Right("work through the call list", ("membership", "chapter")),
    "retention.policy": Right(
        "see where the lines of risk are and what they mean",
        ("membership", "finance", "admin", "chapter"),
        AUDITOR,
    ),
    "retention.policy.change": Right("change the lines of risk, with a second person", ("membership",)),
    "retention.reasons": Right("say why a member left", ("membership", "chapter")),
    "winback.read": Right("see who may come back", ("membership", "finance"), AUDITOR),
    "winback.write": Right("make drafts to win members back", ("membership",)),
    "cohorts.read": Right(
        "see which groups will renew less", ("membership", "chapter", "executive"), AUDITOR
    ),
    "cohorts.plan": Right("plan hours and money for a group", ("membership", "executive")),
    "retention.correct": Right("correct a risk", ("membership", "chapter")),
    "alerts.read": Right(
        "see who has trouble paying or a new employer", ("membership", "finance", "chapter"), AUDITOR
    ),
    "alerts.act": Right("dismiss, assign and act on alerts", ("membership", "finance", "chapter")),
    "alerts.plan": Right("offer a payment plan", ("membership", "finance")),
    "plans.decide": Right("approve payment plans", ("membership", "finance")),
    "retention.tasks": Right("put a task about a member into iMIS", ("membership", "finance", "chapter")),
    "chapters.read": Right("see how chapters and committees take part", ("membership", "chapter"), AUDITOR),
    "chapters.act": Right("ask a chapter's liaison to call", ("membership", "chapter")),
    "names.reveal": Right("reveal members' names", ("admin",), ("auditor", "reveal")),
    "data.read": Right("see the state of the data", EVERYBODY, AUDITOR),
    "data.run": Right("start or pause a sync", ("admin",)),
    "data.refused": Right("see records that were refused", ("admin",), AUDITOR),
    "data.scope": Right("switch a field on or off", ("admin",)),
    "data.problems": Right(
        "see which records have a problem", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "data.ignore": Right("leave a record with a problem as it is", ("membership", "finance", "admin")),
    "changes.write": Right("enter changes of the programme", ("membership", "finance", "admin")),
    "jobs.read": Right("follow a job", EVERYBODY, AUDITOR),
    "jobs.cancel": Right("cancel a job", ("admin",)),
    "approvals.read": Right(
        "see what waits for approval", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "approvals.all": Right("see every suggestion, decided or not", ("admin",), AUDITOR),
    "approvals.delegate": Right(
        "pass decisions on to somebody for a while", ("membership", "finance", "admin", "chapter")
    ),
    "approvals.reverse": Right("approve a reversal in iMIS", ("membership", "finance")),
    "retention.publish": Right("approve scores for iMIS", ("membership",)),
    "retention.campaigns": Right(
        "see what campaigns of retention did and what was caused by them",
        ("membership", "executive"),
        AUDITOR,
    ),
    "retention.outreach": Right(
        "decide on messages to members at risk and what they may be given", ("membership", "chapter")
    ),
    "messages.write": Right("write templates and offers", ("membership", "admin")),
    "messages.approve": Right("approve templates and offers", ("membership",)),
    "messages.answers": Right("answer members who ask for a person", ("membership", "chapter", "finance")),
    "admin.open": Right("open the pages for rules and texts", ("membership", "admin"), ("guardrail_owner",)),
    "guardrails.read": Right(
        "see the guardrails", ("membership", "finance", "admin", "chapter"), (*AUDITOR, "guardrail_owner")
    ),
    "guardrails.edit": Right("change guardrails", ("admin",), ("guardrail_owner",)),
    "guardrails.agree": Right("agree to a changed guardrail", (), ("guardrail_owner",)),
    "experiments.read": Right(
        "see what was compared and what came of it", ("membership", "chapter", "executive"), AUDITOR
    ),
    "experiments.plan": Right("plan, start and stop an experiment", ("membership",)),
    "experiments.decide": Right("decide about experiments and control groups", ("membership",)),
    "rollout.read": Right("see the rollout phases", ("membership", "finance", "admin"), AUDITOR),
    "rollout.ask": Right("ask for the next phase of an area", ("admin",)),
    "rollout.agree": Right("agree to the next phase of an area", ("membership", "finance")),
    "rollout.lower": Right("take an area back to an earlier phase", ("membership", "finance", "admin")),
    "rollout.answer": Right(
        "say how an area works and take the blind test", ("membership", "finance", "chapter")
    ),
    "outgoing.pause": Right(
        "pause everything that leaves and let it go on", ("membership", "finance", "admin")
    ),
    "outbox.read": Right("see what is about to leave", ("membership", "finance", "admin"), AUDITOR),
    "outbox.act": Right("undo, send again or drop what waits", ("membership", "finance", "admin")),
    "outbox.names": Right("choose where suggestions are kept in iMIS", ("admin",)),
    "models.read": Right(
        "see the models and what they are worth", ("membership", "finance", "admin", "executive"), AUDITOR
    ),
    "models.change": Right("train, promote and roll back models", ("membership", "finance", "admin")),
    "models.replay": Right("see a stored score computed again", ("membership", "finance", "admin"), AUDITOR),
    "connection.read": Right("see the connection to iMIS and the first run", ("admin",), AUDITOR),
    "connection.change": Right("test the connection and sign for reading", ("admin",)),
    "connection.promote": Right("let a live iMIS be written to", ("membership", "admin")),
    "people.read": Right("see people and their rights", ("admin",), AUDITOR),
    "people.change": Right("invite people and change their rights", ("admin",)),
    "api.read": Right("see API clients and webhooks", ("admin",), AUDITOR),
    "api.change": Right("register and end API clients and webhooks", ("admin",)),
    "exports.make": Right("export tables for a warehouse", ("membership", "finance", "chapter")),
    "audit.own": Right("see your own entries of the audit log", EVERYBODY, AUDITOR),
    "audit.all": Right("see the whole audit log, check and export it", ("admin",), AUDITOR),
    "audit.periods": Right("make a period shorter for which data is kept", ("admin",)),
    "privacy.read": Right(
        "see what is held about a member", ("membership", "finance", "admin", "chapter"), AUDITOR
    ),
    "privacy.export": Right("export everything held about a member", ("admin",)),
    "privacy.hold": Right("place and lift a legal hold", ("admin",)),
    "privacy.ask": Right("ask to erase a member", ("membership", "finance", "admin", "chapter")),
    "privacy.agree": Right("agree to the erasure of a member", ("membership", "admin")),
    "privacy.confirm": Right("confirm that iMIS has erased a member", ("admin",)),
    "notices.own": Right("see what you are told", EVERYBODY, AUDITOR),
    "account.own": Right("change your own settings", EVERYBODY, AUDITOR),
    "help.read": Right("read the help pages", EVERYBODY, AUDITOR),
    "help.components": Right("see the component catalogue", ("admin",), AUDITOR),
}


def carries(right: str, *, role: str, extras: tuple[str, ...] = ()) -> bool:
    """Whether a role with these extras has the right: the table's one reader."""
    entry = RIGHTS[right]
    if "auditor" in extras:
        return "auditor" in entry.also
    return role in entry.roles or any(extra in entry.also for extra in extras)


def carriers(right: str) -> str:
    """Who has the right, in words: "administrators, auditors"."""
    entry = RIGHTS[right]
    words = [ROLE_WORDS[role] for role in entry.roles] + [EXTRAS[extra].people for extra in entry.also]
    return ", ".join(word[0].lower() + word[1:] for word in words)


REVEALED_FOR = 30 * 60  # seconds


def names_revealed(request: HttpRequest) -> bool:
    """Whether this person revealed members' names within the last half hour."""
    return request.session.get("names_revealed_at", 0) > time.time() - REVEALED_FOR


class Refused(PermissionDenied):
    """A right is missing. `right` names the rule for the page that says so."""

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__(f"Your role cannot {RIGHTS[right].does}. Those who can: {carriers(right)}.")


def needs(right: str) -> Callable:
    """Decorate a view with the right it asks for; the resolver test finds views without one."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not request.user.may(right):
                raise Refused(right)
            return view(request, *args, **kwargs)

        guarded.right = right
        return guarded

    if right not in RIGHTS:
        raise KeyError(f"{right} is not in accounts.rights.RIGHTS. Add it there with its roles.")
    return decorate
