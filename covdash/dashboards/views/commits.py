"""`/p/<slug>/-/commits` and `/p/<slug>/-/commit/<sha>`: the commits of a project, and one of them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place, query_url
from covdash.dashboards.pages import commit as commit_page
from covdash.dashboards.pages import commit_tabs
from covdash.dashboards.pages import commits as commits_page
from covdash.dashboards.pages import gates as gate_pages
from covdash.dashboards.pages import lending as lending_page
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports import verdicts
from covdash.reports.gate_facts import GatesFact
from covdash.reports.queries import branches, commits, compare, components, files, lending, slices, uploads
from covdash.reports.retention_facts import DetailsGoneError


@require_safe
@project_view()
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The commits of a git branch (`?branch=`) or of all, newest first; `author=` and `show=` narrow them."""
    names = _branch_names(project)
    branch, author = words.text(request, "branch"), words.text(request, "author")
    show, ignored = words.chosen(request, "show", commits_page.SHOWS, "")
    found = commits.listing(
        project=project, branch=branch, after=request.GET.get("after", ""), author=author, show=show
    )
    page = commits_page.build(
        found,
        Place(project.slug),
        branch=branch,
        branches=names,
        author=author,
        show=show,
        ignored=ignored,
    )
    context = {"project": project, "place": page.place, "here": "commits", "page": page}
    return freshness.of_body(request, render(request, "dashboards/commits.html", context))


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, sha: str) -> HttpResponse:
    """One commit; an abbreviated sha is sent on to the full one, the tab of its changes to the comparison."""
    place = Place(project.slug)
    commit = commits.resolve(project=project, ref=sha)
    if commit is None:
        raise Http404
    if commit.sha != sha:
        return redirect(query_url(place.commit_page(commit.sha), tab=request.GET.get("tab", "")))
    if request.GET.get("tab") == "changes":
        return redirect(place.compare(head=commit.sha))
    report = commits.report(project=project, commit=commit)
    before = commits.previous(project=project, commit=commit)
    tab, ignored = words.chosen(request, "tab", commit_page.TABS, "")
    if commit.thinned_at and tab in commit_page.OF_FILES:
        raise DetailsGoneError(commit)
    changed = (
        compare.changes(project=project, base=before, head=report, limit=commit_page.CHANGES + 1)
        if report and before and not commit.thinned_at
        else ()
    )
    facts = commit_page.CommitFacts(
        commit=commit,
        report=report,
        before=before,
        flags=commits.flags(commit=commit),
        uploads=uploads.listing(project=project, commit=commit),
        changed=changed,
        components=components.of_report(project=project, report=report)
        if report and not commit.thinned_at
        else None,
    )
    page = commit_page.build(facts, place, tab=tab)
    after = request.GET.get("after", "")
    missing = alone = None
    if report and page.tab == "missing":
        listed = files.flat(project=project, report=report, show="unmeasured", after=after)
        missing = commit_tabs.missing(listed, page.place)
    elif (
        report
        and not commit.thinned_at
        and page.tab == "uploads"
        and (upload := words.text(request, "without"))
    ):
        found = slices.unique(project=project, report=report, upload_id=upload, after=after)
        alone = commit_tabs.alone(found, page.place, upload)
    judged = GatesFact()
    if report and page.tab == commit_page.TABS[0]:
        judged = verdicts.of_commit(project=project, report=report, today=timezone.now().date())
    borrowed = lending.of_commit(project=project, commit=commit)
    rights = access.rights(project.role)
    context = {
        "project": project,
        "place": place,
        "here": "commits",
        "page": page,
        "ignored": ignored,
        "missing": missing,
        "alone": alone,
        "rights": rights,
        "gates": gate_pages.build(judged, place, head=commit.sha, may_waive="settings" in rights),
        "is_told": "upload" in rights,
        "lending": lending_page.build(place, commit.sha, of=borrowed.of, to=borrowed.to, own=borrowed.own),
        "branches": _branch_names(project) if "settings" in rights else (),
    }
    lasting = report is not None and freshness.lasts(request, report)
    return freshness.of_body(request, render(request, "dashboards/commit.html", context), lasting=lasting)


def _branch_names(project: ProjectFact) -> tuple[str, ...]:
    return tuple(branch.name for branch in branches.listing(project=project).items)
