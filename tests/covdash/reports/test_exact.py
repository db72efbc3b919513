"""Exact counts of a file: one upload is read as it is, and says the same as adding up would."""

from __future__ import annotations

from covdash.coverage.codec import decode, digest_of, encode, encode_counts, with_counts
from covdash.coverage.lines import merge_all
from covdash.reports.exact import with_exact_counts
from tests.covdash.reports.stock import lines, rich


def test_the_counts_of_the_only_upload_are_those_that_adding_up_gives() -> None:
    for coverage in (rich(), lines(7, 0, 41, None, 1)):
        data = encode(coverage)
        digest, counts = digest_of(data), encode_counts(coverage)

        found, exact = with_exact_counts(digest, [(digest, counts)], {digest: data}, complete=True)

        assert exact
        assert found.hits.tolist() == coverage.hits.tolist()
        added = merge_all([decode(data), with_counts(decode(data), counts)])
        assert encode(found) == encode(added) == data
        assert found.hits.tolist() == added.hits.tolist()
        assert found.functions == added.functions == coverage.functions


def test_an_upload_that_is_not_all_of_the_report_is_not_believed() -> None:
    """The object of the report says more than the upload: a second one is missing."""
    report, upload = lines(1, 1, 1), lines(5, 0, 1)
    data, part = encode(report), encode(upload)
    blocks = [(digest_of(part), encode_counts(upload))]

    found, exact = with_exact_counts(
        digest_of(data), blocks, {digest_of(data): data, digest_of(part): part}, complete=True, alone=True
    )

    assert not exact
    assert with_counts(upload, blocks[0][1]).hits.tolist() == [5, 0, 1]
    assert found.lines.tolist() == [1, 2, 3]
