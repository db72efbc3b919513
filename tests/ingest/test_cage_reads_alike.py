"""The parser cage gives the same as the pure function outside of it, for every sample: its walls take nothing away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from covdash.coverage.codec import encode, encode_counts
from ingest import frames
from ingest.cage import Cage, Job
from ingest.parsing import Limits
from ingest.reading import Failed, Parsed, Skipped, read_upload_file
from tests.ingest.samples import Sample, blocks, found_in, reports, shopcart_text


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    made = Cage()
    yield made
    made.close()


@pytest.mark.parametrize("sample", [*reports(), *found_in("hostile")], ids=str)
def test_a_sample_reads_alike_in_the_cage(cage: Cage, sample: Sample) -> None:
    data = sample.path.read_bytes()
    outside: list[object] = []

    def keep(path: str, text: bytes) -> None:
        outside.append((path, text))

    for outcome in read_upload_file("x", blocks(data), source_text=shopcart_text, keep_text=keep):
        match outcome:
            case Parsed():
                outside.append(
                    (outcome.name, outcome.format, outcome.evidence, outcome.report.warnings.as_list())
                )
                outside += [
                    (path, encode(file), encode_counts(file)) for path, file in outcome.report.files.items()
                ]
            case Skipped():
                outside.append((outcome.name, f"{outcome.reason}: {outcome.message}"))
            case Failed():
                outside.append((outcome.name, outcome.code, outcome.message))
    answers = cage.read(
        "x", blocks(data), format_name=None, limits=Limits(), job=Job(source_text=shopcart_text)
    )

    assert list(map(_told, answers)) == outside


def _told(answer: object) -> object:
    match answer:
        case frames.Report():
            warnings = [
                {"code": found[0], "count": found[1], "example": found[2]} for found in answer.warnings
            ]
            return (answer.name, answer.format, answer.evidence, warnings)
        case frames.File():
            return (answer.path, answer.coverage, answer.counts)
        case frames.Unpacked():
            return (answer.name, answer.data)
        case frames.Skipped():
            return (answer.name, answer.reason)
        case frames.Failed():
            return (answer.name, answer.code, answer.message)
    return answer
