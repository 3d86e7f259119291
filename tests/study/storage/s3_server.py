"""An S3 server on loopback that may be killed: moto's, which keeps everything in memory, behind a log of what has
changed it. A change is in the log, on the disk, before it is answered; a server that begins with a log has it all.

    python -m tests.study.storage.s3_server PORT LOG
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

_CHANGES = ("PUT", "POST", "DELETE")
_KEPT = ("REQUEST_METHOD", "PATH_INFO", "RAW_URI", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "CONTENT_TYPE")


class Logged:
    """A WSGI application that writes down what changes it."""

    def __init__(self, application: Callable[..., Iterable[bytes]], log: Path) -> None:
        self._application, self._log = application, log

    def replay(self) -> None:
        """Do again what is in the log; a last line that is torn was never answered."""
        if not self._log.exists():
            return
        lines = self._log.read_bytes().split(b"\n")
        for line in lines[:-1]:
            environ = json.loads(line)
            body = base64.b64decode(environ.pop("body"))
            whole = environ | {"wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http"}
            list(self._application(whole, lambda status, headers, error=None: None))
        self._log.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _CHANGES:
            body = _body(environ)
            kept = {key: value for key, value in environ.items() if key in _KEPT or key.startswith("HTTP_")}
            kept |= {"CONTENT_LENGTH": str(len(body)), "body": base64.b64encode(body).decode()}
            kept.pop("HTTP_TRANSFER_ENCODING", None)
            with open(self._log, "ab") as file:
                file.write(json.dumps(kept).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        return self._application(environ, start_response)


def _body(environ: dict[str, Any]) -> bytes:
    if environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read())
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


if __name__ == "__main__":
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    served = Logged(DomainDispatcherApplication(create_backend_app), Path(sys.argv[2]))
    served.replay()
    run_simple("127.0.0.1", int(sys.argv[1]), served, threaded=False)
