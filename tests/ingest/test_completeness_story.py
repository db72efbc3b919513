"""Twenty parallel jobs, three run again, two late, in random order and delivered twice: one report, told correctly at each moment.

What the reader sees is asserted on the pages and the API, after each step.
"""

from __future__ import annotations

import html
import random
import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit, Project
from covdash.reports.models import CommitReport, Upload
from ingest import announce, assemble, tasks
from tests.factories.uploads import Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

JOBS = [f"job {number:02}" for number in range(20)]
EXPECT = {"completeness": {"expect": JOBS}}


def report(number: int, *, hits: int = 1) -> bytes:
    """Each job covers a line of its own in one shared file, and a file of its own."""
    shared = dict.fromkeys(range(1, 21), 0) | {number + 1: hits}
    return lcov({"src/shared.py": shared, f"src/only_{number:02}.py": {1: hits, 2: 0}})


def text_of(client: Client, address: str) -> str:
    """The words of a page, as a reader sees them."""
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def open_project(**facts: object) -> tuple[Job, Place]:
    owner = project(is_public=True, **facts)
    return Job(owner), Place(owner.slug)


def pass_time(owner: Project, **length: int) -> None:
    """Let time pass: everything that happened in the project is so much older."""
    for upload in Upload.objects.filter(project=owner):
        Upload.objects.filter(pk=upload.pk).update(received_at=upload.received_at - timedelta(**length))
    for commit in Commit.objects.filter(project=owner, complete_at=None):
        if until := commit.completeness.get("until"):
            moved = timezone.datetime.fromisoformat(until) - timedelta(**length)
            commit.completeness["until"] = moved.isoformat()
            commit.save(update_fields=["completeness"])
