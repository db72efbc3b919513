"""Rules for paths: tried on an upload, saved, listed, put in order, taken away."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from covdash.coverage import trial
from covdash.coverage.path_rules import RuleError
from covdash.dashboards.addresses import Place
from covdash.dashboards.correction_forms import THEN, RuleForm
from covdash.dashboards.pages import paths as pages
from covdash.dashboards.pages.crumbs import page_crumbs
from covdash.dashboards.pages.upload import line
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.settings_frame import page as settings_page
from covdash.projects import wishes
from covdash.projects.configuration import ConfigurationError, Paths, digest_of, parse, rules_of
from covdash.projects.facts import ProjectFact
from covdash.reports import corrections
from covdash.reports.facts import UploadFact
from covdash.reports.queries import paths, reprocessing, uploads

IN_REPOSITORY = (
    "The rules stand in covdash.toml of the repository, which wins over these pages. "
    "Put the rule into its section [paths]."
)


@require_safe
@project_view("settings")
def try_rule(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """A rule, and what it would change on this very upload; nothing is saved."""
    upload = _upload(project, upload_id)
    form = RuleForm(request.GET if "kind" in request.GET else None)
    return _rule_page(request, project, upload, form)


@require_POST
@project_view("settings")
def save_rule(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """Save a rule, and read this upload again, or all of them."""
    upload = _upload(project, upload_id)
    form = RuleForm(request.POST)
    if not form.is_valid() or not _saved(request, project, form):
        return _rule_page(request, project, upload, form)
    then = request.POST.get("then", "")
    if then == "all":
        return _read_all_again(request, project, "The rule is saved.")
    if then == "this":
        corrections.reprocess(project_id=project.id, upload_id=uuid.UUID(upload.id), actor=reader(request))
        messages.success(request, "The rule is saved, and this upload is read again.")
    else:
        messages.success(request, "The rule is saved. It is used from the next upload on.")
    return redirect(Place(project.slug).upload(upload.id))


@require_safe
@project_view("settings")
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """All rules; `part=progress` is how far reading everything again has come."""
    if request.GET.get("part") == "progress":
        return render(request, "dashboards/_reprocessing.html", _progress(project))
    return _settings(request, project, RuleForm())


@require_POST
@project_view("settings")
def add(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Add a rule."""
    form = RuleForm(request.POST)
    if not form.is_valid() or not _saved(request, project, form):
        return _settings(request, project, form)
    messages.success(
        request, "The rule is saved. It is used from the next upload on; older ones can be read again below."
    )
    return redirect(Place(project.slug).settings("paths"))


