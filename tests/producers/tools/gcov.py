"""GCC's gcov over C and C++, text and JSON; the truth are its summaries of each file, and with `-f` of each function.

`Lines executed` and `Taken at least once` (the arms) are percentages with two digits and a total. Functions have no sum in gcov's
output: for the C files, where a function is one function, those with lines are counted from `-f`. What differs on purpose: gcov's
summaries and text leave out the arms of template instances, its JSON has them; and where two units compile one file (`lz4hc.c`
includes `lz4.c`), one run of gcov puts the arms of both side by side, while reports of two units are merged arm by arm. So in the
JSON of all units only the arms of other C files are compared, and each unit by itself.
"""

from __future__ import annotations

import gzip
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.producers import native
from tests.producers.figures import Figure, Says, Share
from tests.producers.ground import Ground, Producer

_FILE = re.compile(
    r"^File '(?P<name>[^']+)'\n(?:No executable lines\n)?(?:Lines executed:(?P<lines>[\d.]+)% of (?P<of>\d+)\n)?"
    r"(?:(?:Branches executed:.*\nTaken at least once:(?P<arms>[\d.]+)% of (?P<all>\d+)|No branches)\n)?",
    re.MULTILINE,
)
_FUNCTION = re.compile(r"^Function '[^']+'\nLines executed:([\d.]+)%", re.MULTILINE)
_OF_ONE_UNIT = ("plain.c", "squeeze.c", "lz4hc.c", "lz4frame.c", "xxhash.c")
_FLAGS = ("-b", "-c", "-H", "-r", "-s", ".")


def says(text: str, format_name: str, *, arms: Iterable[str] | None = None) -> Says:
    """Return what gcov prints; `arms` are the endings of the files whose arms count, None for all."""
    files: dict[str, dict[str, Figure]] = {}
    for found in _FILE.finditer(text):
        figures: dict[str, Figure] = {"lines": Share(found["lines"], int(found["of"]))}
        if arms is None or found["name"].endswith(tuple(arms)):
            figures["branches"] = Share(found["arms"], int(found["all"])) if found["arms"] else (0, 0)
        files[found["name"]] = figures
    percent, total = text.rstrip().rpartition("Lines executed:")[2].split("% of ")
    return Says(format_name, {"lines": Share(percent, int(total)), "conditions": None, "paths": None}, files)


def functions(text: str) -> Figure:
    """Return how many functions `-f` lists with lines that ran, of how many with lines."""
    shares = [float(share) for share in _FUNCTION.findall(text)]
    return sum(1 for share in shares if share), len(shares)


def packed(target: Path, reports: Iterable[Path]) -> Path:
    """Put reports into one archive, unpacked if they are gzipped."""
    with tarfile.open(target, "w:gz") as archive:
        for report in sorted(reports):
            plain = report
            if report.suffix == ".gz":
                plain = report.with_suffix("")
                plain.write_bytes(gzip.decompress(report.read_bytes()))
            archive.add(plain, plain.name)
    return target


def run(ground: Ground) -> None:
    """Compare text and JSON of all units together, and of each C unit with its functions."""
    gcc, gcov, cxx = ground.need("gcc", "gcc"), ground.need("gcov", "gcc"), ground.need("g++", "g++")
    folder = native.project(ground)
    _, objects = native.build(ground, folder, cc=gcc, cxx=cxx, flags=["--coverage"])
    what = f"gcov {re.findall(r'[0-9.]+$', ground.run(gcov, '--version').splitlines()[0])[0]}"
    text = ground.run(gcov, *_FLAGS, *objects, cwd=folder)
    ground.run(gcov, "--json-format", *_FLAGS, *objects, cwd=folder)
    all_text = packed(folder / "text.tar.gz", folder.glob("*.gcov"))
    all_json = packed(folder / "json.tar.gz", folder.glob("*.gcov.json.gz"))
    ground.compare(f"{what}, text of all units", all_text, says(text, "gcov-text"))
    ground.compare(f"{what}, JSON of all units", all_json, says(text, "gcov-json", arms=_OF_ONE_UNIT))
    for unit in (target for target in objects if target.stem not in ("gears", "second")):
        for old in folder.glob("*.gcov"):
            old.unlink()
        text = ground.run(gcov, "-f", *_FLAGS, unit, cwd=folder)
        one_text = packed(folder / f"{unit.stem}.tar.gz", folder.glob("*.gcov"))
        for format_name, report in (
            ("gcov-text", one_text),
            ("gcov-json", folder / f"{unit.stem}.gcov.json.gz"),
        ):
            said = says(text, format_name)
            said = Says(format_name, {**said.totals, "functions": functions(text)}, said.files)
            ground.compare(f"{what}, {format_name.removeprefix('gcov-')} of {unit.stem}.c", report, said)


PRODUCER = Producer("gcov", run, cheap=True)
