"""Durable object storage: what `save` returned is on the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile, File

from covdash.storage import DurableFileSystemStorage, Stored, folders, listed


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the operating system, in order: `fsync NAME` and `link NAME`."""
    seen: list[str] = []
    real_sync, real_link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        seen.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        real_sync(descriptor)

    def link(source: str | Path, target: str) -> None:
        seen.append(f"link {Path(target).name}")
        real_link(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    return seen


def storage(folder: Path) -> DurableFileSystemStorage:
    return DurableFileSystemStorage(
        location=folder, file_permissions_mode=0o600, directory_permissions_mode=0o700
    )


def test_bytes_reach_the_disk_before_their_name(tmp_path: Path, calls: list[str]) -> None:
    """First the file is synced, then it gets its name, then the folder is synced; new folders are made durable as well."""
    storage(tmp_path / "objects").save("raw/one", ContentFile(b"abc"))

    assert calls[:2] == [f"fsync {tmp_path.name}", "fsync objects"]
    assert calls[2].endswith(".part")
    assert calls[3:] == ["link one", "fsync raw"]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """A stream that breaks off leaves neither the object nor a piece of it."""

    class Torn(File):  # type: ignore[type-arg]
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"half"
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        storage(tmp_path).save("raw/one", Torn(None))

    assert list((tmp_path / "raw").iterdir()) == []


def test_a_name_is_never_overwritten(tmp_path: Path) -> None:
    """Also not when another writer took it between the question and the link."""
    objects = storage(tmp_path)
    first = objects.save("one", ContentFile(b"first"))
    second = objects._save("one", ContentFile(b"second"))

    assert first != second
    assert (tmp_path / first).read_bytes() == b"first"
    assert (tmp_path / second).read_bytes() == b"second"


def test_objects_are_private(tmp_path: Path) -> None:
    """Raw uploads of private projects: readable by their owner only."""
    storage(tmp_path).save("raw/one", ContentFile(b"abc"))

    assert stat.S_IMODE((tmp_path / "raw" / "one").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "raw").stat().st_mode) == 0o700


def test_a_folder_is_listed_with_sizes_and_times(tmp_path: Path) -> None:
    objects = DurableFileSystemStorage(location=tmp_path)
    objects.save("raw/7/abc", ContentFile(b"12345"))
    objects.save("raw/7/deep/er", ContentFile(b"1"))
    objects.save("raw/8/abc", ContentFile(b"123"))
    (tmp_path / "raw/7/.killed.part").write_bytes(b"half")
    found = {one.name: one.size for one in listed(objects, "raw/7")}
    assert found == {"raw/7/abc": 5, "raw/7/deep/er": 1, "raw/7/.killed.part": 4}
    assert all(datetime.now(UTC) - one.at < timedelta(minutes=1) for one in listed(objects, "raw/7"))
    assert (folders(objects, "raw"), folders(objects, "none")) == (["7", "8"], [])
    assert list(listed(objects, "none")) == []


def test_a_bucket_is_listed_in_its_own_words() -> None:
    """Names, sizes and times come with the list, below the prefix of the installation."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    kept = [SimpleNamespace(key="cov/raw/7/abc", size=5, last_modified=at)]
    asked: list[str] = []

    def by(Prefix: str) -> list[SimpleNamespace]:  # noqa: N803 - as boto3 calls it
        asked.append(Prefix)
        return kept

    bucket = SimpleNamespace(location="cov/", bucket=SimpleNamespace(objects=SimpleNamespace(filter=by)))
    assert list(listed(bucket, "raw/7")) == [Stored("raw/7/abc", 5, at)]  # type: ignore[arg-type]
    assert asked == ["cov/raw/7/"]
