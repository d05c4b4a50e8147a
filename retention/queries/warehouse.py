"""Scores as a warehouse reads them."""

from imis_ai.integrations.warehouse.catalogue import ALIVE, View, columns

CHANCES = [f"{part}_{key}" for key in ("30", "60", "90", "renewal") for part in ("risk", "low", "high")]


def views() -> list[View]:
    return [
        View(
            "scores",
            "The scores that pages show, one row per member; chances are 0 to 1.",
            columns(
                "imis_id VARCHAR",
                "as_of DATE run.as_of",
                "model VARCHAR run.model_name || ' ' || run.model_version",
                *(f"{name} DOUBLE s.{name}" for name in CHANCES),
                *(f"{name} DATE s.{name}" for name in ("lapse_on", "lapse_from", "lapse_to", "renews_on")),
                *(f"{name} DECIMAL(14,2) s.{name}" for name in ("dues", "value")),
                *(f"reason_{n + 1} VARCHAR s.factors -> {n} ->> 'sentence'" for n in range(3)),
                "not_scored_because VARCHAR s.abstained",
            ),
            "public.retention_riskscore s"
            " JOIN public.retention_scorerun run ON run.id = s.run_id AND run.is_current"
            f" JOIN public.mirror_member m ON m.id = s.member_id, export.reach() r WHERE {ALIVE}",
            ("retention_riskscore", "retention_scorerun"),
        )
    ]
