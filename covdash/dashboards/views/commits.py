"""`/p/<slug>/-/commits` and `/p/<slug>/-/commit/<sha>`: the commits of a project, and one of them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place, query_url
from covdash.dashboards.pages import commit as commit_page
from covdash.dashboards.pages import commits as commits_page
from covdash.dashboards.pages import lending as lending_page
from covdash.dashboards.views.doors import project_view
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import branches, commits, compare, components, lending, uploads


@require_safe
@project_view()
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The commits of a git branch (`?branch=`) or of all, newest first."""
    words = request.GET
    names = _branch_names(project)
    branch = words.get("branch", "")
    found = commits.listing(project=project, branch=branch, after=words.get("after", ""))
    page = commits_page.build(found, Place(project.slug), branch=branch, branches=names)
    context = {"project": project, "place": page.place, "here": "commits", "page": page}
    return render(request, "dashboards/commits.html", context)


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, sha: str) -> HttpResponse:
    """One commit; an abbreviated sha is sent on to the full one."""
    place = Place(project.slug)
    commit = commits.resolve(project=project, ref=sha)
    if commit is None:
        raise Http404
    if commit.sha != sha:
        return redirect(query_url(place.commit_page(commit.sha), tab=request.GET.get("tab", "")))
    report = commits.report(project=project, commit=commit)
    before = commits.previous(project=project, commit=commit)
    tab = request.GET.get("tab", "")
    changed = (
        compare.changes(project=project, base=before, head=report, limit=commit_page.CHANGES + 1)
        if report and before
        else ()
    )
    facts = commit_page.CommitFacts(
        commit=commit,
        report=report,
        before=before,
        flags=commits.flags(commit=commit),
        uploads=uploads.listing(project=project, commit=commit),
        changed=changed,
        components=components.of_report(project=project, report=report) if report else None,
    )
    page = commit_page.build(facts, place, tab=tab)
    borrowed = lending.of_commit(project=project, commit=commit)
    rights = access.rights(project.role)
    context = {
        "project": project,
        "place": place,
        "here": "commits",
        "page": page,
        "rights": rights,
        "lending": lending_page.build(place, commit.sha, of=borrowed.of, to=borrowed.to, own=borrowed.own),
        "branches": _branch_names(project) if "settings" in rights else (),
    }
    return render(request, "dashboards/commit.html", context)


def _branch_names(project: ProjectFact) -> tuple[str, ...]:
    return tuple(branch.name for branch in branches.listing(project=project).items)