@require_POST
@project_view("settings")
def change(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Take a rule away (`do=remove`) or put it before the one above it (`do=up`), if the rules are those that the page showed."""
    said = wishes.read(project_id=project.id)
    now = said.configuration.paths
    changed = _changed(now, request)
    if said.wins("paths") == "covdash.toml":
        messages.error(request, IN_REPOSITORY)
    elif request.POST.get("digest") != digest_of(now) or changed is None:
        messages.error(request, "The rules were changed meanwhile. Look again, then decide.")
    else:
        _write(project, changed, request)
        messages.success(
            request,
            "The rules are saved. Uploads that were read before keep the old ones until they are read again.",
        )
    return redirect(Place(project.slug).settings("paths"))


@require_POST
@project_view("settings")
def read_all_again(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Read all uploads of the project again."""
    return _read_all_again(request, project, "")


def _upload(project: ProjectFact, upload_id: str) -> UploadFact:
    found = uploads.get(project=project, upload_id=upload_id)
    if found is None:
        raise Http404
    return found


def _rule_page(
    request: HttpRequest, project: ProjectFact, upload: UploadFact, form: RuleForm
) -> HttpResponse:
    place = Place(project.slug)
    said = wishes.read(project_id=project.id)
    now = said.configuration.paths
    names = paths.names(project=project, upload_id=upload.id)
    tried = None
    if form.is_bound and form.is_valid() and names is not None:
        tried = _tried(project, form, now, names)
    title = line(upload, place).title
    words = {
        "project": project,
        "place": place,
        "here": "uploads",
        "upload": upload,
        "title": title,
        "address": place.upload(upload.id),
        "rule_address": place.upload(upload.id, "rule"),
        "crumbs": page_crumbs(
            place, ("Uploads", place.uploads()), (title, place.upload(upload.id)), ("Try a rule", "")
        ),
        "form": form,
        "names_known": names is not None,
        "listed": len(names.files) if names else 0,
        "trial": tried,
        "counts": pages.counts(tried) if tried else (),
        "titles": pages.titles(),
        "then": THEN,
        "in_repository": IN_REPOSITORY if said.wins("paths") == "covdash.toml" else "",
        "older": upload.state == "processed" and upload.paths.rules != rules_of(now).digest,
    }
    return render(request, "dashboards/upload_rule.html", words)


def _tried(project: ProjectFact, form: RuleForm, now: Paths, names: paths.Names) -> trial.Trial | None:
    try:
        then = form.added_to(now)
        parse({"paths": msgspec.to_builtins(then)})
        rules = rules_of(then)
    except (ConfigurationError, RuleError) as error:
        form.add_error("find", error.message if isinstance(error, ConfigurationError) else str(error))
        return None
    return trial.run(names.groups, names.files, slug=project.slug, now=rules_of(now), then=rules)


def _saved(request: HttpRequest, project: ProjectFact, form: RuleForm) -> bool:
    """Add the rule of a valid form; says whether it stands there now, else the form has the reason."""
    said = wishes.read(project_id=project.id)
    if said.wins("paths") == "covdash.toml":
        form.add_error("find", IN_REPOSITORY)
        return False
    try:
        _write(project, form.added_to(said.from_pages().paths), request)
    except ConfigurationError as error:
        form.add_error("find", error.message)
        return False
    return True


def _write(project: ProjectFact, rules: Paths, request: HttpRequest) -> None:
    said: Any = {} if rules == Paths() else msgspec.to_builtins(rules)
    wishes.write_section(project_id=project.id, actor=reader(request), section="paths", said=said)


def _changed(now: Paths, request: HttpRequest) -> Paths | None:
    """Return the rules with one removed or moved up; None when there is no such rule."""
    what, number = request.POST.get("what", ""), request.POST.get("number", "")
    if what not in ("fixes", "ignore") or not number.isascii() or not number.isdigit():
        return None
    rules: list[Any] = list(getattr(now, what))
    at = int(number[:6])
    if at >= len(rules):
        return None
    rule = rules.pop(at)
    if request.POST.get("do") == "up":
        rules.insert(max(at - 1, 0), rule)
    return msgspec.structs.replace(now, **{what: tuple(rules)})


def _read_all_again(request: HttpRequest, project: ProjectFact, said: str) -> HttpResponse:
    number = corrections.reprocess_all(project_id=project.id, actor=reader(request))
    again = f"{number} uploads are read again." if number else "No upload has to be read again."
    messages.success(request, f"{said} {again}".strip())
    return redirect(Place(project.slug).settings("paths"))


def _progress(project: ProjectFact) -> dict[str, Any]:
    place = Place(project.slug)
    return {
        "run": reprocessing.latest(project=project),
        "progress_address": place.settings("paths", part="progress"),
    }


def _settings(request: HttpRequest, project: ProjectFact, form: RuleForm) -> HttpResponse:
    said = wishes.read(project_id=project.id)
    now = said.configuration.paths
    words = {
        "rules": now,
        "digest": digest_of(now),
        "in_repository": said.wins("paths") == "covdash.toml",
        "form": form,
        "outdated": reprocessing.outdated(project=project, rules=rules_of(now).digest),
        **_progress(project),
    }
    return settings_page(request, project, "paths", words)
