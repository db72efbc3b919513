"""What CI systems beside a forge need beyond their tables: Jenkins, TeamCity, CodeBuild and others. One function a system."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from ingest.client.environment import Build, branch_of, number_of, slug_of
from ingest.client.forges import named_head, other_slug

MAX_PROPERTIES = 4 * 1024 * 1024


def jenkins(build: Build) -> None:
    """A pull request of a multibranch job, of the pull request builder, or of the GitLab plugin."""
    build.is_fork = bool(build.get("CHANGE_FORK"))
    if build.is_fork:
        build.put("head_slug", build.get("CHANGE_FORK"), "CHANGE_FORK")
    branch, name = build.get("BRANCH_NAME"), build["workflow"]
    if branch and name.rpartition("/")[2] == quote(branch, safe=""):
        # A multibranch job is called after its git branch; the job is what stands before.
        build.put("workflow", name.rpartition("/")[0], "JOB_NAME without BRANCH_NAME")
    if build.get("BRANCH_IS_PRIMARY").lower() == "true":
        build.put("default_branch", build["branch"], "BRANCH_IS_PRIMARY")
    if not build["pull"]:
        if re.fullmatch(r"(PR|MR)-[0-9]+", build["branch"]):
            build.drop("branch")
        return
    named_head(build)


def teamcity(build: Build) -> None:
    """Branch and pull request stand in a file of properties that the environment names."""
    first = read_properties(build.get("TEAMCITY_BUILD_PROPERTIES_FILE"))
    more = read_properties(first.get("teamcity.configuration.properties.file", ""))
    for field, name in (
        ("branch", "teamcity.build.branch"),
        ("pull", "teamcity.pullRequest.number"),
        ("pull_branch", "teamcity.pullRequest.source.branch"),
        ("base", "teamcity.pullRequest.target.branch"),
        ("title", "teamcity.pullRequest.title"),
        ("slug", "vcsroot.url"),
    ):
        value = more.get(name, "")
        build.put(field, slug_of(value) if field == "slug" else value, f"property {name}")
    branch = build["branch"]
    if branch in ("<default>", "refs/heads/<default>"):
        build.drop("branch")
    elif re.fullmatch(r"(?:refs/)?(?:pull/)?[0-9]+(?:/(head|merge))?", branch) and not build["pull"]:
        build.put("pull", number_of(branch), "property teamcity.build.branch")
    build.put("branch", branch_of(build["branch"]), "property teamcity.build.branch")
    server, number = more.get("teamcity.serverUrl", ""), more.get("teamcity.build.id", "")
    if server and number:
        build.put("build_url", f"{server.rstrip('/')}/build/{number}", "property teamcity.build.id")
    if build["pull"]:
        named_head(build)


def read_properties(path: str) -> dict[str, str]:
    """Read a file of Java properties; a file that is missing holds nothing."""
    found: dict[str, str] = {}
    try:
        with open(path, encoding="latin-1") as file:
            text = file.read(MAX_PROPERTIES)
    except (OSError, ValueError):
        return found
    for line in re.sub(r"\\\r?\n\s*", "", text).splitlines():
        pair = re.match(r"\s*([^#!\s=:][^=:\s]*)\s*[=:\s]\s*(.*)", line)
        if pair:
            value = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code.group(1), 16)), pair.group(2))
            found[pair.group(1)] = re.sub(r"\\(.)", r"\1", value)
    return found


def codebuild(build: Build) -> None:
    """The pull request is part of what started the build."""
    build.put("base", branch_of(build.get("CODEBUILD_WEBHOOK_BASE_REF")), "CODEBUILD_WEBHOOK_BASE_REF")
    for name in ("CODEBUILD_WEBHOOK_TRIGGER", "CODEBUILD_SOURCE_VERSION"):
        found = re.fullmatch(r"(?:pr/|refs/pull/)([0-9]+)(?:/(?:head|merge))?", build.get(name))
        if found and not build["pull"]:
            build.put("pull", found.group(1), name)
    if build["pull"]:
        build.put("pull_branch", build["branch"], "CODEBUILD_WEBHOOK_HEAD_REF")
    else:
        build.drop("base")
    branch = re.fullmatch(r"branch/(.+)", build.get("CODEBUILD_WEBHOOK_TRIGGER"))
    if branch and not build["branch"]:
        build.put("branch", branch.group(1), "CODEBUILD_WEBHOOK_TRIGGER")
    tag = re.fullmatch(r"tag/(.+)", build.get("CODEBUILD_WEBHOOK_TRIGGER"))
    if tag:
        build.put("tag", tag.group(1), "CODEBUILD_WEBHOOK_TRIGGER")


def drone(build: Build) -> None:
    """On a pull request the branch is that of the target, and only the source is of interest."""
    if build["pull"]:
        build.drop("branch")


def cirrus(build: Build) -> None:
    """A fork is told by the permission of who pushed."""
    build.is_fork = bool(build["pull"]) and build.get("CIRRUS_USER_PERMISSION").lower() == "none"


def rerun(build: Build, *names: str) -> None:
    """A CI that says only *that* a job runs again: the time is the number of the attempt."""
    for name in names:
        if build.get(name).lower() == "true":
            build.put("attempt", int(time.time()), f"{name}, now")


def appveyor(build: Build) -> None:
    """Re-runs keep the number of the build; forks have another repository name."""
    other_slug(build)
    rerun(build, "APPVEYOR_RE_BUILD", "APPVEYOR_RE_RUN_INCOMPLETE")
    if build.get("APPVEYOR_REPO_TAG").lower() != "true":
        build.drop("tag")


def travis(build: Build) -> None:
    """The range of commits names the base; a restart is told without a number."""
    other_slug(build)
    rerun(build, "TRAVIS_JOB_RESTARTED")
    left = re.match(r"([0-9a-f]{40,64})\.\.", build.get("TRAVIS_COMMIT_RANGE"))
    if left and build["pull"]:
        build.put("base_sha", left.group(1), "TRAVIS_COMMIT_RANGE")


def semaphore(build: Build) -> None:
    """The range of commits names the base; a re-run is told without a number."""
    other_slug(build)
    rerun(build, "SEMAPHORE_WORKFLOW_RERUN", "SEMAPHORE_PIPELINE_RERUN")
    left = re.match(r"([0-9a-f]{40,64})\.\.", build.get("SEMAPHORE_GIT_COMMIT_RANGE"))
    if left and build["pull"]:
        build.put("base_sha", left.group(1), "SEMAPHORE_GIT_COMMIT_RANGE")


def woodpecker(build: Build) -> None:
    """Re-runs are counted from the first one on."""
    reruns = build.get("CI_PIPELINE_RERUNS")
    build.put("attempt", int(reruns) + 1 if reruns.isdecimal() else 1, "CI_PIPELINE_RERUNS")
