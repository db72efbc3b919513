"""Git branches as JSON. Nothing is looked up here."""

from __future__ import annotations

from covdash.api import shaping
from covdash.api.shapes import BranchShape, PatchShape
from covdash.reports.divergence_facts import DivergenceFact
from covdash.reports.facts import BranchFact


def branch(found: BranchFact, apart: DivergenceFact) -> BranchShape:
    """Return a git branch, and how far it is from the default one."""
    return BranchShape(
        name=found.name,
        default=found.is_default,
        head=shaping.commit(found.head) if found.head else None,
        totals=shaping.totals(found.totals),
        commits=found.commits,
        patch=_patch(apart),
        ahead=apart.ahead,
        behind=apart.behind,
        unknown={name: str(why) for name, why in apart.unknown.items()},
    )


def _patch(apart: DivergenceFact) -> PatchShape | None:
    if apart.patch is None:
        return None
    changed, measured, covered, partial, _ = apart.patch
    return PatchShape(
        base=apart.base,
        changed=changed,
        measured=measured,
        covered=covered,
        partial=partial,
        files_not_compared=apart.uncompared,
    )
