"""The settings page of components: rows that are added, moved, filled from CODEOWNERS and looked at before they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from covdash.dashboards import rule_forms
from covdash.dashboards.pages import component_rules, suggestions
from covdash.dashboards.rule_forms import ComponentForm, ComponentForms
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.rules import head, is_locked, locked
from covdash.dashboards.views.settings_frame import page, saved
from covdash.projects import codeowners, wishes
from covdash.projects.configuration import ConfigurationError
from covdash.projects.facts import ProjectFact, WishesFact
from covdash.reports.queries import commits, components, files

if TYPE_CHECKING:
    Rows = forms.BaseFormSet[ComponentForm]

Typed = list[dict[str, Any]]


@require_http_methods(["GET", "HEAD", "POST"])
@project_view("settings")
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The components. Only the button Save stores them; every other one gives the form back with its rows changed."""
    found = wishes.read(project_id=project.id)
    if request.method != "POST":
        said = [
            {"name": one.name, "paths": one.paths, "weight": one.weight, "floors": one.floors}
            for one in found.configuration.components
        ]
        return _page(request, project, found, _rows(said))
    if is_locked(found, "components"):
        return locked(request, project, "components")
    typed = ComponentForms(request.POST, prefix="rules")
    do, _, which = request.POST.get("do", "save").partition("-")
    if do == "save":
        return _save(request, project, found, typed)
    rows, words = _changed(request, project, do, which, rule_forms.typed(list(typed)))
    return _page(request, project, found, _rows(rows), draft=True, **words)


def _save(request: HttpRequest, project: ProjectFact, found: WishesFact, typed: Rows) -> HttpResponse:
    if not typed.is_valid():
        return _page(request, project, found, typed)
    kept = [row for row in typed if not row.is_blank]
    said = [row.said() for row in kept]
    try:
        wishes.write_section(project_id=project.id, actor=reader(request), section="components", said=said)
    except ConfigurationError as error:
        told = rule_forms.pin(error, kept)
        return _page(request, project, found, typed, wrong="" if told else str(error))
    return saved(
        request, project, "components", "The components were saved. The newest reports are counted anew."
    )


def _changed(
    request: HttpRequest, project: ProjectFact, do: str, which: str, rows: Typed
) -> tuple[Typed, dict[str, Any]]:
    """Return the rows after what a button does, and what there is to say about it."""
    at = int(which) if which.isdecimal() and len(which) < 4 else -1
    if do == "remove" and at in range(len(rows)):
        return rows[:at] + rows[at + 1 :], {}
    if do == "up" and at in range(1, len(rows)):
        return [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]], {}
    if do == "add":
        return [*rows, {"weight": 1}], {"focus": len(rows)}
    if do == "suggest":
        given = {one.name: one for one in suggestions.suggest(_paths(project))}
        if which in given:
            one = given[which]
            return [{"name": one.name, "paths": one.patterns, "weight": one.weight}, *rows], {"focus": 0}
    if do == "import":
        return _imported(request, project, rows)
    return rows, {}


def _imported(request: HttpRequest, project: ProjectFact, rows: Typed) -> tuple[Typed, dict[str, Any]]:
    """Add what a CODEOWNERS says below the rows: the pasted one, else the one that an upload brought."""
    text = request.POST.get("codeowners", "")
    origin = "the text you pasted"
    if not text.strip():
        text, origin = _known_codeowners(project)
    made = codeowners.components_of(text)
    if not made.components:
        return rows, {
            "pasted": text,
            "import_notes": ("There is no line with a pattern and an owner in it.",),
        }
    taken = {row["name"] for row in rows}
    new = [
        {"name": name, "paths": paths, "weight": 1} for name, paths in made.components if name not in taken
    ]
    left = [f"{name} is in the list already" for name, _ in made.components if name in taken]
    kept = [row for row in rows if any(row.get(name) for name in ("name", "paths", "floors"))]
    return [*kept, *new], {
        "import_notes": (*left, *made.notes),
        "import_origin": origin,
        "imported": len(new),
    }


def _known_codeowners(project: ProjectFact) -> tuple[str, str]:
    report = commits.head(project=project)
    if report is None:
        return "", ""
    sent = components.codeowners(project=project, report=report)
    if sent is not None:
        return sent[1], sent[0]
    for path in codeowners.PLACES:
        found = files.get(project=project, report=report, path=path)
        if found is not None and found.source is not None:
            return "\n".join(found.source.lines), path
    return "", ""


def _paths(project: ProjectFact) -> tuple[str, ...]:
    report = commits.head(project=project)
    return () if report is None else files.paths(project=project, report=report, limit=component_rules.FILES)


def _rows(said: Typed) -> Rows:
    return ComponentForms(initial=said, prefix="rules")


def _page(
    request: HttpRequest, project: ProjectFact, found: WishesFact, rows: Rows, **words: Any
) -> HttpResponse:
    paths = _paths(project)
    typed = [
        (str(row["name"].value() or ""), tuple(rule_forms.lines_of(row["paths"].value()))) for row in rows
    ]
    shown = component_rules.preview(typed, paths)
    context = {
        "head": head(project, found, "components"),
        "rows": rows,
        "pairs": list(zip(rows, shown.shares, strict=True)),
        "preview": shown,
        "suggestions": suggestions.suggest(paths, taken=(name for name, _ in typed)),
    }
    return page(request, project, "components", {**context, **words})
