"""Does a tracking server answer as MLflow would ask it? In bounded time, and without MLflow's client."""

from __future__ import annotations

import base64
import configparser
import http.client
import json
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from study.tracking.address import ANOTHER, EXAMPLES, shown, without_credentials
from trainables.files import within

T = TypeVar("T")

DATABASES = ("postgresql", "mysql", "mssql")
_SECONDS = os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "")
PATIENCE = float(_SECONDS) if _SECONDS.isdigit() else 4.0
"""Seconds that a server has to answer; MLflow's own variable for it counts."""


class Refused(ValueError):
    """A server answered, and refused; another way of authentication might help."""


START = f"start it, or {ANOTHER}"
REMEDIES = {
    401: "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
    403: "check your permission, or start it with --allowed-hosts, or use its numeric address",
    404: "check address and port, MLflow is not there",
}
"""What to do about an HTTP status. (MLflow's server answers 403 to a host name it was not told.)"""


ELSEWHERE = "it sends to another host, which got no password; name that one, if it is the right one"


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows no redirection to another host, and none that leaves TLS: the password would go along."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if there.netloc != here.netloc or (here.scheme == "https") > (there.scheme == "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check_server(uri: str) -> str:
    """``ValueError`` unless an MLflow server answers at this http(s) URI; what is doubtful, where MLflow has a plug-in
    of its own to pass by."""
    parts = _split(uri)
    if parts.query or parts.fragment:
        plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise ValueError(f"tracking URI {shown(uri)!r} is the address of a page: use the server's, {plain}")
    where = f"tracking server {shown(uri)}"
    try:
        answer = _within(PATIENCE, lambda: _ask(parts, where), where)
        if not isinstance(answer, dict):
            raise Refused(f"{where} answers, but not as MLflow does: check address and port")
    except Refused as error:
        if plugin := _authenticated_by():
            return f"{error}; MLflow may be let in by {plugin}, which was not tried"
        raise
    return ""


def check_database(uri: str) -> None:
    """``ValueError`` unless a connection to this database server can be opened."""
    _split(uri)
    where = f"tracking database {shown(uri)}"
    _within(PATIENCE, lambda: _connect(uri, where), where)


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"tracking URI {shown(uri)!r} has a malformed host or port: use {EXAMPLES}") from error
    if not host or re.search(r"\s", uri):
        raise ValueError(f"tracking URI {shown(uri)!r} has no valid host: use {EXAMPLES}")
    return parts


def _ask(parts: SplitResult, where: str) -> object:
    """What the server says to MLflow's smallest question; None if that is not JSON."""
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    question = f"{base}/api/2.0/mlflow/experiments/search?max_results=1"
    request = urllib.request.Request(question, headers=_authorization(parts))
    try:
        opener = urllib.request.build_opener(_SameHost, urllib.request.HTTPSHandler(context=_tls()))
        with opener.open(request, timeout=PATIENCE) as response:
            return json.loads(response.read(1_000_000))
    except urllib.error.HTTPError as error:
        remedy = ELSEWHERE if 300 <= error.code < 400 else REMEDIES.get(error.code, f"look at its log, or {ANOTHER}")
        raise Refused(f"{where} refuses with HTTP status {error.code}: {remedy}") from error
    except OSError as error:  # urllib's own, TLS and sockets
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        kind = Refused if isinstance(reason, ssl.SSLError) else ValueError
        raise kind(f"{where} cannot be reached ({reason}): {START}") from error
    except (ValueError, http.client.HTTPException):
        return None


def _authorization(parts: SplitResult) -> dict[str, str]:
    """The header that MLflow's client would send: from the URI, the environment, or ~/.mlflow/credentials."""
    file = configparser.ConfigParser(interpolation=None)
    file.read(os.path.expanduser("~/.mlflow/credentials"))
    stored = dict(file["mlflow"]) if "mlflow" in file else {}
    user = os.environ.get("MLFLOW_TRACKING_USERNAME") or stored.get("mlflow_tracking_username")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD") or stored.get("mlflow_tracking_password")
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if parts.username:
        user, password = unquote(parts.username), unquote(parts.password or "")
    if user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _authenticated_by() -> str:
    """What MLflow's client authenticates itself by beside names, passwords and tokens; empty for nothing."""
    if plugin := os.environ.get("MLFLOW_TRACKING_AUTH"):
        return f"its plug-in {plugin!r}, $MLFLOW_TRACKING_AUTH"
    if os.environ.get("MLFLOW_TRACKING_AWS_SIGV4", "").lower() in ("true", "1"):
        return "$MLFLOW_TRACKING_AWS_SIGV4"
    if os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        return "$MLFLOW_TRACKING_CLIENT_CERT_PATH"
    headers = entry_points(group="mlflow.request_header_provider")
    return next((f"its plug-in {plugin.name!r}" for plugin in headers), "")


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH"))
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _connect(uri: str, where: str) -> None:
    import sqlalchemy

    try:
        sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool).connect().close()
    except ModuleNotFoundError as error:
        raise ValueError(f"{where} needs the Python package {error.name}: install it with pip") from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        raise ValueError(f"{where} cannot be opened ({without_credentials(reason, uri)}): {START}") from error


def _within(seconds: float, question: Callable[[], T], where: str) -> T:
    """The question's answer or exception; ``ValueError`` when time is up, wherever it hangs."""
    try:
        return within(seconds, question)
    except TimeoutError as error:
        raise ValueError(f"{where} did not answer within {seconds:.0f} s: {START}") from error
