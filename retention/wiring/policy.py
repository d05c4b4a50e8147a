"""What the policy adds to the product: the decision of two people about the lines of risk."""

from imis_ai.governance import kinds
from retention.actions import policy
from retention.calc.bands import NAMES
from retention.queries import policy_page
from retention.queries.policy import KIND

POLICY_KIND = kinds.Kind(
    name=KIND,
    area="retention",
    label="Risk policy",
    reads="retention.policy",
    decides="retention.policy.change",
    friction=kinds.Friction.SECOND,
    messages=lambda payload: (),
    effect=lambda proposal: f"{proposal.members:,} members change band",
    consequence=lambda proposal: (
        "After the hold the next scores apply it: bands, call list and crossings follow. Nothing is sent."
    ),
    template="retention/policy/_proposal.html",
    context=lambda proposal, viewer: {
        "changes": policy_page.as_shown(proposal.payload),
        "effect": proposal.payload["effect"],
        "band_names": NAMES,
    },
    still_true=lambda proposal, now: policy.still_true(proposal=proposal, now=now),
)


def connect() -> None:
    """Called once at start."""
    kinds.register(POLICY_KIND)
