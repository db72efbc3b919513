"""Codes of failures and warnings in words: what was wrong, and what to do. PURE.

The program that failed gave a sentence of its own, with the place in the file; here stand the cause behind the code and the way out.
A test enumerates the codes of `docs/formats.md`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not work. `said` is the sentence of the program that knew, `cause` the general one, `action` the next step."""

    code: str
    said: str
    cause: str
    action: str


UNKNOWN = (
    "The program gave a reason that this page does not know.",
    "Send the file again; if it fails the same way, keep it.",
)
FAILURES: dict[str, tuple[str, str]] = {
    "bad_configuration": (
        "This covdash.toml cannot be used. The reports beside it are read all the same.",
        "The project keeps the settings that it had; mend the place that is named, the next upload brings it.",
    ),
    "empty": (
        "The file holds nothing.",
        "The tool wrote no report, often because no test ran. Check the step that makes the report.",
    ),
    "unknown_format": (
        "No format that covdash reads looks like this.",
        "Send the report that the coverage tool writes (XML, JSON, LCOV, a .coverage file), not its HTML or log output.",
    ),
    "format_mismatch": (
        "The upload names a format that this file is not.",
        "Leave `format` out: the format is found by content.",
    ),
    "ambiguous_format": (
        "Two formats claim this file.",
        "Say which one it is with the field `format`.",
    ),
    "malformed": (
        "The file breaks the rules of its own format.",
        "Make the report again. If the tool writes it like this each time, use another of its formats.",
    ),
    "truncated": (
        "The file ends in the middle.",
        "Nothing of it was used. Let the test step finish, or check the disk of the CI machine, then send it again.",
    ),
    "bad_encoding": (
        "The file is not in the encoding that it names.",
        "Write the report as UTF-8.",
    ),
    "binary": (
        "The file is binary, and no binary format that covdash reads.",
        "Export it with the tool that wrote it, for example to Cobertura XML or LCOV.",
    ),
    "too_deep": (
        "The file is nested deeper than any report is.",
        "Make the report again; a file like this does not come from a coverage tool.",
    ),
    "too_large": (
        "The file is greater than the limit of this installation.",
        "Split the report by job or flag, or let the operator raise the limit.",
    ),
    "decompression_limit": (
        "The file unpacks to far more than it may.",
        "Send the report plain or compressed with gzip or zstd; archives within archives are not needed.",
    ),
    "forbidden_xml": (
        "The XML declares entities, which a coverage report never needs.",
        "Remove the DTD with its entities, or make the report again.",
    ),
    "forbidden_sqlite": (
        "The database holds more than a coverage.py data file does.",
        "Send the .coverage file that coverage.py wrote, unchanged.",
    ),
    "unsupported_version": (
        "The file has a version that covdash does not read yet.",
        "Update covdash, or let the tool write another of its formats.",
    ),
    "needs_sources": (
        "The file names what ran, but not what could have run.",
        "Send the source text along (part `sources`), or a report made with the sources: `coverage json`.",
    ),
    "nested_archive": (
        "An archive lies inside an archive.",
        "Put the reports into one archive, or send them as several files of one upload.",
    ),
    "encrypted": (
        "The archive is locked with a password.",
        "Pack the reports without one; the way to the server is what keeps them private.",
    ),
    "unsupported_method": (
        "The archive is compressed in a way that few programs can read.",
        "Pack the reports with an ordinary zip, or as tar.gz.",
    ),
    "no_report": (
        "Nothing in this upload is a coverage report.",
        "Look at the list of its files below: send the file that the coverage tool writes.",
    ),
    "infrastructure": (
        "The database or the object storage could not be reached for a long time.",
        "The report is not to blame. Send it again, or tell the operator to look at the log of the worker.",
    ),
    "blob_missing": (
        "The stored bytes of this upload are gone.",
        "Send the report again, and tell the operator to look at the object storage.",
    ),
    "blob_corrupt": (
        "The stored bytes of this upload are not those that were sent.",
        "Send the report again, and tell the operator to look at the object storage.",
    ),
    "not_a_file": (
        "The entry of the archive is a link, a device or a file full of holes.",
        "Pack the reports themselves.",
    ),
    "not_a_report": (
        "The entry is a side file of the desktop that packed the archive.",
        "Nothing is missing; it can stay or go.",
    ),
    "path_escape": (
        "A name in the archive points outside of it.",
        "Pack the archive from inside the folder of the reports.",
    ),
    "poisoned": (
        "Processing ended without an answer three times, so it was given up.",
        "The file is kept. Send a smaller report, or tell the operator to look at the log of the worker.",
    ),
}
WARNINGS: dict[str, str] = {
    "needs_sources": "Only lines that ran are known; the rest needs the source text.",
    "unreadable_source": "The source text that was sent cannot be parsed.",
    "unplaced_arms": "The tool puts these arms on wrong lines, so they are only counted.",
    "too_many_arms": "A line has more than 1,000 arms; they are kept as a count.",
    "too_many_results": "More than 200,000 tests, mutants or methods; the rest is not kept. Split the report.",
    "totals_only": "The report holds sums without lines.",
    "no_files": "The report names no source file.",
    "bad_record": "A record broke the rules of the format and was left out.",
    "bad_line_number": "A line number outside 1 to 10 000 000 was left out.",
    "negative_count": "A count below zero was taken as 0.",
    "non_integer_count": "A count that is no whole number was rounded down.",
    "duplicate_key": "A name occurs twice; the counts were added.",
    "path_escape": "A path points outside of the repository and was left out.",
    "bad_path": "A path cannot be one of a repository and was left out.",
    "ambiguous_path": "A path fits several files of the repository and was left out.",
    "unmatched_path": "A path fits no file of the repository and was left out.",
    "totals_differ": "The sums written in the report differ from its own lines; the lines were used.",
    "bad_encoding": "Bytes that are no valid text were replaced.",
    "truncated": "The file ends in the middle; what stood before was used.",
    "malformed": "A part that breaks the rules of the format was left out.",
}


def reason_of(code: str, said: str) -> Reason:
    """Return the reason behind `code`; a code without an entry gives the sentence that came with it."""
    cause, action = FAILURES.get(code, UNKNOWN)
    return Reason(code, said, cause, action)


def warning_of(code: str) -> str:
    """Return what a warning means, "" when only its example says so."""
    return WARNINGS.get(code, "")
