"""How answers of the API become JSON: orjson, since the standard library takes longer to write a long trend than to find it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_others = JSONEncoder().default
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_NON_STR_KEYS


class Written(NamedTuple):
    """An answer with its JSON, which was needed before it is sent: for its tag."""

    body: Any
    text: bytes


def encoded(body: Any) -> bytes:
    """Return the JSON of `body`; what JSON does not know (times, ids) is written as DRF writes it."""
    try:
        return orjson.dumps(body, default=_others, option=_OPTIONS)
    except TypeError:  # a number beyond 64 bits, a subclass of a text
        return JSONRenderer().render(body)


class OrjsonRenderer(JSONRenderer):
    """DRF's JSON, byte for byte as its own renderer writes it, but for speed; whoever asks for an indent gets it from there."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes of `data`; what JSON does not know (times, ids) is written as DRF writes it."""
        plain = data.body if isinstance(data, Written) else data
        if plain is None or self.get_indent(
            accepted_media_type or self.media_type, dict(renderer_context or {})
        ):
            return super().render(plain, accepted_media_type, renderer_context)
        return data.text if isinstance(data, Written) else encoded(data)
