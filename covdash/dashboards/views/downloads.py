"""Answers that are files to keep: CSV, line by line."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse

from covdash.dashboards import tables


def csv_answer(rows: Iterable[Iterable[object]], name: str) -> StreamingHttpResponse:
    """Return `rows` as a CSV file of that name; the slashes of a slug become dashes."""
    answer = StreamingHttpResponse(tables.lines(rows), content_type="text/csv; charset=utf-8")
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name
    )
    answer["Content-Disposition"] = f'attachment; filename="{plain}.csv"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
