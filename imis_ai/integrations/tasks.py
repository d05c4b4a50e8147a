"""The jobs of other systems."""

from django.utils import timezone

from imis_ai.governance.refusals import NotAllowed
from imis_ai.integrations.actions import exports
from imis_ai.integrations.models import Export
from imis_ai.integrations.queries.exports import old
from imis_ai.integrations.webhooks import delivering, notice
from imis_ai.integrations.webhooks.post import post
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job


@job("webhooks.deliver", title="Tell other systems", due=delivering.is_due)
def deliver_webhooks(progress: Progress) -> dict[str, int]:
    """Everything that is due. The dispatcher asks for it within a second."""
    done = delivering.deliver_due(clock=timezone.now, post=post, checkpoint=progress.checkpoint)
    notice.tell(done.switched_off)
    progress.note(f"{done.delivered} delivered, {done.failed} to be tried again.")
    return {"made": done.made, "delivered": done.delivered, "failed": done.failed}


@job(exports.JOB, title="Export for a warehouse", stages=("Tables",), refusals=(NotAllowed,))
def export_warehouse(progress: Progress, export: int) -> None:
    """The file of one export; a job that cannot make it says so on the page as well."""
    progress.stage("Tables")
    try:
        made = exports.make(
            export=Export.objects.get(pk=export), now=timezone.now(), step=lambda name: progress.checkpoint()
        )
    except Exception:
        exports.give_up(export_id=export)
        raise
    progress.note(f"{sum(made.rows.values()):,} rows in {len(made.rows)} tables.")


@job("warehouse.remove", title="Remove exports older than a day", due=old)
def remove_exports(progress: Progress) -> None:
    progress.note(f"{exports.remove_old(now=timezone.now())} removed.")
