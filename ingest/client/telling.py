"""What a run tells of itself before anything is sent: the facts with their origins, what was found, what was left and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.client.commit import Filing
from ingest.client.manifest import Content
from ingest.client.repository import Repository
from ingest.client.search import Left, Search
from ingest.client.words import NOTHING, Console, Stop, amount, counted


def tell_commit(console: Console, title: str, filing: Filing, repository: Repository) -> None:
    """Print what CI and git say, each fact with its origin."""
    fields, origins, ci = filing.fields, filing.origins, filing.ci
    words = [title, str(ci.get("event", ""))]
    for label, value in (
        ("pull request #", fields.get("pull")),
        ("run ", ci.get("run")),
        ("attempt ", fields.get("attempt")),
        ("job ", fields.get("job")),
    ):
        words.append(f"{label}{value}" if value else "")
    console.line("ci", ", ".join(filter(None, words)))
    branch = f"branch: {origins['branch']}" if "branch" in origins else "no branch"
    console.line(
        "commit", f"{fields['commit'][:12]} {fields.get('branch', '?')}   ({origins['commit']}; {branch})"
    )
    if "tested" in fields:
        parents = repository.checkout.parents
        made = f" = merge of {' and '.join(one[:8] for one in parents)}" if len(parents) > 1 else ""
        depth = "; shallow clone" if repository.is_shallow else ""
        console.line("tested", f"{fields['tested'][:12]}{made}; tree {fields.get('tree', '?')[:8]}{depth}")
    for name, origin in sorted(origins.items()):
        value = str(fields.get(name, "")).split("\n")[0][:80]
        if value:
            console.detail(name, f"{value}   ({origin})", level=2)
    for doubt in filing.doubts:
        console.warn(doubt)


def tell_reports(
    console: Console,
    repository: Repository,
    document: Mapping[str, Any],
    found: Search,
    contents: list[Content],
    *,
    is_ci: bool,
) -> None:
    """Print what is sent and what is not."""
    dirty, tree = document["ci"].get("dirty", []), document["tree"]
    files = counted(tree["files"], "file") if tree else "no list of files"
    changed = f", {len(dirty)} dirty: {', '.join(dirty[:3])}" if dirty else ""
    console.line("root", f"{repository.root}   {files}{changed}")
    among = f" among {counted(found.found.entries, 'entry')}" if found.found else ""
    console.line("found", counted(len(contents), "report") + among)
    lines = []
    for one in contents:
        text = f"{one.report.path:<28} {one.report.format:<18} {amount(one.size):>8}   {one.report.remark}"
        lines.append(("send", text.rstrip()))
    console.details("reports", lines + [_left(one) for one in found.left])
    if found.found and found.found.cut:
        console.warn(f"the search was cut short: {found.found.cut}")
    committed = str(document["fields"].get("committed_at", ""))
    for one in contents:
        if is_ci and committed.isdecimal() and one.report.modified < int(committed):
            console.warn(f"{one.report.path} is older than the commit: is it of an earlier build?")


def nothing(folders: str, found: Search) -> Stop:
    """Return the end of a run that found nothing, with what was near."""
    details = []
    if found.found:
        skipped = ", ".join(found.found.skipped) or "nothing"
        text = f"{folders}: {counted(found.found.entries, 'entry')}; skipped {skipped}"
        details.append(("searched", text))
    details += [_left(one) for one in found.left[:20]]
    details.append(("help", "docs/uploader.md, Nothing to send"))
    return Stop(NOTHING, "nothing to send", *details)


def _left(one: Left) -> tuple[str, str]:
    text = f"{one.path:<28} {one.reason}"
    return ("near", f"{text}   run: {one.command}") if one.command else ("skip", text)
