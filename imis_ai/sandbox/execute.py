"""Service operations (_execute)."""

from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.entities.base import Entity


def execute(app: Any, entity: Entity, body: dict[str, Any], user: Account) -> wire.Answer:
    raise entity.not_implemented()
