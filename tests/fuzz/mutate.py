"""Mutated samples of every format through the reader: it must answer with outcomes, never with an exception, and in bounded time.

    python3 -m tests.fuzz.mutate [--minutes 10] [--seed 1] [--only lcov,...]

A mutation flips bytes, cuts, repeats or swaps pieces, or replaces a number by one that hurts. What breaks is printed with its seed and
written to the folder of temporary files; mend it, then keep the smallest such input below `tests/samples/hostile`.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from covdash.coverage import codec, results
from ingest.reading import Parsed, read_upload_file
from tests.ingest.samples import Sample, blocks, reports

NUMBER = re.compile(rb"\d+")
WORD = re.compile(rb"[A-Za-z_]{2,}")
NUMBERS = (
    b"0",
    b"-1",
    b"1e400",
    b"99999999999999999999999",
    b"1.5",
    b"16707566",
    b"4294967296",
    b"NaN",
    b"true",
    b"null",
    b'""',
)
LONGEST = 200_000
SECONDS = 10.0
"""CPU time in which any input of this size must be read."""


class FindingError(AssertionError):
    """An input that broke the reader."""


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with one to six mutations."""
    found = bytearray(data[:LONGEST])
    for _ in range(chance.randint(1, 6)):
        if not found:
            break
        at = chance.randrange(len(found))
        size = chance.choice((1, 2, 8, 64, 1000))
        match chance.randrange(7):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + size]
            case 2:
                del found[at:]
            case 3:
                found[at:at] = found[at : at + size] * chance.choice((1, 3, 50))
            case 4:
                other = chance.randrange(len(found))
                found[at : at + size], found[other : other + size] = (
                    found[other : other + size], found[at : at + size],
                )  # fmt: skip
            case 5:
                _replace(found, NUMBER, chance, chance.choice(NUMBERS))
            case _:
                words = WORD.findall(bytes(found[:20_000]))
                _replace(found, WORD, chance, chance.choice(words) if words else b"x")
    return bytes(found)


def _replace(data: bytearray, pattern: re.Pattern[bytes], chance: random.Random, by: bytes) -> None:
    found = list(pattern.finditer(bytes(data[:50_000])))
    if found:
        place = chance.choice(found)
        data[place.start() : place.end()] = by


def check(data: bytes, *, name: str = "x") -> Iterator[str]:
    """Read `data` as the cage does and yield the kinds of its outcomes. Raises `FindingError`."""
    started = time.process_time()
    try:
        for outcome in read_upload_file(name, blocks(data), source_text=lambda _path: None):
            yield type(outcome).__name__
            if isinstance(outcome, Parsed):
                results.decode(results.encode(outcome.report.results))
                for file in outcome.report.files.values():
                    codec.with_counts(codec.decode(codec.encode(file)), codec.encode_counts(file))
                    file.totals()
    except Exception as error:
        raise FindingError(f"{type(error).__name__}: {error}") from error
    if (spent := time.process_time() - started) > SECONDS:
        raise FindingError(f"{spent:.1f} s for {len(data)} bytes")


def run(
    samples: list[Sample], *, seed: int, seconds: float = float("inf"), rounds: int = sys.maxsize
) -> tuple[Counter[str], list[str]]:
    """Mutate samples in turn, for `seconds` or `rounds`; returns counts of outcomes by format and the findings in words."""
    counts: Counter[str] = Counter()
    findings: list[str] = []
    deadline = time.monotonic() + seconds
    for round_number in range(rounds):
        if time.monotonic() > deadline or len(findings) >= 20:
            break
        for sample in samples:
            chance = random.Random(f"{seed}-{round_number}-{sample}")
            data = mutated(sample.path.read_bytes(), chance)
            try:
                counts.update(f"{sample.truth['format']}: {kind}" for kind in check(data))
            except FindingError as error:
                place = traceback.extract_tb(error.__cause__.__traceback__)[-1] if error.__cause__ else None
                where = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
                kept = Path(tempfile.gettempdir()) / f"finding-{seed}-{round_number}-{sample.path.name}"
                kept.write_bytes(data)
                findings.append(f"{sample}, round {round_number}: {error}{where}; kept as {kept.name}")
            if time.monotonic() > deadline:
                break
    return counts, findings


def main() -> int:
    """Run by the clock; status 1 when something broke."""
    parser = argparse.ArgumentParser(description="Mutate samples and read them.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="formats, separated by commas")
    options = parser.parse_args()
    only = set(options.only.split(",")) - {""}
    samples = [sample for sample in reports() if not only or sample.truth["format"] in only]
    counts, findings = run(samples, seconds=options.minutes * 60, seed=options.seed)
    for finding in findings:
        print(finding)
    kinds = Counter[str]()
    for word, number in counts.items():
        kinds[word.rpartition(": ")[2]] += number
    print(f"seed {options.seed}: {sum(counts.values())} inputs, {dict(kinds)}; {len(findings)} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
