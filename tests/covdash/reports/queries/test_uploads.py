"""Uploads, newest first, with all that came of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from pytest_django import DjangoAssertNumQueries

from covdash.projects.facts import ProjectFact
from covdash.projects.models import PullRequest
from covdash.projects.registry import create_project
from covdash.reports.facts import FileOutcome, PathResolution
from covdash.reports.models import Upload
from covdash.reports.queries import commits, uploads
from tests.covdash.reports.stock import START, Stock, lines

Fact = Callable[[], ProjectFact]
FILES = {"a.py": lines(1, 0)}
OUTCOMES = [
    {
        "name": "report.zip > lcov.info",
        "state": "parsed",
        "format": "lcov",
        "evidence": "records of SF: and DA:",
        "producer": "",
        "files": 3,
        "lines": 40,
        "warnings": [["negative_count", 2, "line 3: -1 hits"]],
    },
    {"name": "report.zip > a.bin", "state": "skipped", "reason": "no known format"},
    {"name": "b.xml", "state": "failed", "code": "truncated", "message": "ends early", "where": "byte 4"},
]
PATHS = {
    "matched": 2,
    "rewritten_count": 1,
    "ambiguous_count": 1,
    "unmatched_count": 1,
    "rewritten": [["/build/a.py", "a.py"]],
    "ambiguous": [["x.py", ["a/x.py", "b/x.py"]]],
    "unmatched": [["/usr/lib/y.py", "outside of the repository"]],
}


def test_an_upload_tells_everything(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    commit = stock.report(FILES, flags=["unit", "linux"])
    upload = Upload.objects.get()
    newer = stock.upload(commit, FILES)
    pull = PullRequest.objects.create(project=stock.project, number=12)
    Upload.objects.filter(pk=upload.pk).update(
        outcomes=OUTCOMES,
        paths=PATHS,
        superseded_by=newer,
        pull=pull,
        attempt=3,
        build_url="https://ci.example/7",
    )
    project = fact()

    with django_assert_num_queries(1):
        found = uploads.get(project=project, upload_id=str(upload.pk))

    assert found is not None
    assert found.commit == commits.resolve(project=project, ref=commit.sha)
    assert (found.id, found.branch, found.pull, found.attempt) == (str(upload.pk), "main", 12, 3)
    assert (found.flags, found.files, found.size) == (("unit", "linux"), ("report.info",), 120)
    assert (found.superseded_by, found.state) == (str(newer.pk), "processed")
    assert found.totals == lines(1, 0).totals()
    assert found.outcomes == (
        FileOutcome(
            name="report.zip > lcov.info", state="parsed", format="lcov", evidence="records of SF: and DA:", files=3,
            lines=40, warnings=(("negative_count", 2, "line 3: -1 hits"),),
        ),
        FileOutcome(name="report.zip > a.bin", state="skipped", reason="no known format"),
        FileOutcome(name="b.xml", state="failed", code="truncated", message="ends early", where="byte 4"),
    )  # fmt: skip
    assert found.paths == PathResolution(
        2, 1, 1, 1, 0,
        (("/build/a.py", "a.py", ""),), (("x.py", ("a/x.py", "b/x.py")),), (("/usr/lib/y.py", "outside of the repository"),),
    )  # fmt: skip
    listed = {upload.id: upload for upload in uploads.listing(project=project).items}[found.id]
    assert listed == replace(found, paths=PathResolution(2, 1, 1, 1))


def test_what_is_no_upload_of_the_project_is_none(stock: Stock, fact: Fact) -> None:
    other = Stock(create_project(slug="other"))
    foreign = other.upload(other.commit(), FILES)

    for number in (str(foreign.pk), str(uuid.uuid4()), "12", "", "x" * 36):
        assert uploads.get(project=fact(), upload_id=number) is None
    assert uploads.listing(project=fact()).items == ()


def test_the_list_is_filtered_and_paged(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = stock.commit(), stock.commit()
    made = [stock.upload(first, {}, state="failed" if n % 5 == 0 else "processed") for n in range(60)]
    made.append(stock.upload(second, {}, state="received"))
    for n, upload in enumerate(made):
        Upload.objects.filter(pk=upload.pk).update(received_at=START + timedelta(minutes=n // 7))
    Upload.objects.filter(pk=made[3].pk).update(superseded_by=made[4])
    project = fact()

    seen: list[str] = []
    after = ""
    while not seen or after:
        with django_assert_num_queries(1):
            page = uploads.listing(project=project, after=after)
        seen += [upload.id for upload in page.items]
        after = page.after
    assert sorted(seen) == sorted(str(upload.pk) for upload in made)
    assert seen[0] == str(max(made[56:], key=lambda upload: upload.pk).pk)
    assert [len(uploads.listing(project=project, state=state).items) for state in ("failed", "received")] == [
        12,
        1,
    ]
    assert [upload.id for upload in uploads.listing(project=project, state="superseded").items] == [
        str(made[3].pk)
    ]
    assert len(uploads.listing(project=project, state="nonsense").items) == 40
    known = commits.resolve(project=project, ref=second.sha)
    assert [upload.id for upload in uploads.listing(project=project, commit=known).items] == [
        str(made[60].pk)
    ]
