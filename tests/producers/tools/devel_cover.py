"""Devel::Cover over Perl of many constructs; the truth is `cover -summary`: percentages, cut after one digit, of each file and in all.

The totals behind the percentages stand in the summary of its JSON, which is one of the formats here; for the text they are an
independent count, since covdash reads its tables and not its summary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.producers.figures import Figure, Says, Share
from tests.producers.ground import Ground, Producer

_COLUMNS = {"stmt": "statements", "bran": "branches", "cond": "conditions", "sub": "functions"}
_WORDS = {
    "statements": "statement",
    "branches": "branch",
    "conditions": "condition",
    "functions": "subroutine",
}
_CRITERIA = "statement,branch,condition,subroutine"


def says(table: str, counts: Mapping[str, Any], format_name: str) -> Says:
    """Return what the summary says; `counts` are the totals by file and criterion."""
    heads = re.findall(r"^File\s+(.*)$", table, re.MULTILINE)[0].split()
    files: dict[str, dict[str, Figure]] = {}
    for name, *cells in (line.split() for line in table.splitlines() if line.strip()):
        if len(cells) != len(heads) or (not name.endswith(".pm") and name != "Total"):
            continue
        figures: dict[str, Figure] = {}
        for head, cell in zip(heads, cells, strict=True):
            if kind := _COLUMNS.get(head):
                total = counts[name].get(_WORDS[kind], {}).get("total", 0)
                figures[kind] = Share(cell, total, cut=True) if cell != "n/a" else (0, 0)
        files[name] = figures
    totals = files.pop("Total")
    return Says(format_name, totals, files)


def run(ground: Ground) -> None:
    """Compare text and JSON."""
    cover, perl = ground.need("cover", "libdevel-cover-perl"), ground.need("perl", "perl")
    if "ok" not in ground.run(perl, "-e", "print eval { require JSON::MaybeXS } ? 'ok' : ''"):
        ground.need("/usr/share/perl5/JSON/MaybeXS.pm", "libjson-maybexs-perl")
    folder = ground.project("trim")
    module = f"-MDevel::Cover=-db,cover_db,-silent,1,+select,lib/Acme,+ignore,t/,-coverage,{_CRITERIA}"
    ground.run(perl, module, "-Ilib", "t/trim.t", cwd=folder)
    table = ground.run(cover, "-summary", "cover_db", cwd=folder)
    version = re.findall(r"[\d.]+", ground.run(cover, "-v").rpartition("version")[2])[0]
    (folder / "cover.txt").write_text(ground.run(cover, "-report", "text", "cover_db", cwd=folder))
    ground.run(cover, "-report", "json", "cover_db", cwd=folder)
    counts = json.loads((folder / "cover_db/cover.json").read_text())["summary"]
    ground.compare(f"Devel::Cover {version}, text", folder / "cover.txt", says(table, counts, "devel-cover"))
    said = says(table, counts, "devel-cover")
    said = Says(said.format, said.totals, said.files, warnings=frozenset({"totals_only"}))
    ground.compare(f"Devel::Cover {version}, JSON", folder / "cover_db/cover.json", said)


PRODUCER = Producer("devel-cover", run, cheap=True)
