"""`/search?q=&in=<slug>`: looking for things by name; `part=results` is the list alone, for the dialog."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import search as pages
from covdash.dashboards.views import words
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports.findings import Hit
from covdash.reports.queries import commits
from covdash.reports.queries import search as queries

KEEP = 365 * 24 * 3600
"""Seconds for which a browser keeps what was chosen."""


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Hits that the reader may see: in the project `in` first, then projects."""
    text = words.text(request, "q")[:200]
    project = (
        access.find(user=request.user, slug=request.GET.get("in", "")) if request.GET.get("in") else None
    )
    kind, wanted = pages.split(text)
    alone = request.GET.get("part") == "results"
    limit = queries.ALL if kind and not alone else queries.SWITCH if kind == "project" else queries.GROUP
    place = Place(project.slug) if project else None
    rights = access.rights(project.role) if project else frozenset()
    hits: dict[str, tuple[Hit, ...]] = {}
    numbers: dict[str, int] = {}
    if wanted and project:
        hits, numbers = _in_project(project, kind, wanted, limit)
    if kind == "project" or (wanted and not kind):
        hits["project"] = queries.projects(user=request.user, text=wanted, limit=limit)
    named: dict[str, tuple[pages.Found, ...]] = {}
    if kind in ("", "page"):
        user = request.user
        found = pages.pages(
            place, wanted, rights, reads_as=user.get_username(), is_operator=user.is_superuser
        )
        named["page"], numbers["page"] = found[:limit], len(found)
    if wanted or kind == "page":
        named["action"] = pages.actions(wanted) if kind in ("", "page") else ()
    page = pages.build(wanted, place, hits, named, numbers=numbers, all_of="" if alone else kind)
    context = {
        "page": page,
        "here": "search",
        "typed": text,
        "prefixes": pages.HELP,
        "most": pages.LISTED,
        "project": project,
        "place": place,
    }
    return render(request, f"dashboards/{'_results' if alone else 'search'}.html", context)


def _in_project(
    project: ProjectFact, kind: str, text: str, limit: int
) -> tuple[dict[str, tuple[Hit, ...]], dict[str, int]]:
    """Return what is found by kind, and how many there are of those that have more."""
    hits: dict[str, tuple[Hit, ...]] = {}
    numbers: dict[str, int] = {}
    report = commits.head(project=project) if kind in ("", "file", "function") else None
    if report and kind != "function":
        hits["file"], numbers["file"] = queries.files(project=project, report=report, text=text, limit=limit)
    if report and (kind == "function" or (not kind and report.totals.files <= pages.LISTED)):
        hits["function"], numbers["function"] = queries.functions(
            project=project, report=report, text=text, limit=limit
        )
    for name, look in {
        "branch": queries.branches,
        "commit": queries.commits,
        "pull": queries.pulls,
        "upload": queries.uploads,
    }.items():
        if kind in ("", name):
            hits[name] = look(project=project, text=text, limit=limit)
    return hits, numbers


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """`/preferences`: an action of the search without script: `theme` or `keys` of this browser, kept in a cookie as scripts keep it.

    Goes back to where the reader was.
    """
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/search"
    answer = redirect(back)
    for word, names in pages.CHOICES.items():
        value = request.POST.get(word)
        if value in names:
            messages.success(request, f"{names[value]}.")
            # Scripts read and write it, too; without a value it goes.
            age = KEEP if value else 0
            answer.set_cookie(f"covdash-{word}", value, age, secure=request.is_secure(), samesite="Lax")
    return answer
