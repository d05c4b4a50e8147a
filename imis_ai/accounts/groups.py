"""Django's groups and permissions, written from the table in `rights`. Pages and the API ask `User.may`."""

from typing import Any

from django.apps import apps as registry
from django.db import connections
from django.db.models import Q

from imis_ai.accounts.rights import EXTRAS, RIGHTS, ROLE_WORDS, carries

ROLE_GROUPS = dict(ROLE_WORDS)
EXTRA_GROUPS = {name: extra.people for name, extra in EXTRAS.items()}


def wanted() -> dict[str, set[str]]:
    """Rights by name of the group that carries them."""
    by_role = {
        label: {right for right in RIGHTS if carries(right, role=role)} for role, label in ROLE_GROUPS.items()
    }
    by_extra = {
        label: {right for right, entry in RIGHTS.items() if extra in entry.also}
        for extra, label in EXTRA_GROUPS.items()
    }
    return by_role | by_extra


def of(role: str, extras: tuple[str, ...]) -> list[str]:
    """Names of the groups of a person with this role and these extras."""
    names = [EXTRA_GROUPS[extra] for extra in extras]
    return names if "auditor" in extras else [ROLE_GROUPS[role], *names]


def write(*, using: str = "default", **_: Any) -> None:
    """Make groups and their permissions equal to the table; others are not touched. After migrations."""
    if "accounts_user_groups" not in connections[using].introspection.table_names():
        return
    content_type, _new = (
        registry.get_model("contenttypes.ContentType")
        .objects.using(using)
        .get_or_create(app_label="accounts", model="user")
    )
    permissions = _permissions(content_type, using)
    groups = registry.get_model("auth.Group").objects.using(using)
    for name, held in wanted().items():
        group, _new = groups.get_or_create(name=name)
        group.permissions.set([permissions[right] for right in held])
    _members(using)


def _permissions(content_type: Any, using: str) -> dict[str, Any]:
    table = registry.get_model("auth.Permission").objects.using(using).filter(content_type=content_type)
    table.filter(codename__contains=".").exclude(codename__in=RIGHTS).delete()
    rows = [
        table.model(content_type=content_type, codename=right, name=f"Can {entry.does}"[:255])
        for right, entry in RIGHTS.items()
    ]
    table.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["content_type", "codename"],
    )
    return {row.codename: row for row in table.filter(codename__in=RIGHTS)}


def _members(using: str) -> None:
    """Put everybody into the groups of their role and extras, and out of the others of ours."""
    people = registry.get_model("accounts.User").objects.using(using)
    places = people.model.groups.through.objects.using(using)
    belong = {label: Q(role=role, is_auditor=False) for role, label in ROLE_GROUPS.items()}
    belong |= {EXTRA_GROUPS[name]: Q(**{extra.field: True}) for name, extra in EXTRAS.items()}
    groups = registry.get_model("auth.Group").objects.using(using).filter(name__in=belong)
    for group in groups:
        members = people.filter(belong[group.name])
        places.filter(group=group).exclude(user__in=members).delete()
        missing = members.exclude(groups=group).values_list("pk", flat=True)
        places.bulk_create(places.model(user_id=pk, group=group) for pk in missing)
