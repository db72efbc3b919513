"""Model fields that carry words of the coverage core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import models

from covdash.coverage.totals import Totals

if TYPE_CHECKING:
    TotalsBase = models.BinaryField[Totals, Totals]
else:
    TotalsBase = models.BinaryField

_decoder = msgspec.msgpack.Decoder(Totals)


class TotalsField(TotalsBase):
    """`Totals` as a few bytes of msgpack: points and reports are many, and only the core adds them up."""

    def from_db_value(self, value: bytes | None, *_: object) -> Totals | None:
        """Rebuild the totals of a row."""
        return None if value is None else _decoder.decode(value)

    def get_prep_value(self, value: Totals | None) -> Any:
        """Encode the totals for a row."""
        return None if value is None else msgspec.msgpack.encode(value)
