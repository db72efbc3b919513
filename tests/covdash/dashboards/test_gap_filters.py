"""Code branches narrowed by kind and component: what is listed, what the head says of it, and how the page leads out again."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage, Outcomes, column
from covdash.projects import wishes
from covdash.reports.gaps import PAGE
from covdash.reports.queries.arms import LOOK
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines

ROOT = "/p/acme/platform/shop/-"
TEXT = "if paid:\n    ship()\nfor one in many:\n    wait()\ndone()\n"


def arms(*named: tuple[int, str, int], counted: tuple[int, int, int] | None = None) -> FileCoverage:
    """Five lines that ran, with arms (line, key, hits), and one line of which only (line, covered, total) is known."""
    plain = lines(7, 7, 7, 7, 7)
    outcomes = Outcomes(
        line=column(line for line, _, _ in named),
        key=tuple(key for _, key, _ in named),
        weight=column(1 for _ in named),
        hits=column((hits for _, _, hits in named), "i8"),  # type: ignore[arg-type]
        tally_line=column(counted[:1] if counted else ()),
        tally_covered=column(counted[1:2] if counted else ()),
        tally_total=column(counted[2:] if counted else ()),
    )
    return FileCoverage(plain.lines, plain.hits, plain.states, {"branches": outcomes}, counted=True)


PYTHON = arms((1, "-> 2", 4012), (1, "-> 3", 0), (3, "-> 4", 0), (3, "-> 5", 1), counted=(5, 1, 3))
SCRIPT = arms((1, "if:else@1:0", 0), (1, "if:then@1:0", 9), (2, "switch:1@2:0", 0))


@pytest.fixture
def reader(client: Client, ben: User, stock: Stock) -> Client:
    """Ben, before one file of Python with its source and one of JavaScript, each of a component; a third component has no arms."""
    rules = [{"name": name, "paths": [path]} for name, path in (("pay", "src"), ("ui", "web"), ("io", "io"))]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=rules)
    stock.report(
        {"src/a.py": PYTHON, "web/b.js": SCRIPT, "io/c.py": lines(0)},
        sources={"src/a.py": TEXT},
    )
    recount(stock.project.pk)
    client.force_login(ben)
    return client


def get(client: Client, rest: str) -> str:
    answer = client.get(f"{ROOT}/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def options(body: str, word: str) -> dict[str, bool]:
    """Return the values of a select, with whether they are chosen."""
    inside = body.partition(f'name="{word}"')[2].partition("</select>")[0]
    return {value: bool(on) for value, on in re.findall(r'<option value="([^"]*)"( selected)?>', inside)}


def said(body: str) -> list[str]:
    return re.findall(r"<span><bdi>([^<]+)</bdi></span>", body)


def test_kinds_to_choose_from_are_those_that_are_there(reader: Client) -> None:
    body = get(reader, "arms")

    assert list(options(body, "kind")) == ["", "else", "case", "loop-run", "counted"]
    assert list(options(body, "component")) == ["", "pay", "ui", "io"]
    assert "condition false, else: jump to line 3 never taken" in said(body)
    assert "loop entered: jump to line 4 never taken" in said(body)
    assert "Of 5 lines with such an arm in these files 1 is only counted" in body


def test_a_kind_leaves_its_arms_alone(reader: Client) -> None:
    body = get(reader, "arms?kind=else")

    assert options(body, "kind")["else"]
    assert said(body) == [
        "condition false, else: jump to line 3 never taken",
        "else at 1:1 never ran",
    ]
    assert "2 files of the 2 that were looked into have such an arm" in body
    assert "more on lines that never ran" not in body
    assert said(get(reader, "arms?kind=counted")) == ["1 of 3 taken; which one, the reports do not say"]
    assert "Nothing matches" in get(reader, "arms?kind=catch")


def test_a_component_has_its_own_head_and_files(reader: Client) -> None:
    body = get(reader, "arms?component=ui&kind=case")

    assert said(body) == ["case 1 at 2:1 never ran"]
    assert re.search(r"1.{1,8}3 arms", body.partition("</h1>")[2].partition("</p>")[0])
    assert options(body, "component")["ui"]
    assert "component=ui&amp;kind=case" in body.partition('class="pills"')[2].partition("</ul>")[0]
    assert "No arms here" in get(reader, "arms?component=io")
    assert "src/a.py" not in get(reader, "functions?component=ui")


def test_what_makes_no_sense_is_ignored_and_named(reader: Client) -> None:
    body = get(reader, "arms?kind=foo&component=<b>&show=bar")

    assert "Ignored: show=bar, kind=foo, component=&lt;b&gt;" in body
    assert body.count('class="gap-file"') == 2
    assert "Ignored: component=foo" in get(reader, "functions?component=foo")
    assert "Ignored" not in get(reader, "arms?kind=else&component=pay&show=all")


def test_hits_of_the_sibling_are_told_where_one_file_is_asked_for(reader: Client) -> None:
    assert "jump to line 2 was taken 4\u2009012 times" in get(reader, "arms?file=src/a.py")
    assert "jump to line 5 was taken once" in get(reader, "arms?file=src/a.py")
    assert "jump to line 2 was taken</bdi>" in get(reader, "arms")


def test_the_table_takes_the_words_of_its_page(reader: Client) -> None:
    answer = reader.get(f"{ROOT}/arms.csv?kind=else&component=ui")
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert [row.split(",")[:3] for row in rows[1:]] == [["web/b.js", "1", "if:else@1:0"]]


def test_pages_of_a_kind_go_on_where_looking_ended(stock: Stock, ben: User, client: Client) -> None:
    """No file is listed twice or left out, however few of those that are looked into have such an arm."""
    most = {f"a{number:03}.js": arms((1, "x", 0), (1, "y", 0), (1, "z", 0)) for number in range(LOOK)}
    rare = {f"b{number:03}.js": SCRIPT for number in range(PAGE + 5)}
    stock.report({**most, **rare})
    client.force_login(ben)

    pages, address = [], "arms?kind=case"
    while address:
        body = get(client, address)
        pages.append(re.findall(r"b\d{3}\.js(?=\?|\")", body))
        door = re.search(r'href="(\?[^"]+)" rel="next"', body)
        address = f"arms{door[1].replace('&amp;', '&')}" if door else ""

    assert [len(set(page)) for page in pages] == [0, PAGE, 5]
    assert len({file for page in pages for file in page}) == PAGE + 5
