"""The settings pages of the rules of a project: flags, completeness, forks, and all of it as `covdash.toml`.

One form each; a section that stands in the `covdash.toml` of the repository is shown and cannot be changed here.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from covdash.dashboards import rule_forms
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import rules as pages
from covdash.dashboards.rule_forms import CompletenessForm, FlagForm, FlagForms, ForksForm
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.settings_frame import page, saved
from covdash.projects import wishes
from covdash.projects.configuration import FILE, ConfigurationError
from covdash.projects.facts import ProjectFact, WishesFact
from covdash.reports.queries import flags as seen_flags


@require_http_methods(["GET", "HEAD", "POST"])
@project_view("settings")
def flags(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """What is said of each flag: carry-forward, its age, the paths that count."""
    found = wishes.read(project_id=project.id)
    if request.method != "POST":
        return _flags(request, project, found, rows=None)
    if is_locked(found, "flags"):
        return locked(request, project, "flags")
    rows = FlagForms(request.POST, prefix="flags")
    if not rows.is_valid():
        return _flags(request, project, found, rows=rows)
    kept = [row for row in rows if len(row.said()) > 1]
    try:
        wishes.write_section(
            project_id=project.id, actor=reader(request), section="flags", said=[row.said() for row in kept]
        )
    except ConfigurationError as error:
        told = rule_forms.pin(error, kept)
        return _flags(request, project, found, rows=rows, wrong="" if told else str(error))
    return saved(
        request, project, "flags", "The rules of flags were saved. The newest reports are counted anew."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@project_view("settings")
def completeness(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """When the report of a commit is complete."""
    found = wishes.read(project_id=project.id)
    now = found.configuration.completeness
    form = CompletenessForm(
        request.POST if request.method == "POST" else None,
        initial={"expect": now.expect, "learn": now.learn, "quiet_minutes": now.quiet_minutes},
    )
    return _one_form(
        request, project, found, form, section="completeness", said="What makes a report complete was saved."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@project_view("settings")
def forks(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Whether pull requests of forks may send."""
    found = wishes.read(project_id=project.id)
    form = ForksForm(
        request.POST if request.method == "POST" else None,
        initial={"forks": found.configuration.uploads.forks},
    )
    return _one_form(request, project, found, form, section="uploads", said="Saved.", place="forks")


@require_safe
@project_view("settings")
def file(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The configuration in force as the text of a `covdash.toml`, and where each section of it stands."""
    return page(request, project, "file", {"page": pages.overview(wishes.read(project_id=project.id))})


def is_locked(found: WishesFact, section: str) -> bool:
    """Say whether a section stands in `covdash.toml`."""
    return found.wins(section) == FILE


def locked(request: HttpRequest, project: ProjectFact, section: str) -> HttpResponse:
    """Answer a form that came after the section had moved to `covdash.toml`."""
    messages.error(
        request, f"Nothing was saved: the section {section} stands in covdash.toml; change it there."
    )
    return redirect(Place(project.slug).settings(section))


def head(project: ProjectFact, found: WishesFact, section: str) -> pages.Head:
    """Return the head of the page of a section."""
    return pages.head(found, section, wishes.last_change(project_id=project.id, section=section))


def _one_form(
    request: HttpRequest,
    project: ProjectFact,
    found: WishesFact,
    form: CompletenessForm | ForksForm,
    *,
    section: str,
    said: str,
    place: str = "",
) -> HttpResponse:
    """Show or save a section that is one form."""
    place = place or section
    if request.method == "POST":
        if is_locked(found, section):
            return locked(request, project, place)
        if form.is_valid():
            try:
                wishes.write_section(
                    project_id=project.id, actor=reader(request), section=section, said=form.said()
                )
            except ConfigurationError as error:
                name = error.where.partition(".")[2].partition("[")[0]
                form.add_error(name if name in form.fields else None, error.message)
            else:
                return saved(request, project, place, said)
    return page(request, project, place, {"head": head(project, found, section), "form": form})


def _flags(
    request: HttpRequest,
    project: ProjectFact,
    found: WishesFact,
    *,
    rows: forms.BaseFormSet[FlagForm] | None,
    wrong: str = "",
) -> HttpResponse:
    seen = seen_flags.seen(project=project)
    if rows is None:
        said = pages.flag_rows(found.configuration, seen)
        rows = FlagForms(initial=[*said, {}], prefix="flags")
    words: dict[str, Any] = {
        "head": head(project, found, "flags"),
        "rows": rows,
        "seen": {flag.name: flag.at for flag in seen},
        "wrong": wrong,
    }
    return page(request, project, "flags", words)
