"""The samples: real reports with their truth, hostile inputs with their outcome; and the ways to read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.reading import Outcome, no_source_text, read_upload_file

SAMPLES = Path(__file__).parents[1] / "samples"
SHOPCART = SAMPLES / "sources" / "shopcart"
BOOLEAN = {
    "coverage-py-json", "coverage-py-data", "jacoco", "sonar-generic", "dotcover-xml", "vs-coveragexml", "vs-dynamic-xml",
    "bullseye-xml",
}  # fmt: skip
"""Formats whose hits only say yes or no."""
METRICS = {
    "lines": "lines",
    "branches": "branches",
    "functions": "functions",
    "conditions": "conditions",
    "mcdc_conditions": "conditions",
    "statements": "statements",
    "sequence_points": "statements",
    "prime_paths": "paths",
    "paths": "paths",
    "instruction": "instructions",
    "regions": "regions",
    "blocks": "regions",
}
"""Words of the truth files -> kinds of totals."""


@dataclass(frozen=True)
class Sample:
    """A report and what it means."""

    path: Path

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the producing tool says, or the outcome that is expected."""
        found: dict[str, Any] = json.loads(self.path.with_name(f"{self.path.name}.truth.json").read_text())
        return found

    def __str__(self) -> str:
        return str(self.path.relative_to(SAMPLES))


def found_in(folder: str) -> list[Sample]:
    """Return the samples with a truth below a folder, in order."""
    suffix = ".truth.json"
    truths = sorted((SAMPLES / folder).rglob(f"*{suffix}"))
    return [Sample(truth.with_name(truth.name.removesuffix(suffix))) for truth in truths]


def reports() -> list[Sample]:
    """Return every real report."""
    folders = [folder.name for folder in sorted(SAMPLES.iterdir()) if folder.is_dir()]
    return [
        sample for folder in folders if folder not in ("hostile", "sources") for sample in found_in(folder)
    ]


def shopcart_text(path: str) -> bytes | None:
    """Return a source of the project shopcart by the path that a report writes: absolute, or relative to it or to `src`."""
    tail = path.rpartition("shopcart/src/")[2] if path.startswith("/") else path.removeprefix("src/")
    file = SHOPCART / "src" / tail
    return file.read_bytes() if file.is_file() else None


def read(
    path: Path, *, sources: bool = False, format_name: str | None = None, block: int = 1 << 16
) -> list[Outcome]:
    """Read a file as the pipe does, in blocks."""
    text = shopcart_text if sources else no_source_text
    return list(
        read_upload_file(
            path.name, blocks(path.read_bytes(), block), format_name=format_name, source_text=text
        )
    )


def blocks(data: bytes, size: int = 1 << 16) -> Iterator[bytes]:
    """Yield `data` in blocks."""
    return (data[at : at + size] for at in range(0, len(data), size))
