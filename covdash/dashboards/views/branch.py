"""`/p/<slug>/-/branch/<name>`: a git branch."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import trend
from covdash.dashboards.pages import branch, gaps
from covdash.dashboards.pages import context as context_bar
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports import reviews
from covdash.reports.facts import BranchFact
from covdash.reports.queries import arms, branches, commits, compare, timelines, trends


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, name: str) -> HttpResponse:
    """The git branch `name`, compared with the default branch; `tab=arms` lists its arms never taken."""
    fact = branches.get(project=project, name=name)
    if fact is None:
        raise Http404
    if request.GET.get("tab") == "trend":
        return _trend(request, project, fact)
    head = commits.head(project=project, branch=name)
    base = None if fact.is_default else commits.head(project=project)
    tab, ignored = words.chosen(request, "tab", branch.TABS, "summary")
    after = request.GET.get("after", "")
    points, grain = (
        trends.drawn(project=project, branch=name, most=trend.MAX_POINTS)
        if tab == "summary"
        else ((), "commit")
    )
    facts = branch.BranchFacts(
        branch=fact,
        head=head,
        base=base,
        points=points,
        grain=grain,
        changed=compare.changes(project=project, base=base, head=head, limit=branch.CHANGES + 1)
        if head and base and tab in ("summary", "files")
        else (),
        commits=commits.listing(project=project, branch=name, after=after if tab == "commits" else ""),
        tab=tab,
        unreported=commits.unreported(project=project, branch=name, head=head.commit) if head else (),
    )
    page = branch.build(facts, Place(project.slug), default_branch=project.default_branch)
    context: dict[str, object] = {
        "project": project,
        "place": page.place,
        "here": "branches",
        "page": page,
        "ignored": ignored,
    }
    if tab == "arms" and head:
        found = arms.never(project=project, report=head, everything=False, after=after)
        place = page.place.at(branch="" if fact.is_default else name)
        bar = context_bar.build(head, place, branch=name, branches=(), flags=head.flags, ignored=())
        context["gaps"] = gaps.arm_gaps(found, head.totals, bar)
    return freshness.of_body(request, render(request, "dashboards/branch.html", context))


def _trend(request: HttpRequest, project: ProjectFact, fact: BranchFact) -> HttpResponse:
    """Every commit of the branch, and the default branch beside it."""
    own = timelines.reports(project=project, branch=fact.name)[""]
    beside = () if fact.is_default else timelines.reports(project=project, branch=project.default_branch)[""]
    marks = reviews.marks(project=project, branch=fact.name, since=own[0].at) if own else ()
    page = branch.build_trend(
        fact, own, beside, marks, Place(project.slug), default_branch=project.default_branch
    )
    context = {"project": project, "place": page.place, "here": "branches", "page": page}
    return freshness.of_body(request, render(request, "dashboards/branch_trend.html", context))
