"""`--strip`, `--prefix` and `--env` of our own uploader: one job says how its paths are to be read, and what is shown with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from covdash.coverage.tree import walk
from covdash.reports.loading import loader
from covdash.reports.models import Upload
from tests.factories.exchange import GitTree, Uploader
from tests.factories.uploads import Job, lcov, turn
from tests.ingest.exchanged import error_of

pytestmark = pytest.mark.django_db

LINES = {1: 1, 2: 0}
TREE = GitTree({"src/cart/util.py": b"a\nb\n", "src/pay/util.py": b"a\nb\n", "src/pay/charge.py": b"a\nb\n"})
REPORT = lcov({"/build/util.py": LINES, "charge.py": LINES})
PATHS = {"strip": ["/nowhere", "/build"], "prefix": "src/pay"}


def measured(upload: Upload) -> set[str]:
    upload.refresh_from_db()
    return {
        path for path, entry in walk(loader(upload.project_id), bytes(upload.root or b"")) if entry.digest
    }


@pytest.mark.parametrize("tree", [TREE, None])
def test_paths_are_read_as_the_job_says(uploader: Uploader, tree: GitTree | None) -> None:
    """A beginning is taken off, a folder put before: what only the job can know is no guess any more."""
    upload = uploader.send({"lcov.info": REPORT}, tree, paths=PATHS)
    turn(upload)
    assert measured(upload) == {"src/pay/util.py", "src/pay/charge.py"}
    assert upload.paths["matched"] == 2


def test_without_it_the_name_of_two_files_is_ambiguous(uploader: Uploader) -> None:
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    turn(upload)
    assert measured(upload) == {"src/pay/charge.py"}
    assert upload.paths["ambiguous"] == [["/build/util.py", ["src/cart/util.py", "src/pay/util.py"]]]


def test_other_words_for_the_paths_make_another_upload(uploader: Uploader) -> None:
    """Sent again with another `--strip`, the same report is not the upload of before, whose paths were wrong."""
    for paths in (None, PATHS, PATHS):
        uploader.send({"lcov.info": REPORT}, TREE, paths=paths)
    assert Upload.objects.count() == 2


@pytest.mark.parametrize(
    "paths",
    [{"strip": ["x" * 501]}, {"prefix": "a\0b"}, {"strip": ["/a"] * 51}, {"strip": "/a"}, {"strip": [7]}, []],
)
def test_words_that_cannot_be_used_are_refused_before_a_byte_is_sent(uploader: Uploader, paths: Any) -> None:
    said = uploader.announce(uploader.manifest({"lcov.info": REPORT}, paths=paths))
    error_of(said, 400, "bad_manifest")
    assert said.json()["error"]["field"].startswith("paths")


def test_variables_are_shown_with_the_upload(job: Job, uploader: Uploader, client: Client) -> None:
    job.project.is_public = True
    job.project.save()
    upload = uploader.send({"lcov.info": REPORT}, ci={"env": {"OS": "<linux>", "PYTHON": "3.12"}})
    page = client.get(f"/p/{job.project.slug}/-/upload/{upload.pk}").content.decode()
    assert "<bdi>OS=&lt;linux&gt;</bdi>" in page
    assert "<bdi>PYTHON=3.12</bdi>" in page
    odd = uploader.send({"b.info": REPORT + b"\n"}, ci={"env": ["OS"]})
    assert client.get(f"/p/{job.project.slug}/-/upload/{odd.pk}").status_code == 200
