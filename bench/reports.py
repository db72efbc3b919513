"""Deterministic reports for the benchmarks: a synthetic code base of any size, as Cobertura or LCOV, revision by revision."""

from __future__ import annotations

import random
from collections.abc import Iterator


def tree(files: int, *, lines: int, seed: int = 1) -> list[tuple[str, int]]:
    """Return (path, physical lines) of `files` files in directories of about a dozen; sizes are log-normal with mean `lines`."""
    chance = random.Random(seed)
    found = []
    for number in range(files):
        folder = number // 12
        path = f"src/m{folder // 144}/p{folder // 12 % 12}/d{folder % 12}/file{number}.py"
        found.append((path, max(3, int(chance.lognormvariate(0, 0.9) * lines / 1.5))))
    return found


def hits(path: str, length: int, revision: int) -> Iterator[tuple[int, int]]:
    """Yield (line, hits) of the executable lines of a file at a revision: about 60 % of the lines, missed in runs."""
    chance = random.Random(f"{path}@{revision}")
    called = True
    for line in range(1, length + 1):
        if chance.random() < 0.08:
            called = chance.random() < 0.8
        if chance.random() < 0.6:
            yield line, chance.randrange(1, 40) if called else 0


def churn(files: list[tuple[str, int]], share: float, revision: int) -> dict[str, int]:
    """Return path -> revision at which the file last changed, when every revision touches `share` of the files."""
    state = {path: 0 for path, _ in files}
    for now in range(1, revision + 1):
        chance = random.Random(now)
        for path, _ in chance.sample(files, max(1, int(len(files) * share))):
            state[path] = now
    return state


def lcov(files: list[tuple[str, int]], state: dict[str, int]) -> bytes:
    """Render an LCOV report with hits and an arm pair on every tenth line."""
    out = ["TN:"]
    for path, length in files:
        out.append(f"SF:{path}")
        for line, count in hits(path, length, state[path]):
            out.append(f"DA:{line},{count}")
            if line % 10 == 0:
                out.append(f"BRDA:{line},0,0,{count}")
                out.append(f"BRDA:{line},0,1,{count // 2}")
        out.append("end_of_record")
    return ("\n".join(out) + "\n").encode()


def cobertura(files: list[tuple[str, int]], state: dict[str, int]) -> bytes:
    """Render a Cobertura report as coverage.py writes it."""
    out = [
        '<?xml version="1.0" ?>\n<coverage version="7.0" line-rate="0.8" branch-rate="0" timestamp="1" lines-valid="1"'
    ]
    out.append(
        ' lines-covered="1" branches-covered="0" branches-valid="0" complexity="0"><sources><source></source></sources>'
    )
    out.append('<packages><package name="." line-rate="0.8" branch-rate="0" complexity="0"><classes>\n')
    for path, length in files:
        name = path.rpartition("/")[2]
        out.append(
            f'<class name="{name}" filename="{path}" complexity="0" line-rate="0.8" branch-rate="0"><methods/><lines>\n'
        )
        for line, count in hits(path, length, state[path]):
            arms = (
                f' branch="true" condition-coverage="{50 * (1 + (count > 1))}% ({1 + (count > 1)}/2)"'
                if line % 10 == 0
                else ""
            )
            out.append(f'\t\t\t\t\t\t<line number="{line}" hits="{count}"{arms if count else ""}/>\n')
        out.append("</lines></class>\n")
    out.append("</classes></package></packages></coverage>\n")
    return "".join(out).encode()
