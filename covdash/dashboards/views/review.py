"""`/p/<slug>/-/review` (`.md`): what a team talks about, and the forms that keep what it said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import review as pages
from covdash.dashboards.pages import review_mail, review_markdown, review_moves
from covdash.dashboards.review_forms import DecisionForm, NoteForm, SettleForm
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view, reader
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports import reviewing, reviews
from covdash.reports.facts import ReportFact
from covdash.reports.queries import branches, components, review
from covdash.reports.review_facts import ReviewFacts
from covdash.reports.reviews import Within

_EARLIEST = date(1990, 1, 1)


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The review as a page; `?part=moves` is the piece that waits for a comparison."""

    def printed(page: pages.ReviewPage) -> HttpResponse:
        context = {"project": project, "place": page.place, "here": "review", "page": page}
        context |= {"may_write": "settings" in access.rights(project.role), "weeks": pages.WEEKS}
        context["mail"] = review_mail.address_of(page, words.server()) if page.head else ""
        alone = request.GET.get("part") == "moves"
        return render(request, f"dashboards/{'_review_moves' if alone else 'review'}.html", context)

    return _tagged(request, project, printed)


@require_safe
@project_view()
def markdown(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The review as Markdown, with whole addresses."""

    def written(page: pages.ReviewPage) -> HttpResponse:
        text = review_markdown.text_of(page, words.server())
        return HttpResponse(text, content_type="text/markdown; charset=utf-8")

    return _tagged(request, project, written)


@require_POST
@project_view("settings")
def write_note(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Keep the notes to a period."""
    form = NoteForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        reviewing.write_note(
            project_id=project.id,
            branch=_branch(project, said["branch"]),
            until=said["until"],
            body=said["body"],
            actor=reader(request),
        )
        messages.success(request, f"The notes to the period until {said['until']} are saved.")
    else:
        messages.error(request, "Nothing was saved: a note has at most 20,000 characters.")
    return redirect(_back(project, form))


@require_POST
@project_view("settings")
def decide(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Keep a decision, with the numbers of this day."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was saved. Say what was decided; the day is written 2026-08-21.")
        return redirect(_back(project, form))
    said = form.cleaned_data
    branch = _branch(project, said["branch"])
    try:
        reviewing.decide(
            project_id=project.id,
            branch=branch,
            until=said["until"],
            wording=reviewing.Wording(
                said["text"],
                said["owner"],
                said["due"],
                said["component"],
                _lines(project, branch, said["until"], said["component"]),
            ),
            actor=reader(request),
        )
    except reviewing.ReviewError as error:
        messages.error(request, f"Nothing was saved. {error.message}")
    else:
        messages.success(request, "The decision is kept; the next review begins with it.")
    return redirect(_back(project, form))


@require_POST
@project_view("settings")
def settle(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Mark a decision as done, or open again."""
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise Http404
    said = form.cleaned_data
    try:
        reviewing.settle(
            project_id=project.id, number=said["number"], done=said["done"], actor=reader(request)
        )
    except reviewing.ReviewError as error:
        raise Http404 from error
    messages.success(request, "The decision is done." if said["done"] else "The decision is open again.")
    return redirect(_back(project, form))


def _tagged(
    request: HttpRequest, project: ProjectFact, answered: Callable[[pages.ReviewPage], HttpResponse]
) -> HttpResponse:
    """Answer the review that `?weeks=&until=&team=&branch=` ask for, or that it did not change.

    About thirty SQL statements, whatever the project holds; a dozen if nothing changed. While lines are being compared it has no tag:
    the next answer differs, and nothing else does.
    """
    now = timezone.now()
    asked = _asked(request, project, now.date())
    period = review.period(
        project=project, branch=asked.branch, since=_end(asked.since), until=_end(asked.until)
    )
    begun = reviews.begin(project=project, period=period, now=now)
    tag = freshness.tag_for(request, project, begun, asked)
    if answer := freshness.unchanged(request, tag):
        return answer
    page = _page(request, project, asked, begun, now)
    return answered(page) if page.pending else freshness.stamped(answered(page), tag)


def _page(
    request: HttpRequest, project: ProjectFact, asked: pages.Asked, begun: ReviewFacts, now: datetime
) -> pages.ReviewPage:
    """Return the whole review that has begun."""
    period = begun.period
    within: Within = None
    if period.head is not None:
        asked, within = _team(request, project, period.head, asked)
    facts = reviews.gather(project=project, begun=begun, now=now, within=within)
    paths = review_moves.paths_of(review_moves.parts(facts, within))
    facts = replace(facts, steps=review.steps(project=project, period=period, paths=paths))
    place = Place(project.slug)
    if asked.branch != project.default_branch:
        place = place.at(branch=asked.branch)
    return pages.build(facts, asked, place, today=now.date(), within=within)


def _asked(request: HttpRequest, project: ProjectFact, today: date) -> pages.Asked:
    """Return what the address asks for; what makes no sense gives the default and a quiet note."""
    ignored: list[str] = []
    names = branches.names(project=project)
    branch = words.text(request, "branch") or project.default_branch
    if branch not in names and branch != project.default_branch:
        ignored.append(f"branch={branch[:60]}")
        branch = project.default_branch
    weeks, said = pages.DEFAULT_WEEKS, words.text(request, "weeks")
    if said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= max(pages.WEEKS):
        weeks = int(said[:4])
    elif said:
        ignored.append(f"weeks={said[:60]}")
    until, said = today, words.text(request, "until")
    if said:
        try:
            until = date.fromisoformat(said)
        except ValueError:
            ignored.append(f"until={said[:60]}")
        if not _EARLIEST <= until <= today + timedelta(days=366):
            ignored.append(f"until={said[:60]}")
            until = today
    return pages.Asked(branch, weeks, until, branches=names, ignored=tuple(ignored))


def _team(
    request: HttpRequest, project: ProjectFact, head: ReportFact, asked: pages.Asked
) -> tuple[pages.Asked, Within]:
    """Return the address with the teams that a CODEOWNERS names, and which files are those of the one asked for."""
    owners = components.owners(project=project, report=head)
    team, ignored = words.chosen(request, "team", owners.names, "")
    asked = replace(asked, team=team, teams=owners.names, ignored=(*asked.ignored, *ignored))
    return asked, owners.owned(team) if team else None


def _lines(project: ProjectFact, branch: str, until: date, component: str) -> tuple[int, int] | None:
    """Return (covered, total) lines of a component, or of the project, at the end of a period."""
    period = review.period(project=project, branch=branch, since=_end(_EARLIEST), until=_end(until))
    if period.head is None:
        return None
    parts = components.of_report(project=project, report=period.head)
    return pages.lines_of(ReviewFacts(period, parts), component)


def _branch(project: ProjectFact, said: str) -> str:
    """Return a git branch that the project has: the default one for any other name."""
    return said if said in branches.names(project=project) else project.default_branch


def _back(project: ProjectFact, form: Form) -> str:
    """Return the address of the period that a form was about, as far as it said."""
    said = form.cleaned_data
    until, branch = said.get("until"), said.get("branch") or ""
    weeks = said.get("weeks")
    return Place(project.slug).review(
        weeks=weeks if weeks and weeks != pages.DEFAULT_WEEKS else "",
        until=until.isoformat() if until else "",
        branch=branch if branch != project.default_branch else "",
    )


def _end(day: date) -> datetime:
    """Return the last moment of a day in UTC."""
    return datetime.combine(day, time.max, tzinfo=UTC)
