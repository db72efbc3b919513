"""The help page: what the numbers mean and which keys there are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.pages import glossary, search


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """`/help`, open to everybody."""
    page = {
        "metrics": glossary.METRICS,
        "states": glossary.STATES,
        "keys": glossary.KEYS,
        "prefixes": search.HELP,
        "here": "help",
    }
    return render(request, "dashboards/help.html", page)
