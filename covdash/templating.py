"""Django's templates, whose context is taken apart once its page is made."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates, Template, reraise
from django.template.context import make_context
from django.utils.safestring import SafeString


class Templates(DjangoTemplates):
    """The engine of the settings.

    A context of Django's refers to itself, so what a page was made of (the lines of a file, the rows of a table) waited for the
    collector of cycles, which then took longer than a page takes.
    """

    def from_string(self, template_code: str) -> Template:
        """Return a template of the text."""
        return _Template(super().from_string(template_code).template, self)

    def get_template(self, template_name: str) -> Template:
        """Return a template by its name."""
        return _Template(super().get_template(template_name).template, self)


class _Template(Template):
    def render(self, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> SafeString:
        made = make_context(context, request, autoescape=self.backend.engine.autoescape)
        try:
            return self.template.render(made)
        except TemplateDoesNotExist as error:
            reraise(error, self.backend)
            raise
        finally:
            made.dicts.clear()
