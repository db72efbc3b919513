"""Source texts are kept once per project, by git's own id."""

from __future__ import annotations

import subprocess

import pytest

from covdash.projects.models import Project
from covdash.sources import store
from covdash.sources.models import SourceObject

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(slug="acme/texts")


@pytest.mark.parametrize("text", [b"", b"x = 1\n", "caf\u00e9\n".encode(), b"\xff\xfe\r\n"])
def test_the_id_is_that_of_git(text: bytes) -> None:
    shown = subprocess.run(
        ["git", "hash-object", "--stdin"], input=text, capture_output=True, check=True
    ).stdout
    assert store.blob_id(text).hex() == shown.decode().strip()


def test_texts_come_back_as_they_were_and_are_kept_once(project: Project) -> None:
    texts = [f"line {n}\n".encode() * n for n in range(20)]
    assert store.put(project_id=project.pk, texts=[*texts, *texts]) == 20
    assert store.put(project_id=project.pk, texts=texts) == 0
    assert store.get(project_id=project.pk, blobs=[store.blob_id(text) for text in texts]) == {
        store.blob_id(text): text for text in texts
    }
    assert SourceObject.objects.get(blob=store.blob_id(texts[7])).size == len(texts[7])


def test_another_project_does_not_see_them(project: Project) -> None:
    store.put(project_id=project.pk, texts=[b"secret"])
    other = Project.objects.create(slug="acme/other")
    assert store.get(project_id=other.pk, blobs=[store.blob_id(b"secret")]) == {}


def test_what_is_no_source_file_is_refused(project: Project) -> None:
    with pytest.raises(ValueError, match="more than"):
        store.put(project_id=project.pk, texts=[b"x" * (store.MAX_TEXT + 1)])
