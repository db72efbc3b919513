"""Every sample through a running covdash, one project each: the read API and the pages must say what its producing tool says.

    python3 -m tests.reliability.gallery [FOLDER] [--only FORMAT,FORMAT]

Starts `manage.py up` in a fresh data home, uploads each sample below FOLDER (default: `tests/samples`) that has a truth beside it, and
compares the totals of the commit, every spot, and the overview page. Prints one line per difference and a count; those that a list of
`docs/conformance.md` explains are marked with its name, any other makes the status 1. Loopback only.
"""

from __future__ import annotations

import argparse
import html
import io
import re
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from tests.ingest.exceptions import why
from tests.ingest.samples import BOOLEAN, METRICS, SAMPLES, Sample
from tests.reliability.storm import ROOT, Instance, StormError, newcomer, running, wait

SHA = "a" * 40
_MAKE = """
from io import StringIO
from django.core.management import call_command
for n in range({count}):
    token = StringIO()
    call_command("create_project", f"gallery/p{{n}}", public=True, stdout=StringIO())
    call_command("create_token", f"gallery/p{{n}}", stdout=token)
    print(token.getvalue().strip())
"""
Json = dict[str, Any]
Where = tuple[str, tuple[str, ...]]
"""The metric of a difference, and the warnings that may excuse it."""


def main() -> int:
    """Run the gallery; status 1 when a number differs for no known reason."""
    parser = argparse.ArgumentParser(description="Hold a running covdash against the truth of every sample.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--only", default="", help="formats, separated by commas")
    options = parser.parse_args()
    only = set(options.only.split(",")) - {""}
    samples = [s for s in found_below(options.folder) if not only or s.truth["format"] in only]
    held, known, unknown = 0, 0, 0
    with running() as instance:
        tokens = make(instance, len(samples))
        for number, (sample, token) in enumerate(zip(samples, tokens, strict=True)):
            slug = f"gallery/p{number}"
            name = sample.path.relative_to(options.folder)
            try:
                codes = upload(instance, sample, token)
                found = [(why(str(name), *at), told) for at, told in compare(instance, slug, sample, codes)]
            except (OSError, StormError) as error:
                found = [("", f"{error}")]
            held += not found
            for reason, told in found:
                known, unknown = known + bool(reason), unknown + (not reason)
                print(f"{reason or 'UNEXPLAINED'}  {name}: {told}", flush=True)
    print(
        f"{len(samples)} samples, {held} equal to their truth on pages and in the API; "
        f"{known} differences explained, {unknown} unexplained"
    )
    return bool(unknown)


def found_below(folder: Path) -> list[Sample]:
    """Return the samples with a truth below `folder`, hostile ones left out."""
    truths = sorted(folder.rglob("*.truth.json"))
    samples = [Sample(truth.with_name(truth.name.removesuffix(".truth.json"))) for truth in truths]
    return [sample for sample in samples if not sample.truth.get("hostile") and sample.path.exists()]


