"""YAML of strangers: safe values only, bounded in size, depth, and in what aliases unfold to."""

from __future__ import annotations

from typing import Any

import yaml

MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
"""Nodes of the document with every alias unfolded: a few lines of YAML can stand for billions."""


class YamlError(ValueError):
    """A text that cannot be read as YAML, or that unfolds to too much."""


def load(text: bytes) -> Any:
    """Return the values of one YAML document, None for an empty one. Raises `YamlError`."""
    if len(text) > MAX_BYTES:
        raise YamlError(f"the file may have {MAX_BYTES} bytes, this has {len(text)}")
    try:
        loader = yaml.SafeLoader(text.decode("utf-8-sig"))
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, {})
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlError(f"{place}{error.problem or 'this is no YAML'}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise YamlError(str(error) or "this is no YAML") from error
    except RecursionError as error:
        raise YamlError("it is nested too deeply") from error


def _measure(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of nodes below `node`, aliases unfolded; each is looked at once. Raises `YamlError`."""
    if id(node) in known:
        if not known[id(node)]:
            raise YamlError("it contains itself")
        return known[id(node)]
    known[id(node)] = 0
    below: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        below = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        below = node.value
    total = 1 + sum(_measure(part, known) for part in below)
    if total > MAX_NODES:
        raise YamlError(f"it unfolds to more than {MAX_NODES} values")
    known[id(node)] = total
    return total
