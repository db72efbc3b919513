"""Who is asking: behind a trusted proxy the address stands in a header, from anybody else that header is a claim.

Everything that counts or notes addresses (rate limits, logs, the details of `/readyz`) reads `REMOTE_ADDR` afterwards.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddress:
    """Puts the nearest address that is no trusted proxy into `REMOTE_ADDR`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response
        self.trusted: list[Network] = [ipaddress.ip_network(proxy) for proxy in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, knowing who asked."""
        forwarded = request.headers.get("X-Forwarded-For", "")
        if forwarded and self._is_trusted(request.META.get("REMOTE_ADDR", "")):
            # Each proxy adds at the right what it saw; what stands left of the first stranger is the stranger's own word.
            for hop in reversed([part.strip() for part in forwarded.split(",")]):
                if not _is_address(hop):
                    break
                request.META["REMOTE_ADDR"] = hop
                if not self._is_trusted(hop):
                    break
        return self.get_response(request)

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self.trusted
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
