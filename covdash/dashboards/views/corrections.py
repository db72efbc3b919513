"""Corrections of uploads and commits. Each form is one POST to its own address; what it changed is said on the next page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from covdash.audit import trail
from covdash.dashboards.addresses import Place
from covdash.dashboards.correction_forms import DeleteUploadForm, ExcludeForm, LendForm
from covdash.dashboards.pages import audit as audit_page
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.settings_frame import page as settings_page
from covdash.projects.facts import ProjectFact
from covdash.reports import corrections, lending, raw_files
from covdash.reports.corrections import CorrectionError
from covdash.reports.queries import branches


@require_POST
@project_view("settings")
def exclude(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """Leave an upload out of the report, with a reason."""
    number, form = _number(upload_id), ExcludeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed. Say in a few words why the upload is left out.")
        return redirect(Place(project.slug).upload(upload_id))
    try:
        fresh = corrections.exclude(
            project_id=project.id, upload_id=number, why=form.cleaned_data["why"], actor=reader(request)
        )
    except CorrectionError as error:
        return _refused(request, project, upload_id, error)
    said = "The upload counts no more." if fresh else "The upload was left out before."
    messages.success(request, said)
    return redirect(Place(project.slug).upload(upload_id))


@require_POST
@project_view("settings")
def include(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """Let an excluded upload count again."""
    try:
        corrections.include(project_id=project.id, upload_id=_number(upload_id), actor=reader(request))
    except CorrectionError as error:
        return _refused(request, project, upload_id, error)
    messages.success(request, "The upload counts again.")
    return redirect(Place(project.slug).upload(upload_id))


@require_POST
@project_view("settings")
def delete(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """Delete an upload, once the beginning of its id is typed."""
    number, form = _number(upload_id), DeleteUploadForm(request.POST, upload_id=upload_id)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["confirm"]))
        return redirect(Place(project.slug).upload(upload_id))
    try:
        corrections.delete(project_id=project.id, upload_id=number, actor=reader(request))
    except CorrectionError as error:
        return _refused(request, project, upload_id, error)
    messages.success(
        request, f"The upload {upload_id[:8]} was deleted, and the report of its commit is made anew."
    )
    return redirect(Place(project.slug).uploads())


@require_POST
@project_view("upload")
def reprocess(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """Read an upload again."""
    try:
        fresh = corrections.reprocess(
            project_id=project.id, upload_id=_number(upload_id), actor=reader(request)
        )
    except CorrectionError as error:
        return _refused(request, project, upload_id, error)
    messages.success(
        request, "The upload is read again." if fresh else "The upload is waiting or being read already."
    )
    return redirect(Place(project.slug).upload(upload_id))


@require_safe
@project_view("upload")
def raw(_request: HttpRequest, project: ProjectFact, upload_id: str, number: int) -> HttpResponseBase:
    """One file of an upload as it was sent: to be saved, never shown."""
    found = raw_files.find(project=project, upload_id=_number(upload_id), number=number)
    if found is None:
        raise Http404
    # Names are those of strangers; Django writes the header so that no name can end it.
    name = found.name.replace("\\", "/").rpartition("/")[2] or "file"
    response = FileResponse(
        found.content, as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    response.headers["Content-Length"] = str(found.size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@project_view("settings")
def lend(request: HttpRequest, project: ProjectFact, sha: str) -> HttpResponse:
    """Let the report of this commit stand for another."""
    names = tuple(branch.name for branch in branches.listing(project=project).items)
    form = LendForm(request.POST, branches=names)
    place = Place(project.slug)
    if not form.is_valid():
        messages.error(
            request, "Nothing was changed. Give the whole id of the other commit and one of the git branches."
        )
        return redirect(place.commit_page(sha))
    to = form.cleaned_data["sha"].strip().lower()
    try:
        lending.lend(
            project_id=project.id, of=sha, to=to, branch=form.cleaned_data["branch"], actor=reader(request)
        )
    except CorrectionError as error:
        if error.code == "unknown_commit":
            raise Http404 from error
        messages.error(request, f"Nothing was changed. {error.message}")
        return redirect(place.commit_page(sha))
    messages.success(request, f"The report of {sha[:8]} stands for this commit.")
    return redirect(place.commit_page(to))


@require_POST
@project_view("settings")
def own_report(request: HttpRequest, project: ProjectFact, sha: str) -> HttpResponse:
    """Let a commit have the report of its own uploads again."""
    try:
        lending.take_back(project_id=project.id, sha=sha, actor=reader(request))
    except CorrectionError as error:
        if error.code == "unknown_commit":
            raise Http404 from error
        messages.info(request, error.message)
    else:
        messages.success(request, "The commit has the report of its own uploads again.")
    return redirect(Place(project.slug).commit_page(sha))


@require_safe
@project_view("settings")
def audit(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Who changed what."""
    rows = audit_page.build(trail.listing(project_id=project.id), Place(project.slug))
    return settings_page(request, project, "audit", {"rows": rows})


def _refused(
    request: HttpRequest, project: ProjectFact, upload_id: str, error: CorrectionError
) -> HttpResponse:
    """Say on the page of the upload why nothing was changed. Raises `Http404` where there is no such upload."""
    if error.code == "unknown_upload":
        raise Http404 from error
    messages.error(request, f"Nothing was changed. {error.message}")
    return redirect(Place(project.slug).upload(upload_id))


def _number(upload_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(upload_id)
    except ValueError as error:
        raise Http404 from error
