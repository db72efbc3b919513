"""The settings of a project. Each form is one POST to its own address; what it changed is said at the top of the next page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from covdash.accounts import people
from covdash.dashboards import forms
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import settings as pages
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.settings_frame import page, saved
from covdash.projects import access, members, registry, upload_tokens
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import branches


@require_safe
@project_view("settings")
def general(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Default branch, visibility, delete."""
    return _general(request, project)


@require_POST
@project_view("settings")
def default_branch(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Choose the git branch that pages show by default."""
    form = forms.DefaultBranchForm(request.POST, branches=_branches(project))
    if not form.is_valid():
        return _general(request, project, branch_form=form)
    registry.set_default_branch(project_id=project.id, name=form.cleaned_data["default_branch"])
    return saved(
        request,
        project,
        "general",
        f"Pages show the git branch {form.cleaned_data['default_branch']} by default.",
    )


@require_POST
@project_view("delete", recent_login=True)
def rename(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Give the project another slug; old addresses lead to the new ones."""
    form = forms.RenameForm(request.POST)
    if not form.is_valid():
        return _general(request, project, rename_form=form)
    try:
        slug = registry.rename_project(
            project_id=project.id, slug=form.cleaned_data["slug"], actor=reader(request)
        )
    except registry.ProjectError as error:
        form.add_error("slug", str(error))
        return _general(request, project, rename_form=form)
    return saved(
        request,
        replace(project, slug=slug),
        "general",
        f"The project is called {slug} now; old addresses lead here.",
    )


@require_POST
@project_view("members", recent_login=True)
def visibility(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Open the project to everybody, or close it."""
    form = forms.VisibilityForm(request.POST, slug=project.slug)
    if not form.is_valid():
        return _general(request, project, visibility_form=form)
    is_public = form.cleaned_data["visibility"] == "public"
    registry.set_visibility(project_id=project.id, is_public=is_public)
    who = "Everybody may read this project now." if is_public else "Only members may read this project now."
    return saved(request, project, "general", who)


@require_POST
@project_view("delete", recent_login=True)
def delete(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Delete the project, once its slug is typed."""
    form = forms.DeleteForm(request.POST, slug=project.slug)
    if not form.is_valid():
        return _general(request, project, delete_form=form)
    registry.delete_project(project_id=project.id)
    messages.success(request, f"{project.slug} was deleted, with its reports, uploads and tokens.")
    return redirect("/")


@require_safe
@never_cache
@project_view("members")
def member_list(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Who belongs to the project."""
    return _members(request, project)


@require_POST
@never_cache
@project_view("members", recent_login=True)
def add_member(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Add somebody; an operator may make the account on the way, whose password is shown once."""
    form = forms.MemberForm(request.POST)
    if not form.is_valid():
        return _members(request, project, form=form)
    name, role, password = form.cleaned_data["username"], form.cleaned_data["role"], ""
    try:
        try:
            members.add_member(project_id=project.id, username=name, role=role)
        except registry.ProjectError as error:
            if error.code != "unknown_user" or not (
                reader(request).is_superuser and form.cleaned_data["make_account"]
            ):
                raise
            password = people.make_account(username=name)
            members.add_member(project_id=project.id, username=name, role=role)
    except registry.ProjectError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _members(request, project, form=form)
    except people.AccountError as error:
        form.add_error("username", str(error))
        return _members(request, project, form=form)
    if password:
        return _members(request, project, made={"username": name, "password": password})
    return saved(request, project, "members", f"{name} belongs to this project now.")


@require_POST
@project_view("members", recent_login=True)
def change_member(request: HttpRequest, project: ProjectFact, user_id: int) -> HttpResponse:
    """Give a member another role, or remove the member (`role=remove`)."""
    role = request.POST.get("role", "")
    try:
        if role == "remove":
            members.remove_member(project_id=project.id, user_id=user_id)
            said = "The member was removed."
        else:
            members.set_role(project_id=project.id, user_id=user_id, role=role)
            said = "The role was changed."
    except registry.ProjectError as error:
        messages.error(request, str(error))
        return redirect(Place(project.slug).settings("members"))
    if access.find(user=request.user, slug=project.slug) is None:
        return redirect("/")
    return saved(request, project, "members", said)


@require_safe
@never_cache
@project_view("tokens")
def token_list(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The upload tokens."""
    return _tokens(request, project)


@require_POST
@never_cache
@project_view("tokens", recent_login=True)
def make_token(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Make a token; the answer to this very request is the only page that ever shows it."""
    form = forms.TokenForm(request.POST)
    if not form.is_valid():
        return _tokens(request, project, form=form)
    days = form.cleaned_data["expires"]
    secret = upload_tokens.make(
        project_id=project.id,
        name=form.cleaned_data["name"],
        created_by=reader(request),
        lifetime=None if days is None else timedelta(days=days),
    )
    return _tokens(request, project, made={"name": form.cleaned_data["name"], "secret": secret})


@require_POST
@project_view("tokens", recent_login=True)
def revoke_token(request: HttpRequest, project: ProjectFact, token_id: int) -> HttpResponse:
    """Revoke a token from the next request on."""
    try:
        name = upload_tokens.revoke(project_id=project.id, token_id=token_id)
    except registry.ProjectError as error:
        messages.error(request, str(error))
        return redirect(Place(project.slug).settings("tokens"))
    return saved(
        request, project, "tokens", f"The token {name} was revoked: uploads with it are refused from now on."
    )


def _branches(project: ProjectFact) -> tuple[str, ...]:
    """Return the git branches to choose from: the default and the lately reported ones."""
    return tuple(branch.name for branch in branches.listing(project=project).items)


def _general(request: HttpRequest, project: ProjectFact, **wrong: Any) -> HttpResponse:
    names = _branches(project)
    visible = "public" if project.is_public else "private"
    words = {
        "branch_form": forms.DefaultBranchForm(
            branches=names, initial={"default_branch": project.default_branch}
        ),
        "visibility_form": forms.VisibilityForm(slug=project.slug, initial={"visibility": visible}),
        "rename_form": forms.RenameForm(initial={"slug": project.slug}),
        "delete_form": forms.DeleteForm(slug=project.slug),
        "branches": names,
        **wrong,
    }
    return page(request, project, "general", words)


def _members(request: HttpRequest, project: ProjectFact, **words: Any) -> HttpResponse:
    rows = pages.members(members.listing(project_id=project.id), request.user.pk)
    shown = {"rows": rows, "roles": pages.ROLES, "form": forms.MemberForm(), **words}
    return page(request, project, "members", shown)


def _tokens(request: HttpRequest, project: ProjectFact, **words: Any) -> HttpResponse:
    rows = pages.tokens(upload_tokens.listing(project_id=project.id))
    return page(request, project, "tokens", {"rows": rows, "form": forms.TokenForm(), **words})
