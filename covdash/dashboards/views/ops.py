"""`/ops/`: the page of operators. Everybody else gets 404."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from covdash import checks, health
from covdash.dashboards.pages import ops as pages
from covdash.projects import access
from covdash.reports.queries import ops, retention


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Queue, times, failures, storage, and what is wrong with the configuration; `part=now` is what changes."""
    if not request.user.is_superuser:
        raise Http404
    services = {
        "Database schema": health.schema_matches(),
        "Object storage": health.store_is_writable(),
        "Broker": health.broker_answers(),
    }
    messages = [
        (message.is_serious(), f"{message.msg} {message.hint or ''}") for message in checks.check_serving()
    ]
    fact = replace(ops.now(), sweeps=retention.sweeps())
    failing = {row.last_project for row in fact.failures}
    readable = set(access.visible(user=request.user).filter(slug__in=failing).values_list("slug", flat=True))
    page = pages.build(fact, services, messages, readable=readable, now=timezone.now())
    alone = request.GET.get("part") == "now"
    return render(request, f"dashboards/{'_ops' if alone else 'ops'}.html", {"page": page, "here": "ops"})


@require_safe
@never_cache
def part(request: HttpRequest, name: str) -> HttpResponse:
    """`/ops/queue` and `/ops/storage`: parts of the page."""
    if not request.user.is_superuser:
        raise Http404
    return redirect(f"/ops/#{name}")
