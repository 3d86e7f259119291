"""One place masks user names, passwords and keys, whatever they are made of."""

from __future__ import annotations

import http.server
import json
import shlex
import threading
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import tracking
from study.cluster import command_line as cluster
from study.storage.credentials import of_command, of_uri, without_credentials

PASSWORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(lambda text: f"Qx7{text}7xQ")
PLAIN = st.text("abcXYZ019-_/@:?#&;!~.", max_size=20).map(lambda text: f"Qx7{text}7xQ")
SCHEMES = st.sampled_from(["http", "https", "postgresql+psycopg2", "ftp", "s3"])
KEYS = st.sampled_from(
    ["password", "sig", "sas", "auth", "code", "odbc_connect", "access_token", "X-Amz-Signature", "api_key", "PWD"]
)


@given(SCHEMES, PASSWORD, st.sampled_from(["me", "", "mé", "a.b"]))
def test_no_password_of_a_uri_is_left_whatever_it_is_made_of(scheme, password, user):
    masked = of_uri(f"{scheme}://{user}:{password}@host:5000/x")
    assert masked == f"{scheme}://***@host:5000/x"


@given(SCHEMES, PASSWORD, KEYS, st.sampled_from("?&#;"))
def test_no_secret_of_a_query_or_fragment_is_left(scheme, password, key, before):
    secret = quote(password, safe="")
    for text in (of_uri, without_credentials):
        assert secret not in text(f"{scheme}://host/x?a=1{before}{key}={secret}&b=2")


@given(SCHEMES, PLAIN)
def test_nor_in_a_text_where_it_has_no_space_and_no_quotation_mark(scheme, password):
    assert password not in without_credentials(f"cannot reach '{scheme}://me:{password}@host/x': no answer")


@given(PASSWORD)
def test_a_command_is_masked_before_it_is_quoted(password):
    arguments = ["python", "-m", "study.run", f"--tracking-uri=http://me:{password}@h", f"http://me:{password}@h/run"]
    masked = shlex.split(of_command(arguments))
    assert masked == [*arguments[:3], "--tracking-uri=http://***@h", "http://***@h/run"]
    assert json.dumps(password)[1:-1] not in json.dumps(masked)


@pytest.mark.parametrize("text", ["s3://bucket/a@b/results", "sqlite:////a/b.db", "me@x.org", "http://h:1/?x=1&keep=2"])
def test_what_is_no_secret_stays(text):
    assert of_uri(text) == without_credentials(text) == text


def test_a_password_is_not_written_into_a_script_for_slurm(capfd):
    arguments = ["--slurm", "bifurcation", "--study-arguments", "--tracking-uri 'http://me:slurm pw@h'"]
    assert cluster(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: --study-arguments --tracking-uri 'http://***@h': credentials would be written")
    assert "slurm pw" not in err


@pytest.fixture
def servers():
    """Two servers on loopback: the first sends everybody to the second, which keeps what it was told."""
    heard: list[str] = []

    class Second(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            """Nothing."""

    class First(Second):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{second.server_port}{self.path}")
            self.end_headers()

    first, second = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (First, Second))
    for server in (first, second):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield first.server_port, heard
    for server in (first, second):
        server.shutdown()
        server.server_close()


def test_a_password_is_not_sent_to_another_host_that_a_server_names(servers):
    port, heard = servers
    with pytest.raises(ValueError, match="HTTP status 302: it sends to another host, which got no password"):
        tracking.check(f"http://me:redirpw@127.0.0.1:{port}")
    assert heard == []


def test_keys_of_the_environment_are_not_handed_to_actors_by_way_of_a_log():
    from ray.tune.execution import class_cache

    import study.running.execution  # noqa: F401

    assert class_cache.ENV_VARS_TO_PROPAGATE
    assert [name for name in class_cache.ENV_VARS_TO_PROPAGATE if "AWS" in name] == []
