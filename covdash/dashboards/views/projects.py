"""The projects list, pinning one, and making a new one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.forms import NewProjectForm
from covdash.dashboards.pages import projects as pages
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view, reader
from covdash.projects import pins, registry
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import projects as queries


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """`/`: the projects that the reader may see, those of one `?owner=` or of all; `part=rows` is the table alone."""
    search, after = words.text(request, "q"), request.GET.get("after", "")
    sort, bad_sort = words.chosen(request, "sort", queries.SORTS, pages.DEFAULT_SORT)
    owners = queries.owners(user=request.user)
    owner, bad_owner = words.chosen(request, "owner", owners, "")
    cards = queries.cards(
        user=request.user, search=search, sort=sort, after=after, group=owner, pinned_first=True
    )
    page = pages.build(
        cards, search=search, sort=sort, ignored=(*bad_owner, *bad_sort), now=timezone.now(), owner=owner,
        owners=owners, address=pages.address_of(search=search, sort=sort, after=after, owner=owner),
    )  # fmt: skip
    template = (
        "dashboards/_projects.html" if request.GET.get("part") == "rows" else "dashboards/projects.html"
    )
    return freshness.of_body(request, render(request, template, {"page": page, "here": "projects"}))


@require_safe
def group_page(request: HttpRequest, group: str) -> HttpResponse:
    """`/o/<group>/`: the projects below a group and their sums. 404 where the reader may see none."""
    sums = queries.sums(user=request.user, group=group)
    if not sums:
        raise Http404
    search, after = words.text(request, "q"), request.GET.get("after", "")
    sort, bad_sort = words.chosen(request, "sort", queries.SORTS, pages.DEFAULT_SORT)
    ignored = (*words.chosen(request, "owner", (), "")[1], *bad_sort)
    cards = queries.cards(
        user=request.user, search=search, sort=sort, after=after, group=group, pinned_first=True
    )
    address = pages.address_of(search=search, sort=sort, after=after, group=group)
    page = pages.build(cards, search=search, sort=sort, ignored=ignored, now=timezone.now(), address=address)
    context = {"page": page, "here": "projects", "group": pages.build_group(group, sums)}
    template = "_projects" if request.GET.get("part") == "rows" else "group"
    return freshness.of_body(request, render(request, f"dashboards/{template}.html", context))


@require_POST
@project_view()
def pin(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Let a project stand first in the reader's own lists, or no more, and go back to the list."""
    if not request.user.is_authenticated:
        return redirect_to_login(words.back(request))
    deed = pins.unpin if request.POST.get("do") == "unpin" else pins.pin
    deed(project_id=project.id, user=reader(request))
    return redirect(words.back(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    """`/new`: whoever makes a project owns it, and goes on to its setup."""
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = registry.create_project(
                slug=form.cleaned_data["slug"],
                is_public=form.cleaned_data["visibility"] == "public",
                owner=reader(request),
            )
        except registry.ProjectError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect(Place(made.slug).setup())
    return render(request, "dashboards/new_project.html", {"form": form})
