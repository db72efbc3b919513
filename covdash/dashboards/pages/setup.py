"""The setup page: three steps whose ticks are the true state of the project, and the region that waits for the first upload. PURE."""

from __future__ import annotations

from dataclasses import dataclass, replace

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import snippets, uploaders
from covdash.dashboards.pages.ci_frame import Ci
from covdash.dashboards.pages.ci_systems import CIS
from covdash.dashboards.pages.coverage_tools import TOOLS, Tool
from covdash.dashboards.pages.uploaders import Other, Release
from covdash.projects.facts import RefusalFact
from covdash.reports.facts import UploadFact

UNFINISHED = frozenset({"received", "processing"})
TOOL_KEYS = tuple(tool.key for tool in TOOLS)
CI_KEYS = tuple(ci.key for ci in CIS)


@dataclass(frozen=True, slots=True)
class Tab:
    """A choice of tool, CI or way."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class First:
    """The newest upload while one waits: `state` is waiting, received, processing, failed or processed.

    `poll` is the address to ask again, "" when all is done. `refusal` is a request that was refused after that upload.
    """

    state: str
    title: str
    text: str
    upload: UploadFact | None
    upload_address: str
    poll: str
    refusal: RefusalFact | None = None


@dataclass(frozen=True, slots=True)
class SetupPage:
    """The page. `script` is what sends the report from the chosen CI by the chosen `way`, in the frame of that CI.

    `others` are the uploaders of other services, when that way was chosen; there is no script then.
    """

    tools: tuple[Tab, ...]
    cis: tuple[Tab, ...]
    ways: tuple[Tab, ...]
    way: str
    others: tuple[Other, ...]
    tool: Tool
    ci: Ci
    script: str
    has_token: bool
    has_report: bool
    first: First


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on the page: a tool, a CI, and a way to send."""

    tool: str
    ci: str
    way: str = uploaders.WAYS[0]


def build(
    place: Place,
    chosen: Chosen,
    *,
    server: str,
    release: Release | None = None,
    has_token: bool,
    newest: UploadFact | None,
    refusal: RefusalFact | None,
    has_report: bool,
) -> SetupPage:
    """Make the page for what was `chosen`; `server` is the address of this installation, `newest` the newest upload.

    Without a `release` this server gives no uploader, and that way is not offered.
    """
    tool, ci, way = chosen.tool, chosen.ci, chosen.way
    chosen_tool = next(one for one in TOOLS if one.key == tool)
    chosen_ci = next(one for one in CIS if one.key == ci)
    ways = tuple(one for one in uploaders.WAYS if release or one != "uploader")
    way = way if way in ways else uploaders.WAYS[0]
    said = "" if way == uploaders.WAYS[0] else way
    if way == "uploader" and release:
        text = uploaders.script(server=server, release=release, tool=chosen_tool)
    else:
        text = snippets.script(address=f"{server}/api/v1/uploads", tool=chosen_tool, ci=chosen_ci)
    return SetupPage(
        tools=tuple(Tab(t.title, place.setup(tool=t.key, ci=ci, way=said), t.key == tool) for t in TOOLS),
        cis=tuple(Tab(c.title, place.setup(tool=tool, ci=c.key, way=said), c.key == ci) for c in CIS),
        ways=tuple(
            Tab(
                uploaders.TITLES[one],
                place.setup(tool=tool, ci=ci, way="" if one == uploaders.WAYS[0] else one),
                one == way,
            )
            for one in ways
        ),
        way=way,
        others=uploaders.others(server=server, tool=chosen_tool, slug=place.slug) if way == "other" else (),
        tool=chosen_tool,
        ci=chosen_ci,
        script=snippets.framed(chosen_ci, text, for_uploader=way == "uploader").rstrip("\n"),
        has_token=has_token,
        has_report=has_report,
        first=first(place, newest, refusal, has_report=has_report),
    )


def first(place: Place, newest: UploadFact | None, refusal: RefusalFact | None, *, has_report: bool) -> First:
    """Say how far the newest upload is, in words; whatever is not finished is asked for again."""
    if refusal is not None and (newest is None or newest.received_at < refusal.at):
        return replace(
            _first(place, newest, has_report=has_report), refusal=refusal, poll=place.setup(part="first")
        )
    return _first(place, newest, has_report=has_report)


def _first(place: Place, newest: UploadFact | None, *, has_report: bool) -> First:
    poll = place.setup(part="first")
    if newest is None:
        text = "This changes by itself as soon as an upload arrives; the page can stay open."
        return First("waiting", "Waiting for the first upload", text, None, "", poll)
    address = place.upload(newest.id)
    name = newest.name or ", ".join(newest.files) or newest.id
    if newest.state == "failed":
        return First(
            "failed", f"{name} could not be used", newest.error, newest, address, "" if has_report else poll
        )
    if newest.state in UNFINISHED:
        text = (
            f"{newest.progress} % done"
            if newest.state == "processing"
            else "It is stored and will be processed in a moment."
        )
        return First(newest.state, f"{name} has arrived", text, newest, address, poll)
    read = sum(outcome.files for outcome in newest.outcomes)
    if not read:
        text = "The upload was processed, but no source file was found in it. Its page says what was in it."
        return First("failed", f"{name} holds no coverage", text, newest, address, "" if has_report else poll)
    text = f"{figures.counted(read, 'source file')} read from {name}."
    return First("processed", "The report is here", text, newest, address, "")
