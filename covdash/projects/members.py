"""Members of a project: list, add, change the role, remove. A project that has an owner keeps at least one."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from covdash.accounts.models import User
from covdash.projects.facts import MemberFact
from covdash.projects.models import Membership, Project
from covdash.projects.registry import ProjectError

_ORDER = {role: number for number, role in enumerate(Membership.Role.values)}


def listing(*, project_id: int) -> tuple[MemberFact, ...]:
    """Return the members, owners first, then by name. One SQL statement."""
    rows = Membership.objects.filter(project_id=project_id).values_list("user_id", "user__username", "role")
    return tuple(sorted((MemberFact(*row) for row in rows), key=lambda m: (_ORDER[m.role], m.username)))


def owners(*, project_id: int) -> tuple[str, ...]:
    """Return the names of the owners who can sign in. One SQL statement."""
    found = Membership.objects.filter(project_id=project_id, role=Membership.Role.OWNER, user__is_active=True)
    return tuple(found.order_by("user__username").values_list("user__username", flat=True))


def add_member(*, project_id: int, username: str, role: str) -> MemberFact:
    """Add the user. Raises `ProjectError` (unknown_role, unknown_user, already_member)."""
    _check_role(role)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise ProjectError("unknown_user", f"There is no account {username!r}.", "username")
    try:
        with transaction.atomic():
            Membership.objects.create(project_id=project_id, user=user, role=role)
    except IntegrityError as error:
        raise ProjectError("already_member", f"{username} is a member already.", "username") from error
    return MemberFact(user.pk, user.username, role)


@transaction.atomic
def set_role(*, project_id: int, user_id: int, role: str) -> None:
    """Give the member another role. Raises `ProjectError` (unknown_role, not_a_member, last_owner)."""
    _check_role(role)
    membership = _locked(project_id, user_id)
    if role != Membership.Role.OWNER:
        _refuse_last_owner(membership, "Make somebody else an owner first.")
    membership.role = role
    membership.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, project_id: int, user_id: int) -> None:
    """Remove the member; people may remove themselves. Raises `ProjectError` (not_a_member, last_owner)."""
    membership = _locked(project_id, user_id)
    _refuse_last_owner(membership, "Make somebody else an owner first, or delete the project.")
    membership.delete()


def _check_role(role: str) -> None:
    if role not in Membership.Role.values:
        raise ProjectError(
            "unknown_role",
            f"There is no role {role!r}; roles are {', '.join(Membership.Role.values)}.",
            "role",
        )


def _locked(project_id: int, user_id: int) -> Membership:
    """Return the membership with its project locked, so that two owners cannot leave at the same moment."""
    Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    found = Membership.objects.filter(project_id=project_id, user_id=user_id).first()
    if found is None:
        raise ProjectError("not_a_member", "This account is not a member of the project.", "user")
    return found


def _refuse_last_owner(membership: Membership, way_out: str) -> None:
    if membership.role != Membership.Role.OWNER:
        return
    owners = Membership.objects.filter(project_id=membership.project_id, role=Membership.Role.OWNER)
    if owners.count() == 1:
        raise ProjectError("last_owner", f"This is the last owner of the project. {way_out}", "user")
