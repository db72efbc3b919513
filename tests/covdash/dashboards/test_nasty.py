"""Whatever a name, a text or an address holds: the right page, a quiet note or 404; never a 500, and never markup of the sender.

The project is that of `tests/reliability/nasty.py`, sent through the door; there it is also crawled in full, on a running server.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.projects.models import Project
from covdash.reports.models import Upload
from tests.factories.exchange import Uploader
from tests.factories.uploads import Job, multipart, turn
from tests.reliability import nasty
from tests.reliability.crawl import Links
from tests.reliability.payloads import ATTRIBUTE, ELEMENT, NAMES, WORDS, injected

PLACE = Place("acme/platform/shop")
PER_KIND = 3
"""Pages visited of each kind with each word of its address: they differ by the names, which come in the order of the payloads."""
QUERY = (
    *(
        "after",
        "as",
        "base",
        "branch",
        "cell",
        "ci",
        "col",
        "color",
        "commit",
        "component",
        "find",
        "flag",
        "flat",
        "from",
        "head",
    ),
    *(
        "history",
        "in",
        "job",
        "kind",
        "label",
        "limit",
        "line",
        "metric",
        "of",
        "open",
        "page",
        "part",
        "path",
        "q",
        "range",
        "rows",
    ),
    *("show", "since", "size", "skip", "sort", "state", "tab", "to", "tool", "until", "view", "without"),
)


@pytest.fixture
def project_of_names(project: Project, ada: User) -> Project:
    """A project whose every name is a payload, as it is after all of its uploads."""
    job = Job(project)
    for delivery in nasty.deliveries(big=False):
        body, content_type = multipart(delivery.form())
        answer = job.client.post("/api/v1/uploads", data=body, content_type=content_type, headers=job.headers)
        assert answer.status_code == (400 if delivery.refused else 202), (
            dict(delivery.fields),
            answer.content,
        )
        if answer.status_code == 202:
            turn(Upload.objects.get(pk=answer.json()["id"]))
    assert Uploader(job).announce(nasty.manifest(nasty.sha(3))).status_code == 201
    rules = [
        {"name": name[:64], "paths": [f"src/{ELEMENT}"], "weight": n, "floors": {"lines": 99}}
        for n, name in enumerate((ELEMENT, ATTRIBUTE, "100% #?+"))
    ]
    wishes.write_section(project_id=project.pk, actor=ada, section="components", said=rules)
    return project


@pytest.fixture
def reader(ada: User) -> Client:
    """Somebody who sees all that a project has, the page of operations included."""
    ada.is_superuser = True
    ada.set_password("a-long-enough-passphrase")
    ada.save()
    client = Client()
    client.force_login(ada)
    return client


@pytest.mark.usefixtures("project_of_names")
def test_every_kind_of_page_shows_names_as_text(reader: Client) -> None:
    """Follow the links of the project, some of each kind of page: all are there, and none holds markup of a payload."""
    ahead, seen, kinds = deque(["/", "/ops/"]), {"/", "/ops/"}, Counter[tuple[str, ...]]()
    said = ""
    while ahead:
        address = ahead.popleft()
        answer = reader.get(address)
        if answer.status_code == 302:
            links = [answer["Location"]]
        else:
            assert answer.status_code == 200, address
            if not answer["Content-Type"].startswith("text/html"):
                continue
            text = answer.content.decode()
            assert injected(text) == [], address
            page = Links()
            page.feed(text)
            links = [href for href, _ in page.found]
            said += text if "/-/" in address else ""
        for link in links:
            parts = urlsplit(link)
            target = parts._replace(fragment="").geturl()
            if (
                not link.startswith("/")
                or target in seen
                or parts.path.startswith(("/logout", "/api/", "/static/"))
            ):
                continue
            verb = parts.path.partition("/-/")[2].partition("/")[0] or parts.path
            page_kind = (verb, parts.path.rpartition("/")[2] if verb == "settings" else "")
            here = [(*page_kind, word) for word in {one.partition("=")[0] for one in parts.query.split("&")}]
            if any(kinds[kind] < PER_KIND for kind in here):
                kinds.update(here)
                seen.add(target)
                ahead.append(target)
    verbs = {kind[0] for kind in kinds}
    assert verbs >= {
        "tree",
        "file",
        "map",
        "arms",
        "functions",
        "branch",
        "branches",
        "commit",
        "commits",
        "compare",
        "pull",
        "pulls",
    }
    assert verbs >= {"upload", "uploads", "setup", "settings"}
    assert "&lt;nasty-tag" in said
    assert "javascript:nasty" in said


def _routes() -> Iterator[tuple[str, URLPattern]]:
    """Every address of covdash with the names of its parts, those of the door and of accounts left out."""

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            elif pattern.callback.__module__.startswith(("covdash.dashboards", "covdash.api")):
                yield route, pattern

    return walk(get_resolver().url_patterns, "")


ROUTES = tuple(_routes())
_FORGED = "github/{slug}/branch/{rest}/graph/badge.svg", "repos/{slug}/badge.svg"


def _address(route: str, parts: dict[str, str]) -> str:
    """Fill the holes of a route with names, percent-encoded as a browser does; badges of other services have regular expressions."""
    if "(?" in route:
        route = _FORGED[route.startswith("^repos")]
        return "/" + route.format(slug=parts["slug"], rest=quote(parts["path"]))
    out, rest = "/", route
    while "<" in rest:
        before, _, rest = rest.partition("<")
        hole, _, rest = rest.partition(">")
        out += before + quote(parts[hole.rpartition(":")[2]], safe="/")
    return out + rest


def test_every_address_is_known_to_the_fuzz() -> None:
    """A new page comes under the fuzz by being in a table of contents; its parts must have values here."""
    assert len(ROUTES) > 60
    for route, _ in ROUTES:
        assert _address(route, PARTS | {"slug": "a"}).startswith("/")


PARTS = {
    "path": f"src/{ELEMENT}/{ELEMENT}.py",
    "name": ELEMENT,
    "sha": nasty.sha(3),
    "number": "12",
    "upload_id": "0" * 8,
    "user_id": "1",
    "token_id": "1",
    "group": "acme",
}

names = st.one_of(st.sampled_from([word for word in WORDS if word]), st.text(min_size=1, max_size=40))
parts = st.fixed_dictionaries(
    {},
    optional={
        "path": st.one_of(st.sampled_from([f"src/{name}/{name}.py" for name in NAMES]), names),
        "name": st.one_of(st.sampled_from(NAMES), names),
        "sha": st.one_of(st.sampled_from([nasty.sha(1), "main", "0" * 7]), names),
        "number": st.sampled_from(["0", "99999999999999999999", "10"]),
        "upload_id": names,
        "user_id": st.sampled_from(["0", "9" * 30]),
        "token_id": st.sampled_from(["0", "9" * 30]),
        "group": names,
        "slug": names,
    },
)
values = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        [
            "main",
            nasty.sha(2),
            nasty.sha(3),
            "1",
            "2",
            "table",
            "rows",
            "lines",
            "missed",
            "unit",
            "x",
            "files",
            "memory",
        ]
    ),
    st.text(max_size=30),
)
queries = st.lists(st.tuples(st.sampled_from(QUERY), values), max_size=5)


@pytest.mark.usefixtures("project_of_names")
def test_no_address_breaks_a_page(reader: Client) -> None:
    """Every fifth word alone on each page that is read, in turns, then any parts and words together."""
    upload = str(Upload.objects.filter(state="processed").latest("received_at").pk)
    known = PARTS | {"slug": PLACE.slug, "upload_id": upload}

    def ask(route: str, parts: dict[str, str], query: list[tuple[str, str]]) -> None:
        address = _address(route, known | parts)
        asked = f"{address}?{urlencode(query, errors='replace')}" if query else address
        answer = reader.get(asked)
        assert answer.status_code < 500, asked
        if answer["Content-Type"].startswith("text/html"):
            assert injected(b"".join(answer).decode()) == [], asked

    turns = 0
    for route, _ in ROUTES:
        if reader.get(_address(route, known)).status_code != 200:
            continue
        turns += 1
        for word in QUERY[turns % 5 :: 5]:
            turns += 5
            ask(route, {}, [(word, WORDS[turns % len(WORDS)])])

    @settings(suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from([route for route, _ in ROUTES]), min_size=1, max_size=4), parts, queries)
    def anything(routes: list[str], parts: dict[str, str], query: list[tuple[str, str]]) -> None:
        for route in routes:
            ask(route, parts, query)

    anything()
