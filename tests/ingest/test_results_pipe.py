"""Test results and mutants on their way: processed and shown with their upload, and never part of the coverage of the commit."""

from __future__ import annotations

import pytest
from django.core.files.storage import storages

from covdash.coverage.results import decode
from covdash.reports.models import CommitReport, Upload
from tests.factories.uploads import Job, sha, turn
from tests.ingest.samples import SAMPLES

pytestmark = pytest.mark.django_db

JUNIT = SAMPLES / "junit/various/jenkins/junit.xml"
MUTANTS = SAMPLES / "stryker-json/stryker/shapes/mutation.json"
LCOV = b"TN:\nSF:src/a.c\nDA:1,1\nDA:2,0\nend_of_record\n"


@pytest.fixture
def job() -> Job:
    job = Job()
    job.project.is_public = True
    job.project.save()
    return job


def test_an_upload_of_tests_is_processed_and_changes_no_number(job: Job) -> None:
    turn(job.send(LCOV, commit=sha(1), filename="lcov.info"))
    before = CommitReport.objects.get(flag="")
    turn(job.send(JUNIT.read_bytes(), commit=sha(1), filename="junit.xml"))

    upload = Upload.objects.get(files__0__name="junit.xml")
    assert (upload.state, upload.error, upload.root, upload.totals) == ("processed", "", None, None)
    after = CommitReport.objects.get(flag="")
    assert (bytes(after.root), after.totals, after.uploads) == (bytes(before.root), before.totals, 1)


def test_a_commit_with_nothing_but_tests_has_no_report(job: Job) -> None:
    turn(job.send(JUNIT.read_bytes(), commit=sha(1), filename="junit.xml"))

    assert not CommitReport.objects.exists()
    assert job.client.get(f"/p/{job.project.slug}/").status_code == 200


def test_the_page_and_the_status_tell_what_the_tests_said(job: Job) -> None:
    turn(job.send(JUNIT.read_bytes(), commit=sha(1), filename="junit.xml"))
    upload = Upload.objects.get()
    page = job.client.get(f"/p/{job.project.slug}/-/upload/{upload.pk}").content.decode()
    found = job.client.get(f"/api/v1/projects/{job.project.slug}/-/uploads/{upload.pk}").json()

    assert "6 tests" in page
    assert "java.lang.AssertionError" in page
    assert "changes no number of the commit" in page
    assert found["outcomes"][0]["results"]["tests"] == {"total": 6, "passed": 4, "failed": 2}


def test_all_of_them_are_kept_with_the_upload(job: Job) -> None:
    turn(job.send(MUTANTS.read_bytes(), commit=sha(1), filename="mutation.json"))
    upload = Upload.objects.get()
    results = upload.outcomes[0]["results"]
    with storages["objects"].open(results["key"]) as file:
        kept = decode(file.read())
    page = job.client.get(f"/p/{job.project.slug}/-/upload/{upload.pk}").content.decode()

    assert len(kept.mutants) == 55
    assert results["detected"] == {"covered": 24, "total": 55}
    assert "43.6" in page
    assert "Survived" in page
