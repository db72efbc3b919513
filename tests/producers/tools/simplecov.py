"""SimpleCov over Ruby of many constructs; the truth are its own figures by file and the percentages of `.last_run.json`.

The result set is what Ruby counted, before `:nocov:`; SimpleCov takes such lines out when it reports, so the sources are given to
covdash. SimpleCov cuts its percentages after two digits. Debian has no package of its JSON formatter, so that format is not made
here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tests.producers.figures import Figure, Pair, Says, Share, add
from tests.producers.ground import Ground, Producer


def says(said: Mapping[str, Mapping[str, list[int]]], percent: Mapping[str, float]) -> list[Says]:
    """Return what SimpleCov says: in numbers, and in the percentages of its last run."""
    kinds = {"line": "lines", "branch": "branches"}
    files: dict[str, dict[str, Figure]] = {}
    for name, figures in said.items():
        files[name] = {kinds[word]: _pair(figures[kinds[word]]) for word in percent}
    totals: dict[str, Figure] = {
        kinds[word]: add(*(_pair(file[kinds[word]]) for file in said.values())) for word in percent
    }
    shares: dict[str, Figure] = {
        kinds[word]: Share(f"{share:.2f}", cut=True) for word, share in percent.items()
    }
    return [Says("simplecov-resultset", totals, files), Says("simplecov-resultset", shares)]


def _pair(numbers: list[int]) -> Pair:
    return numbers[0], numbers[1]


def run(ground: Ground) -> None:
    """Compare the result set, with arms and without."""
    ruby = ground.need("ruby", "ruby", "ruby-simplecov")
    if "ok" not in ground.run(ruby, "-e", "begin; require 'simplecov'; puts 'ok'; rescue LoadError; end"):
        ground.need("/usr/share/doc/ruby-simplecov", "ruby-simplecov")
    folder = ground.project("queue")
    version = re.findall(r"[\d.]+", ground.run(ruby, "-e", "require 'simplecov'; puts SimpleCov::VERSION"))[0]
    for what, environment in (("lines", {}), ("arms", {"ARMS": "1"})):
        ground.run(ruby, "drive.rb", cwd=folder, env=environment)
        made = folder / "coverage"
        said = json.loads((made / "said.json").read_text())
        percent = json.loads((made / ".last_run.json").read_text())["result"]
        for figures in says(said, percent):
            ground.compare(f"SimpleCov {version}, {what}", made / ".resultset.json", figures, root=folder)
        made.rename(folder / what)


PRODUCER = Producer("simplecov", run)
