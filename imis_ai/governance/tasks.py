"""The jobs of governance, what runs after every migrate, and the door to the hand that writes to iMIS."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance import audit, connection, corrections, notices, privacy
from imis_ai.governance.experiments import ending, enter, start, widen
from imis_ai.governance.guardrails import defaults
from imis_ai.governance.models import Erasure, SeveralDecided
from imis_ai.governance.notices import digest
from imis_ai.governance.outbox import deliver_due
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.names import keep_standings, names_in_force
from imis_ai.governance.outbox.reconcile import reconcile as compare
from imis_ai.governance.outbox.reconcile import summary
from imis_ai.governance.outbox.turn import has_write_account, is_due, open_senders, turn
from imis_ai.governance.people import inviting
from imis_ai.governance.privacy import periods, request
from imis_ai.governance.proposals import automatic, many
from imis_ai.governance.refusals import Blocked
from imis_ai.governance.reviewing import fill, guard
from imis_ai.imis.errors import ImisError
from imis_ai.imis.mapping import MappingError
from imis_ai.imis.writes import Writer, setup
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job
from imis_ai.mirror import tasks as mirror


@job("audit.verify", title="Check the audit log", stages=("Entries",))
def verify_audit(progress: Progress, by: int | None = None) -> audit.Verdict:
    progress.stage("Entries")
    person = User.objects.filter(pk=by).first()
    verdict = audit.check(by=person, now=timezone.now(), advance=progress.advance)
    progress.note(verdict.sentence)
    return verdict


@job("audit.seal", title="Seal the audit log", refusals=(audit.Broken, audit.NotWritten))
def seal_audit(progress: Progress) -> None:
    """Part of the night: read the log whole, then seal it in two places."""
    progress.stage("Audit log")
    progress.note(audit.seal_the_day(now=timezone.now(), advance=progress.advance))


@job("governance.deliver", title="Send what was approved", due=is_due, refusals=(ImisError, MappingError))
def deliver(progress: Progress) -> dict[str, int]:
    """Everything that is due, one worker at a time. The dispatcher asks for it within a second."""
    with turn() as is_ours, open_senders() as senders:
        if not is_ours:
            progress.note("Another worker is sending.")
            return {}
        found = deliver_due(
            now=timezone.now(), senders=senders, clock=timezone.now, checkpoint=progress.checkpoint
        )
    progress.note(f"{found.taken} taken from the queue, {found.settled} looked for.")
    return asdict(found)


@job("governance.decide", title="Approve within limits", due=automatic.is_due)
def decide(progress: Progress) -> dict[str, int]:
    """What the policy of an area in its third phase may approve; the rest is left to people."""
    found = automatic.decide_due(now=timezone.now(), checkpoint=progress.checkpoint)
    progress.note(f"{found.approved} approved within limits, {found.left} left to people.")
    return asdict(found)


@job(many.JOB, title="Decide on many suggestions", stages=("Suggestions",))
def decide_many(progress: Progress, several: int) -> None:
    """What a person chose at once; the page it was asked from shows how far it is."""
    asked = SeveralDecided.objects.select_related("by").get(pk=several)
    found = many.carry_out(asked=asked, now=timezone.now(), progress=progress)
    progress.note(f"{len(found.done)} decided, {len(found.left)} not.")


@job("governance.tell", title="Tell people what concerns them", due=notices.is_due)
def tell(progress: Progress) -> int:
    """The dispatcher asks for it when there is something untold."""
    told = notices.tell(now=timezone.now())
    progress.note(f"{told} new notifications.")
    return told


@job("governance.digest", title="Send the daily e-mail", due=digest.is_due, refusals=(OSError,))
def send_digests(progress: Progress) -> dict[str, int]:
    """To everybody whose hour has come and who has none of this day yet."""
    found = digest.send_due(now=timezone.now(), checkpoint=progress.checkpoint)
    progress.note(f"{found.sent} sent, {found.empty} had nothing to tell, {found.failed} not taken.")
    return asdict(found)


@job("governance.reconcile", title="Compare iMIS with what was sent", refusals=(ImisError, MappingError))
def reconcile(progress: Progress) -> dict[str, Any]:
    """The nightly sample, all money, and our references; nothing without a write account."""
    if not has_write_account():
        progress.note("Nothing is written to iMIS: there is no write account.")
        return {}
    with Writer.from_settings(names=names_in_force()) as writer:
        found = compare(sender=ImisSender(writer), now=timezone.now(), checkpoint=progress.checkpoint)
    progress.note(summary(found))
    return asdict(found)


@job("governance.set_up", title="Look at our objects in iMIS", refusals=(ImisError, MappingError))
def look_at_objects(progress: Progress, is_applied: bool = False) -> None:
    """The dry run of the set-up page, and the creation of what is missing."""
    found = set_up(is_applied=is_applied, say=progress.note)
    ready = sum(each["is_ready"] for each in found["targets"])
    refused = [each["sentence"] for each in found["made"] if not each["is_done"]]
    progress.note(f"{ready} of {len(found['targets'])} objects are ready. {' '.join(refused[:1])}".strip())


def set_up(
    *, is_applied: bool, say: Callable[[str], None] = lambda text: None, **account: str
) -> dict[str, Any]:
    """Look at every target in iMIS; create our own objects where asked and allowed. Raises ImisError.

    `account` may name another account than the one for writing, since an administrator creates definitions.
    """
    with Writer.from_settings(names=names_in_force(), **account) as writer:
        standings = setup.examine(writer)
        made = setup.apply(writer, standings, gate=lambda: None) if is_applied else []
        if any(each.is_done for each in made):
            standings = setup.examine(writer)
        for each in made:
            say(each.sentence)
        targets = [asdict(each) | {"is_ready": each.is_ready} for each in standings]
        keep_standings(standings=targets, now=timezone.now())
        return {
            "targets": targets,
            "made": [asdict(each) for each in made],
            "queries": setup.queries(writer),
        }


@job("connection.test", title="Test the connection to iMIS", stages=("Objects", "Names", "Writing"))
def look_at_connection(progress: Progress, by: int | None = None) -> None:
    """Ask every object, read no more than a page of each, store nothing of it; what was answered is kept."""
    found = connection.Found()
    progress.stage("Objects")
    try:
        found.certificate_until = mirror.certificate_until()
        found.probes, found.token_seconds = mirror.examine()
        progress.stage("Names")
        found.names = mirror.check_mapping()
    except (ImisError, MappingError) as problem:
        found.problem = str(problem)
    progress.stage("Writing")
    if not found.problem:
        try:
            found.targets = set_up(is_applied=False)["targets"]
        except (ImisError, MappingError) as problem:
            found.write_problem = str(problem)
    connection.keep(found=found, by=User.objects.filter(pk=by).first(), now=timezone.now())
    denied = sum(each.state == "denied" for each in found.probes)
    progress.note(found.problem or f"{len(found.probes)} objects asked, {denied} denied.")


@job("privacy.erase", title="Erase a member", stages=("Steps",), refusals=(Blocked,))
def erase_member(progress: Progress, erasure: int) -> Erasure:
    """The ten steps of one erasure; what was done before is not done again."""
    found = Erasure.objects.get(pk=erasure)
    return privacy.run(erasure=found, now=timezone.now(), progress=progress)


def load_defaults(**_: Any) -> None:
    """After every migrate: the shipped guardrails that are missing."""
    defaults.load(now=timezone.now())


@job("corrections.night", title="End corrections whose day has come")
def end_corrections(progress: Progress) -> int:
    """Part of the night, before members are scored."""
    now = timezone.localtime()
    ended = corrections.expire_due(today=now.date(), now=now)
    progress.note(f"{ended} corrections ended.")
    return ended


@job("reviews.night", title="Fill the review queues")
def fill_reviews(progress: Progress) -> dict[str, int]:
    """Part of the night, after scoring: what the models are not sure of; and how people judge."""
    now = timezone.now()
    found = fill.fill_all(now=now)
    lowered = guard.look_at_all(now=now)
    progress.note(
        f"{found.entered} cases came in, {found.left} left, {found.known} known ones were mixed in."
        + (f" {lowered} areas were taken back to the second phase." if lowered else "")
    )
    return asdict(found) | {"lowered": lowered}


@job("privacy.purge", title="Remove what is older than its period")
def purge(progress: Progress) -> dict[str, int]:
    """Part of the night: nothing is kept longer than the table of periods says."""
    found = periods.purge(now=timezone.now())
    said = ", ".join(f"{periods.PERIODS[name].what}: {number:,}" for name, number in found.items())
    progress.note(f"Removed: {said}." if said else "Nothing was older than its period.")
    return found


@job("privacy.start", title="Begin erasures whose hold is over", due=request.is_due)
def start_erasures(progress: Progress) -> int:
    """The dispatcher asks for it; one job per member follows."""
    started = request.start_due(now=timezone.now())
    progress.note(f"{started} begun.")
    return started


@job("experiments.start", title="Draw lots for experiments", due=start.due)
def start_experiments(progress: Progress) -> int:
    """The dispatcher asks for it when a start was agreed to and its hold is over."""
    begun = start.begin_due(now=timezone.now())
    progress.note(f"{len(begun)} started.")
    return len(begun)


@job("experiments.widen", title="Widen experiments", due=widen.due)
def widen_experiments(progress: Progress) -> int:
    """The dispatcher asks for it when a second person agreed and the hold is over."""
    done = widen.apply_due(now=timezone.now())
    progress.note(f"{len(done)} widened.")
    return len(done)


@job("experiments.night", title="Let new members in and read experiments")
def read_experiments(progress: Progress) -> int:
    """Part of the night, after iMIS was read: newcomers are drawn, what has come to its day is read once."""
    now = timezone.now()
    entered, read = enter.let_in_all(now=now), ending.read_due(now=now)
    progress.note(f"{entered:,} members came in, {len(read)} experiments read.")
    return len(read)


@job(inviting.JOB, title="Send invitations")
def send_invitations(progress: Progress) -> None:
    progress.note(f"{inviting.send_all(now=timezone.now())} sent.")
