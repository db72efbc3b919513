"""Paths of a repository in templates."""

from __future__ import annotations

from django import template

register = template.Library()


@register.simple_tag
def split_path(path: str) -> tuple[tuple[str, ...], str]:
    """Return the directories of `path` and its last name, so that a template can dim one and let lines break between them."""
    *directories, name = path.split("/")
    return tuple(directories), name
