"""The doors of the reading room: who gets into a project's pages. Every view of a project stands behind one of these.

A stranger gets 404, as for a project that is not there; a reader without the right gets 403 with the way to it; whoever is signed
out and looks for more than reading is sent to sign in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account import app_settings as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.retention import why_thinned
from covdash.projects import access, members
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import CommitFact
from covdash.reports.retention_facts import DetailsGoneError

Words = ParamSpec("Words")
ProjectView = Callable[Concatenate[HttpRequest, ProjectFact, Words], HttpResponseBase]

OWNERS = 5
"""Owners that a refusal names."""
_NEEDS = {
    "upload": "Only members of this project may see how to send reports to it. An owner can make you a member.",
    "settings": "Only owners and maintainers may change this project. An owner can give you the role.",
    "tokens": "Only owners and maintainers may see and make upload tokens. An owner can give you the role.",
    "members": "Only owners may change who belongs to this project and who may see it. An owner can give you the role.",
    "delete": "Only owners may delete this project. An owner can give you the role.",
}


def reader(request: HttpRequest) -> User:
    """Return the signed-in user of a request. Raises `PermissionDenied` for an anonymous one: a view asks for sign-in before."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def project_view(
    right: str = "read", *, recent_login: bool = False
) -> Callable[[ProjectView[Words]], Callable[..., HttpResponseBase]]:
    """Let a view of a project run only for those who have `right`; the view gets the `ProjectFact` in place of the slug.

    With `recent_login`, whoever signed in more than 15 minutes ago is asked for the password first; a form goes on after that.
    """

    def door(view: ProjectView[Words]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def enter(
            request: HttpRequest, slug: str, *args: Words.args, **kwargs: Words.kwargs
        ) -> HttpResponseBase:
            project = access.find(user=request.user, slug=slug)
            if project is None:
                return _moved(request, slug)
            if right not in access.rights(project.role):
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied(_refusal(project, right))
            if recent_login and not _signed_in_lately(request):
                raise_if_reauthentication_required(request, app="covdash")
            try:
                return view(request, project, *args, **kwargs)
            except DetailsGoneError as error:
                return _gone(request, project, error.commit)

        enter.right = right  # type: ignore[attr-defined]
        return enter

    return door


def _gone(request: HttpRequest, project: ProjectFact, commit: CommitFact) -> HttpResponse:
    """Say that retention removed files and lines of the commit, with the ways to what is kept."""
    place = Place(project.slug)
    context = {
        "project": project,
        "place": place,
        "here": "commits",
        "commit": commit,
        "address": place.commit_page(commit.sha),
        "why": why_thinned(commit),
    }
    return render(request, "dashboards/thinned.html", context, status=410)


def _refusal(project: ProjectFact, right: str) -> str:
    """Return what the right is, and who can give it: by name only for members."""
    if not project.role:
        return _NEEDS[right]
    names = members.owners(project_id=project.id)
    # A name may be written from right to left: it turns nothing else around.
    named = ", ".join(f"\u2068{name}\u2069" for name in names[:OWNERS])
    more = f" and {len(names) - OWNERS} more" if len(names) > OWNERS else ""
    return f"{_NEEDS[right]} {'Owners' if len(names) > 1 else 'Owner'} of this project: {named}{more}."


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead from the former address of a project to its new one, for good. Raises `Http404` where there is none."""
    now = access.moved(user=request.user, slug=slug) if request.method in {"GET", "HEAD"} else None
    old = Place(slug).root
    if now is None or not request.get_full_path().startswith(old):
        raise Http404
    return HttpResponsePermanentRedirect(Place(now).root + request.get_full_path()[len(old) :])


def _signed_in_lately(request: HttpRequest) -> bool:
    """Say whether this session signed in or confirmed itself in the last 15 minutes; allauth counts only the second."""
    records = get_authentication_records(request, reader(request))
    return any(time.time() - record["at"] < account.REAUTHENTICATION_TIMEOUT for record in records)
