"""The settings page of gates: built as sentences, tried on the last pull requests before they are saved; and their waivers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from covdash.coverage.gating import Gate
from covdash.dashboards import rule_forms
from covdash.dashboards.addresses import Place
from covdash.dashboards.gate_forms import GateForm, GateForms, WaiverForm, typed_of
from covdash.dashboards.pages import gates as pages
from covdash.dashboards.views import words
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.rules import head, is_locked, locked
from covdash.dashboards.views.settings_frame import page, saved
from covdash.projects import wishes
from covdash.projects.configuration import Configuration, ConfigurationError, parse
from covdash.projects.facts import ProjectFact, WishesFact
from covdash.projects.toml_text import written
from covdash.reports import verdicts, waiving
from covdash.reports.queries import gates

if TYPE_CHECKING:
    Rows = forms.BaseFormSet[GateForm]

Typed = list[dict[str, Any]]


@require_http_methods(["GET", "HEAD", "POST"])
@project_view("settings")
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The gates. Only the button Save stores them; every other one gives the form back with its rows changed."""
    found = wishes.read(project_id=project.id)
    names = _components(found)
    if request.method != "POST":
        return _page(
            request, project, found, _rows([typed_of(gate) for gate in found.configuration.gates], names)
        )
    if is_locked(found, "gates"):
        return locked(request, project, "gates")
    typed = GateForms(request.POST, prefix="gates", form_kwargs={"components": names})
    do, _, which = request.POST.get("do", "save").partition("-")
    if do == "save":
        return _save(request, project, found, typed)
    rows = rule_forms.typed(list(typed))
    at = int(which) if which.isdecimal() and len(which) < 4 else -1
    if do == "remove" and at in range(len(rows)):
        rows = rows[:at] + rows[at + 1 :]
    elif do == "up" and at in range(1, len(rows)):
        rows = [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]]
    elif do == "add":
        rows = [*rows, {}]
    return _page(request, project, found, _rows(rows, names), draft=True)


@require_POST
@project_view("settings")
def waive(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Let a gate pass for a while."""
    found = wishes.read(project_id=project.id)
    form = WaiverForm(request.POST, gates=found.configuration.gates)
    if form.is_valid():
        try:
            waiving.waive(
                project_id=project.id, today=timezone.now().date(), actor=reader(request), **form.cleaned_data
            )
        except waiving.WaiverError as error:
            form.add_error(error.field, error.message)
        else:
            told = form.cleaned_data
            return saved(
                request,
                project,
                "gates",
                f"The gate {told['gate']} may fail until {told['until']}; the review lists it.",
            )
    rows = _rows([typed_of(gate) for gate in found.configuration.gates], _components(found))
    return _page(request, project, found, rows, waiver=form)


@require_POST
@project_view("settings")
def take_back(request: HttpRequest, project: ProjectFact, number: int) -> HttpResponse:
    """Take a waiver back."""
    gate = waiving.take_back(project_id=project.id, number=number, actor=reader(request))
    if not gate:
        raise Http404
    return saved(request, project, "gates", f"The gate {gate} is not waived any more.")


def _save(request: HttpRequest, project: ProjectFact, found: WishesFact, typed: Rows) -> HttpResponse:
    if not typed.is_valid():
        return _page(request, project, found, typed)
    kept = [row for row in typed if not row.is_blank]
    said = [row.said() for row in kept]
    try:
        wishes.write_section(project_id=project.id, actor=reader(request), section="gates", said=said)
    except ConfigurationError as error:
        where = error.where.replace(".least", ".number").replace(".most", ".number")
        told = rule_forms.pin(ConfigurationError(where, error.message), kept)
        return _page(request, project, found, typed, wrong="" if told else str(error))
    return saved(request, project, "gates", "The gates were saved. They are in force at once.")


def _components(found: WishesFact) -> list[str]:
    return [component.name for component in found.configuration.components]


def _rows(said: Typed, components: list[str]) -> Rows:
    return GateForms(initial=said, prefix="gates", form_kwargs={"components": components})


def _gate(row: GateForm, components: list[str]) -> Gate | None:
    """Return the gate that stands in a row, saved or not, None when it cannot be used."""
    form = GateForm({name: row[name].value() for name in row.fields}, components=components)
    if not form.is_valid():
        return None
    try:
        (gate,) = parse({"gates": [form.said()]}).gates
    except ConfigurationError:
        return None
    return gate


def _page(
    request: HttpRequest, project: ProjectFact, found: WishesFact, rows: Rows, **more: Any
) -> HttpResponse:
    place, components = Place(project.slug), _components(found)
    drafts = [_gate(row, components) for row in rows]
    tried = tuple(gate for gate in drafts if gate is not None)
    in_force = gates.of_configuration(Configuration(gates=tried, components=found.configuration.components))
    trials = verdicts.tried(project=project, rules=in_force)
    runs = iter([pages.dry_run(gate, at, trials, place) for at, gate in enumerate(tried)])
    asked, ignored = words.chosen(request, "gate", [gate.name for gate in found.configuration.gates], "")
    pull = words.text(request, "pull")
    if not re.fullmatch(r"[1-9][0-9]{0,9}|", pull):
        ignored, pull = (*ignored, f"pull={pull[:60]}"), ""
    today = timezone.now().date()
    context = {
        "head": head(project, found, "gates"),
        "rows": rows,
        "pairs": [(row, next(runs) if gate else None) for row, gate in zip(rows, drafts, strict=True)],
        "toml": written(Configuration(gates=tried), sections=["gates"]),
        "waivers": [(one, one.is_due(today)) for one in gates.waivers(project=project, today=today)],
        "waiver": WaiverForm(gates=found.configuration.gates, initial={"gate": asked, "pull": pull}),
        "ignored": ignored,
    }
    return page(request, project, "gates", {**context, **more})
