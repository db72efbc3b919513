"""Which component and which owner a list of files is narrowed to, what that leaves, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest

from covdash.coverage.components import Owned
from covdash.coverage.totals import Totals
from covdash.dashboards.views import words
from covdash.dashboards.views.scope import Scope
from covdash.projects.codeowners import Owners
from covdash.reports.queries import components
from covdash.reports.rule_facts import ComponentsFact


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`component` is one of `names`, `owner` one of `owners`; "" for all files. `within` is None where both are."""

    component: str
    names: tuple[str, ...]
    owner: str
    owners: tuple[str, ...]
    mine: Owned | None
    within: Owned | None
    ignored: tuple[str, ...]

    def shown(self, show: str, parts: ComponentsFact) -> Owned | None:
        """Return what leaves the files that are listed: with `show=under-floor` only those of components under a floor."""
        if show != "under-floor":
            return self.within
        under = (part.name for part in parts.components if part.is_under)
        wanted = parts.rules.owned(*(name for name in under if self.component in ("", name)))
        return replace(wanted, also=self.mine)

    def totals(self, seen: Scope, parts: ComponentsFact, *, files: bool = False) -> Totals:
        """Return the totals of what is left; those that are kept of a component do not count `files`.

        No SQL statement for these, one a level that is not cached for others.
        """
        if self.within is None:
            return seen.report.totals
        if self.mine is None and parts.counted and not files:
            kept = next(part.totals for part in parts.components if part.name == self.component)
            return kept or Totals()
        return components.totals(project=seen.project, report=seen.report, within=self.within)


def to_part(
    request: HttpRequest, parts: ComponentsFact, owners: Owners, *, one_file: bool = False
) -> Narrowed:
    """Return what `?component=` and `?owner=` ask for; nothing narrows `one_file`."""
    names = () if one_file else tuple(part.name for part in parts.components)
    known = () if one_file else owners.names
    component, no_component = words.chosen(request, "component", names, "")
    owner, no_owner = words.chosen(request, "owner", known, "")
    mine = owners.owned(owner) if owner else None
    within = replace(parts.rules.owned(component), also=mine) if component else mine
    return Narrowed(component, names, owner, known, mine, within, (*no_component, *no_owner))
