"""What the address of a file asks for: how it is folded, which line is selected, and what links to its lines keep of that."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from covdash.coverage.differential import CATEGORIES
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.folding import CONTEXT, MOST_CONTEXT, Fold
from covdash.dashboards.pages.sheet import FileOptions
from covdash.dashboards.views import scope, words

_OF_DIFFS = ("changes", *CATEGORIES)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file is looked at; `ignored` are words that make no sense. `place` has the words that links to lines of the file keep."""

    place: Place
    options: FileOptions
    ignored: tuple[str, ...]


def read(request: HttpRequest, seen: scope.Scope, *, diff: str = "") -> Wish:
    """Return what the address asks for; `diff` names the other side of a diff, "" without."""
    asked = request.GET
    fold, ignored = _fold(request, diff=bool(diff))
    line = asked.get("line", "")
    only = fold.what not in ("", "covered")
    place = seen.place.viewed(
        diff=diff,
        hide="covered" if fold.what == "covered" else "",
        only=fold.what if only else "",
        context=str(fold.context) if only else "",
    )
    options = FileOptions(
        lines=asked.get("rows" if diff else "lines", ""),
        line=int(line) if line.isascii() and line.isdigit() and len(line) < 9 else 0,
        find=asked.get("find", "").strip()[:200],
        whole_lines=asked.get("whole") == "1",
        fold=fold,
    )
    return Wish(place, options, ignored)


def _fold(request: HttpRequest, *, diff: bool) -> tuple[Fold, tuple[str, ...]]:
    """Return how the query string asks to fold the file: `only=zones&context=3`, or `hide=covered`."""
    only, bad_only = words.chosen(request, "only", ("zones", *(_OF_DIFFS if diff else ())), "")
    hide, bad_hide = words.chosen(request, "hide", ("covered",), "")
    ignored = bad_only + bad_hide
    if not only:
        return Fold(hide), ignored
    context = request.GET.get("context", "")
    if context.isascii() and context.isdigit() and len(context) < 5:
        return Fold(only, min(int(context), MOST_CONTEXT)), ignored
    return Fold(only, CONTEXT), (*ignored, f"context={context[:60]}") if context else ignored
