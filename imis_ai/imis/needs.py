"""What each area of the product needs of iMIS, beside what an account was answered. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Need:
    """`must`: without it the area shows nothing. `helps`: without it numbers are less certain.

    `writes`: what staff may approve for iMIS; everything that only reads works without.
    """

    area: str
    must: tuple[str, ...]
    helps: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


NEEDS = (
    Need(
        "Segments",
        must=("members", "tiers", "terms"),
        helps=("activities", "web_visits", "email_events", "registrations", "events", "committees"),
        writes=("groups", "insights"),
    ),
    Need(
        "Retention",
        must=("members", "terms"),
        helps=(
            "activities",
            "web_visits",
            "email_events",
            "registrations",
            "events",
            "committees",
            "invoices",
            "payments",
            "payment_attempts",
            "relationships",
            "texts",
        ),
        writes=("insights", "activities", "notes"),
    ),
    Need(
        "Tiers",
        must=("members", "tiers", "tier_prices", "terms"),
        helps=("benefits", "tier_benefits", "activities", "invoices"),
        writes=("insights", "activities"),
    ),
    Need("Sentiment", must=("texts", "members"), helps=("events",), writes=("activities", "insights")),
    Need(
        "Renewals",
        must=("members", "invoices", "payments", "terms"),
        helps=("invoice_lines", "payment_attempts", "relationships"),
        writes=("activities",),
    ),
)


@dataclass(frozen=True)
class Standing:
    """One area held against the answers of iMIS."""

    area: str
    missing: list[str] = field(default_factory=list)
    weaker: list[str] = field(default_factory=list)
    unwritable: list[str] = field(default_factory=list)

    @property
    def works(self) -> bool:
        return not self.missing


def standings(states: Mapping[str, str]) -> list[Standing]:
    """`states` by name as a probe answers. What was not asked counts as denied."""

    def denied(names: Iterable[str]) -> list[str]:
        return [name for name in names if states.get(name, "denied") == "denied"]

    return [
        Standing(
            need.area,
            missing=denied(need.must),
            weaker=denied(need.helps),
            unwritable=[name for name in need.writes if states.get(f"write:{name}") != "writable"],
        )
        for need in NEEDS
    ]


def needed_by(name: str) -> list[str]:
    """The areas that use this feed or, with `write:`, write there."""
    if name.startswith("write:"):
        return [need.area for need in NEEDS if name.removeprefix("write:") in need.writes]
    return [need.area for need in NEEDS if name in (*need.must, *need.helps)]
