"""PHPUnit with PCOV, Xdebug and Xdebug's path coverage; the truth is `--coverage-text`: its summary, and its classes for the files.

What the formats do not say: only path coverage has arms and paths; Clover has the number of arms and none of the paths, Cobertura
places its arms in no file, the XML folder has neither. PHPUnit counts the methods of classes and traits, not functions.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.producers.figures import Figure, Pair, Says, add
from tests.producers.ground import Ground, Producer

_SUMMARY = re.compile(r"^  (Methods|Paths|Branches|Lines): +[\d.]+% \((\d+)/(\d+)\)", re.MULTILINE)
_CLASS = re.compile(r"^(Shop\\\S+)\n(.*)$", re.MULTILINE)
_FIGURE = re.compile(r"(Methods|Paths|Branches|Lines): +(?:[\d.]+%)? *\( *(\d+)/ *(\d+)\)")
_KINDS = {"Methods": "functions", "Paths": "paths", "Branches": "branches", "Lines": "lines"}
_FILES = {
    "Basket.php": (r"Shop\Basket",),
    "Idle.php": (r"Shop\Idle",),
    "Model/Item.php": (r"Shop\Model\Item", r"Shop\Model\Labelled"),
    "rules.php": (),
}
"""The classes of each file; those of `rules.php` are functions, which the text lists nowhere but counts in the sum of lines."""
_DRIVERS: Mapping[str, tuple[str, ...]] = {
    "PCOV": ("-d", "pcov.enabled=1", "-d", "xdebug.mode=off"),
    "Xdebug": ("-d", "pcov.enabled=0", "-d", "xdebug.mode=coverage"),
    "Xdebug, paths": ("-d", "pcov.enabled=0", "-d", "xdebug.mode=coverage"),
}
_OPTIONS = {"clover": "--coverage-clover", "cobertura": "--coverage-cobertura", "crap4j": "--coverage-crap4j"}


def says(text: str, format_name: str) -> Says:
    """Return what the text report says, for one of the formats."""
    totals: dict[str, Figure] = {"branches": None, "paths": None}
    totals |= {_KINDS[word]: (int(covered), int(total)) for word, covered, total in _SUMMARY.findall(text)}
    totals["paths"] = None  # no format of PHPUnit 9 has them
    if format_name == "phpunit-xml":
        totals["branches"] = None
    classes: dict[str, dict[str, Pair]] = {
        name: {_KINDS[word]: (int(covered), int(total)) for word, covered, total in _FIGURE.findall(row)}
        for name, row in _CLASS.findall(text)
    }
    files: dict[str, dict[str, Figure]] = {}
    for name, members in _FILES.items():
        kinds = {"lines", "functions"} | (
            {"branches"} if format_name == "clover" and totals["branches"] else set()
        )
        files[name] = {kind: add(*(classes[member][kind] for member in members)) for kind in kinds if members}
    warnings = frozenset({"totals_only"} if format_name == "phpunit-xml" else ())
    return Says(format_name, totals, files, warnings=warnings)


def run(ground: Ground) -> None:
    """Compare five reports of each driver."""
    php = ground.need("php", "php-cli", "php-pcov", "php-xdebug", "phpunit")
    phpunit = ground.need("phpunit", "phpunit")
    modules = ground.run(php, "-m").lower()
    for module in ("pcov", "xdebug"):
        if module not in modules:
            ground.need(f"/usr/share/doc/php-{module}", f"php-{module}")
    folder = ground.project("shop")
    version = re.findall(r"PHPUnit ([\d.]+)", ground.run(phpunit, "--version"))[0]
    for driver, settings in _DRIVERS.items():
        into = folder / re.sub(r"\W+", "-", driver).lower()
        more = ["--path-coverage"] if "paths" in driver else []
        outputs = [word for name, option in _OPTIONS.items() for word in (option, into / f"{name}.xml")]
        ground.run(
            php,
            *settings,
            phpunit,
            *more,
            "--coverage-text=report.txt",
            *outputs,
            "--coverage-xml",
            into / "xml",
            cwd=folder,
        )
        text = (folder / "report.txt").read_text()
        for name in ("clover", "cobertura"):
            ground.compare(f"PHPUnit {version} ({driver}), {name}", into / f"{name}.xml", says(text, name))
        folder_as_one = Path(shutil.make_archive(str(into / "xml"), "zip", into / "xml"))
        ground.compare(f"PHPUnit {version} ({driver}), XML folder", folder_as_one, says(text, "phpunit-xml"))
        crap = into / "crap4j.xml"
        count = int(re.findall(r"<methodCount>(\d+)<", crap.read_text())[0])
        ground.compare(f"PHPUnit {version} ({driver}), Crap4J", crap, Says("crap4j", {}, methods=count))


PRODUCER = Producer("phpunit", run)
