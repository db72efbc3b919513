"""Sheets: files cut from them, poured into builders and encoded at once are the same as files built one by one."""

from __future__ import annotations

import pytest

from covdash.coverage.codec import encode, encode_counts
from covdash.coverage.sheet_codec import encoded
from ingest.reading import Parsed
from tests.ingest.samples import Sample, read, reports


@pytest.mark.parametrize("sample", reports(), ids=str)
def test_files_are_encoded_at_once_as_one_by_one(sample: Sample) -> None:
    for outcome in read(sample.path):
        if isinstance(outcome, Parsed):
            files = outcome.report.files
            alone = [(path, encode(file), encode_counts(file)) for path, file in files.items()]
            assert list(encoded(files)) == alone
