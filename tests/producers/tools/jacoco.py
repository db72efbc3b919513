"""JaCoCo over Java of many constructs; the truth are its CSV (instructions, arms, methods) and its HTML pages of source files.

The CSV counts by class: lines that classes share (an anonymous class inside a method) stand there once for each, so lines are
taken from the pages of source files, which count as covdash does.
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

from tests.producers.figures import Figure, Pair, Says, add
from tests.producers.ground import Ground, Producer

_JARS = (
    "org.jacoco.ant",
    "org.jacoco.agent",
    "org.jacoco.core",
    "org.jacoco.report",
    "asm",
    "asm-commons",
    "asm-tree",
    "asm-analysis",
)
_SHARE = Path("/usr/share/java")
_ROW = re.compile(r'<tr><td id="a\d+"><a [^>]*class="el_source">([^<]+)</a></td>(.*?)</tr>', re.DOTALL)
_CELL = re.compile(r'<td[^>]* id="([b-m])\d+">(.*?)</td>', re.DOTALL)
_BAR = re.compile(r'(red|green)bar\.gif"[^>]* title="([\d,.]+)"')


def _bar(cell: str) -> Pair:
    counts = {colour: int(re.sub(r"\D", "", number)) for colour, number in _BAR.findall(cell)}
    return counts.get("green", 0), sum(counts.values())


def pages(html: Path) -> dict[str, dict[str, Figure]]:
    """Return the figures of each source file from the pages of packages."""
    files: dict[str, dict[str, Figure]] = {}
    for page in sorted(html.rglob("index.source.html")):
        for name, row in _ROW.findall(page.read_text()):
            cells = dict(_CELL.findall(row))
            files[f"{page.parent.name.replace('.', '/')}/{name}"] = {
                "instructions": _bar(cells["b"]),
                "branches": _bar(cells["d"]),
                "lines": (int(cells["i"]) - int(cells["h"]), int(cells["i"])),
                "functions": (int(cells["k"]) - int(cells["j"]), int(cells["k"])),
            }
    return files


def says(table: str, html: Path) -> Says:
    """Return what CSV and pages say."""
    rows = list(csv.DictReader(table.splitlines()))
    files = pages(html)

    def total(word: str) -> Pair:
        return add(
            *(
                (int(row[f"{word}_COVERED"]), int(row[f"{word}_COVERED"]) + int(row[f"{word}_MISSED"]))
                for row in rows
            )
        )

    totals: dict[str, Figure] = {
        "instructions": total("INSTRUCTION"),
        "branches": total("BRANCH"),
        "functions": total("METHOD"),
        "lines": add(*(pair for file in files.values() if isinstance(pair := file["lines"], tuple))),
    }
    return Says("jacoco", totals, files)


def run(ground: Ground) -> None:
    """Compare the XML report."""
    ground.need(str(_SHARE / "org.jacoco.agent.jar"), "libjacoco-java")
    java, javac, ant = (
        ground.need("java", "default-jdk-headless"), ground.need("javac", "default-jdk-headless"), ground.need("ant", "ant"),
    )  # fmt: skip
    folder = ground.project("bank")
    with zipfile.ZipFile(_SHARE / "org.jacoco.agent.jar") as jar:
        jar.extract("jacocoagent.jar", folder)
    (folder / "classes").mkdir()
    ground.run(
        javac, "--release", "11", "-g", "-d", "classes", *sorted((folder / "src").rglob("*.java")), cwd=folder
    )
    ground.run(
        java, "-javaagent:jacocoagent.jar=destfile=jacoco.exec", "-cp", "classes", "bank.Main", cwd=folder
    )
    libraries = [word for jar in _JARS for word in ("-lib", _SHARE / f"{jar}.jar")]
    ground.run(ant, "-q", *libraries, "report", cwd=folder)
    version = next((name.stem.rpartition("-")[2] for name in _SHARE.glob("org.jacoco.core-*.jar")), "?")
    ground.compare(
        f"JaCoCo {version}", folder / "jacoco.xml", says((folder / "jacoco.csv").read_text(), folder / "html")
    )


PRODUCER = Producer("jacoco", run, cheap=True)
