"""Every real report, posted through the HTTP door, gives the totals that its producing tool says, through the read API."""

from __future__ import annotations

import pytest

from ingest.inspection import answer
from tests.factories.uploads import Job, sha, turn
from tests.ingest.samples import read, reports

pytestmark = pytest.mark.django_db


def test_totals_of_every_sample_survive_the_whole_way() -> None:
    """What `inspect_report` finds in a report (and is judged by the truth of the sample) is what the API tells of its commit."""
    job = Job()
    job.project.is_public = True
    job.project.save()
    different: list[str] = []
    for number, sample in enumerate(reports(), 1):
        expected = answer(sample.path.name, read(sample.path))
        turn(job.send(sample.path.read_bytes(), commit=sha(number), filename=sample.path.name))
        found = job.client.get(f"/api/v1/projects/{job.project.slug}/commits/{sha(number)}").json()
        # Tests and mutants are no coverage: a commit that has nothing else has no totals at all.
        if (found["totals"] or {}) != expected["totals"] or (found["totals"] is None) != (
            "results" in expected
        ):
            different.append(f"{sample}: {found['totals']} is not {expected['totals']}")
    assert not different, "\n".join(different)
