"""`/ops/`: the page of operators. Everybody else gets 404."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from covdash import checks, health, signs
from covdash.accounts.models import User
from covdash.dashboards import figures
from covdash.dashboards.pages import ops as pages
from covdash.projects import access
from covdash.reports import upkeep
from covdash.reports.queries import ops


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Queue, times, failures, storage, and what is wrong with the configuration; `part=now` is what changes."""
    _operator(request)
    services = {
        "Database schema": health.schema_matches(),
        "Object storage": health.store_is_writable(),
        "Broker": health.broker_answers(),
    }
    found = [
        (message.is_serious(), f"{message.msg} {message.hint or ''}") for message in checks.check_serving()
    ]
    fact = ops.now()
    failing = {row.last_project for row in fact.failures}
    readable = set(access.visible(user=request.user).filter(slug__in=failing).values_list("slug", flat=True))
    page = pages.build(
        fact,
        services,
        found,
        readable=readable,
        workers=signs.workers(),
        slow=signs.slow_pages(),
        now=timezone.now(),
    )
    alone = request.GET.get("part") == "now"
    return render(request, f"dashboards/{'_ops' if alone else 'ops'}.html", {"page": page, "here": "ops"})


@require_safe
@never_cache
def part(request: HttpRequest, name: str) -> HttpResponse:
    """`/ops/queue` and `/ops/storage`: parts of the page."""
    _operator(request)
    return redirect(f"/ops/#{name}")


@require_POST
def read_again(request: HttpRequest) -> HttpResponse:
    """Let what failed for the cause `code` be read again."""
    number = upkeep.read_again(code=request.POST.get("code", "")[:64], actor=_operator(request))
    if number:
        messages.success(
            request, f"{figures.counted(number, 'upload')} will be read again, after those that are new."
        )
    else:
        messages.info(
            request, "No upload of the last seven days failed for this cause, or all of them wait already."
        )
    return redirect("/ops/#failures")


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Let the uploads of the project `slug` wait (`paused=1`), or be processed again."""
    slug, paused = request.POST.get("slug", ""), request.POST.get("paused") == "1"
    done = upkeep.pause(slug=slug, paused=paused, actor=_operator(request))
    if done and paused:
        messages.success(request, f"Uploads of {slug} are taken and wait.")
    elif done:
        messages.success(request, f"Uploads of {slug} are processed again.")
    else:
        messages.info(
            request, f"Nothing changed: {slug} is {'paused already' if paused else 'not paused'}, or is gone."
        )
    return redirect("/ops/#storage")


def _operator(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not request.user.is_superuser:
        raise Http404
    return request.user
