"""The way out of the machine: which proxy, which certificates, and what is wrong with either in words."""

from __future__ import annotations

import base64
import ipaddress
import os
import ssl
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl/cert.pem",
    "/opt/homebrew/etc/openssl@3/cert.pem",
)
_VARIABLES = ("COVDASH_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Proxy(NamedTuple):
    """A proxy: host, port, and the value of `Proxy-Authorization` ("" without a user)."""

    host: str
    port: int
    authorization: str = ""


class Trust(NamedTuple):
    """Whom to believe: a TLS context, and in words where its certificates come from."""

    context: ssl.SSLContext
    origin: str
    notes: list[str]


def proxy_for(address: str) -> Proxy | None:
    """Return the proxy that the environment names for an address; None is the direct way."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    found = urllib.request.getproxies()
    named = found.get(parts.scheme) or found.get("all")
    if not named or _is_direct(host, parts.port, found.get("no", "")) or urllib.request.proxy_bypass(host):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if not proxy.hostname:
        return None
    authorization = ""
    if proxy.username is not None:
        secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        authorization = "Basic " + base64.b64encode(secret.encode()).decode()
    return Proxy(proxy.hostname, proxy.port or (443 if proxy.scheme == "https" else 80), authorization)


def _is_direct(host: str, port: int | None, without: str) -> bool:
    """Whether `no_proxy` names the host: by name, suffix, with its port, or (unlike urllib) as a range of addresses."""
    for word in without.replace(" ", ",").split(","):
        name = word.strip().lower()
        if not name:
            continue
        if name == "*" or name in (host.lower(), f"{host.lower()}:{port}"):
            return True
        if host.lower().endswith("." + name.lstrip("*.")):
            return True
        try:
            if "/" in name and ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False):
                return True
        except ValueError:
            continue
    return False


def trust(env: Mapping[str, str], host: str, *, ca: str = "", insecure: bool = False) -> Trust:
    """Choose certificates: `--ca`, variables of other tools in a fixed order, then the system. Raises `OSError`, `ssl.SSLError`."""
    notes: list[str] = []
    if insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return Trust(context, "nothing is checked (--insecure)", notes)
    choices = [("--ca", ca)] + [(name, env.get(name, "")) for name in _VARIABLES]
    if urlsplit(env.get("CI_SERVER_URL", "")).hostname == host:
        choices.append(("CI_SERVER_TLS_CA_FILE", env.get("CI_SERVER_TLS_CA_FILE", "")))
    for name, place in choices:
        if not place:
            continue
        if not os.path.exists(place):
            notes.append(f"{name} names {place}, which is not there")
            continue
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if os.path.isdir(place):
            context.load_verify_locations(capath=place)
        else:
            context.load_verify_locations(cafile=place)
        return Trust(context, f"{name}={place}", notes)
    # The variables that name nothing must not empty the store of the system.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    count = context.cert_store_stats().get("x509_ca", 0)
    if not count and not _has_folder():
        for place in _SYSTEM_BUNDLES:
            if os.path.exists(place):
                context.load_verify_locations(cafile=place)
                return Trust(context, place, notes)
    return Trust(context, f"system store ({count} roots)", notes)


def _has_folder() -> bool:
    """Whether the system keeps its certificates one by one in a folder, which are loaded only when they are asked for."""
    folder = ssl.get_default_verify_paths().capath
    return bool(folder and os.path.isdir(folder) and os.listdir(folder))


def untrusted(error: ssl.SSLCertVerificationError, host: str, port: int) -> str:
    """Say in words why a certificate was not believed, with who is said to have issued it."""
    if error.verify_code == 10:
        return "its certificate has expired"
    if error.verify_code == 62:
        return f"its certificate is not for the name {host}"
    try:
        # Asked without checking, only to name what was seen; nothing is sent.
        seen = _issuer(ssl.get_server_certificate((host, port)))
    except (OSError, ValueError):
        seen = ""
    return (
        f'certificate signed by "{seen}" is not trusted'
        if seen
        else f"certificate not trusted: {error.verify_message}"
    )


def _issuer(pem: str) -> str:
    """Return the common name of the issuer of a certificate: the first one in it, as DER has the issuer before the subject."""
    data = ssl.PEM_cert_to_DER_cert(pem)
    at = data.find(b"\x06\x03\x55\x04\x03")  # the object identifier 2.5.4.3, commonName
    if at < 0:
        return ""
    size = data[at + 6]
    return data[at + 7 : at + 7 + size].decode("utf-8", "replace")
