"""Which component a list of files is narrowed to, what it has, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from covdash.coverage.components import Owned
from covdash.coverage.totals import Totals
from covdash.dashboards.views import words
from covdash.dashboards.views.scope import Scope
from covdash.reports.queries import components
from covdash.reports.rule_facts import ComponentsFact


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`component` is one of `names`, "" for all files, of which `within` is None. `totals` are those of what is left."""

    component: str
    names: tuple[str, ...]
    within: Owned | None
    totals: Totals
    ignored: tuple[str, ...]

    def shown(self, show: str, parts: ComponentsFact) -> Owned | None:
        """Return what leaves the files that are listed: with `show=under-floor` only those of components under a floor."""
        if show != "under-floor":
            return self.within
        under = (part.name for part in parts.components if part.is_under)
        return parts.rules.owned(*(name for name in under if self.component in ("", name)))


def to_component(request: HttpRequest, seen: Scope, parts: ComponentsFact) -> Narrowed:
    """Return what `?component=` asks for. No SQL statement, unless the component was not counted yet: then one a level."""
    names = tuple(part.name for part in parts.components)
    name, ignored = words.chosen(request, "component", names, "")
    if not name:
        return Narrowed("", names, None, seen.report.totals, ignored)
    rules = parts.rules
    totals = (
        next(part.totals for part in parts.components if part.name == name)
        if parts.counted
        else components.counted(project=seen.project, report=seen.report, rules=rules).get(name)
    )
    return Narrowed(name, names, rules.owned(name), totals or Totals(), ignored)