def make(instance: Instance, count: int) -> list[str]:
    """Create `count` public projects `gallery/p<n>`; returns an upload token for each."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", _MAKE.format(count=count)],
        cwd=ROOT, env={**newcomer(), "COVDASH_HOME": str(instance.home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if line.startswith("cvdu_")]


def upload(instance: Instance, sample: Sample, token: str) -> set[str]:
    """Send a sample (with the sources of its project where the format needs them) and wait for its end; returns its warnings."""
    parts = [("report", sample.path.name, sample.path.read_bytes())]
    sources = SAMPLES / "sources" / sample.path.parent.name
    if sample.truth["format"] == "coverage-py-data" and sources.is_dir():
        parts.append(("sources", "sources.tar", _tar(sources)))
    boundary = b"gallery-boundary"
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n\r\n%b\r\n'
        % (boundary, field.encode(), name.encode(), data)
        for field, name, data in parts
    )
    said = instance.call(
        f"/api/v1/uploads?commit={SHA}&branch=main",
        body + b"--%b--\r\n" % boundary,
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={boundary.decode()}",
        },
    )
    state: Json = {}

    def ended() -> bool:
        state.update(
            instance.call(f"/api/v1/uploads/{said['id']}", headers={"Authorization": f"Bearer {token}"})
        )
        return state["state"] in ("processed", "failed")

    wait(ended, 60, "the upload did not end")
    if state["state"] == "failed":
        raise StormError(f"failed: {state.get('error')}")
    return {code for outcome in state["outcomes"] for code, *_ in outcome.get("warnings", ())}


def compare(instance: Instance, slug: str, sample: Sample, codes: set[str]) -> Iterator[tuple[Where, str]]:
    """Yield what the API or the pages of `slug` say differently from the truth of its only report: where, and in words.

    `codes` are the warnings of the report; they may excuse single lines.
    """
    truth = sample.truth
    expected = {
        METRICS[name]: Count(pair["covered"], pair["total"])
        for name, pair in truth.get("totals", {}).items()
        if name in METRICS and isinstance(pair, dict) and pair.get("covered") is not None and "total" in pair
    }
    if not expected:
        return
    api = f"/api/v1/projects/{slug}/-/commits/{SHA}"
    wait(lambda: instance.call(api)["totals"] is not None, 30, "no report of the commit")
    totals = dict(instance.call(api)["totals"])  # type: ignore[call-overload]
    with urllib.request.urlopen(f"{instance.url}/p/{slug}/-/tree/", timeout=20) as answer:
        page = _text(answer.read().decode())
    for kind, count in expected.items():
        got = totals.get(kind)
        if got != count._asdict():
            yield (kind, ()), f"API: {kind} {got}, the tool says {count.covered} of {count.total}"
        elif count.total and _text(figures.fraction(count, kind)) not in page:
            yield (kind, ()), f"page: {figures.fraction(count, kind)!r} is not on it"
    files = list(_files(instance, api, ""))
    # Line 0, which coverage.py 5.5 counts, is no line of any file: only the totals can tell it.
    for spot in (one for one in truth.get("spots", []) if one["line"]):
        for kind, told in _differs(instance, api, files, spot, boolean=truth["format"] in BOOLEAN):
            yield (kind, tuple(codes)), told


def _differs(
    instance: Instance, api: str, files: list[str], spot: Json, *, boolean: bool
) -> Iterator[tuple[str, str]]:
    matches = [
        path for path in files if f"/{path}".endswith(f"/{spot['file']}") or spot["file"].endswith(f"/{path}")
    ]
    if not matches:
        yield "lines", f"no file {spot['file']}"
        return
    file: Json = instance.call(f"{api}/files/{urllib.parse.quote(min(matches, key=len))}")
    hits = file["lines"].get(str(spot["line"]))
    if "hits" in spot or "covered" in spot:
        wanted = spot["hits"] if "hits" in spot else int(spot["covered"])
        loose = boolean or "hits" not in spot
        right = (
            hits is None
            if wanted is None
            else hits is not None and (bool(hits) == bool(wanted) if loose else hits == wanted)
        )
        if not right:
            yield "lines", f"{spot['file']}:{spot['line']}: {hits} hits, the tool says {wanted}"
    if "branches" in spot:
        arms = file.get("branches", {}).get(str(spot["line"]), {})
        if {name: arms.get(name) for name in ("covered", "total")} != spot["branches"]:
            yield "branches", f"{spot['file']}:{spot['line']}: arms {arms}, the tool says {spot['branches']}"


def _files(instance: Instance, api: str, folder: str) -> Iterator[str]:
    directory: Json = instance.call(f"{api}/tree?path={urllib.parse.quote(folder)}")
    for entry in directory["entries"]:
        if entry["type"] == "directory":
            yield from _files(instance, api, entry["path"])
        else:
            yield entry["path"]


def _text(markup: str) -> str:
    plain = html.unescape(re.sub(r"<[^>]*>", " ", markup))
    return re.sub(r"\s+", " ", plain)


def _tar(folder: Path) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        tar.add(folder, arcname=".")
    return sink.getvalue()


if __name__ == "__main__":
    sys.exit(main())
