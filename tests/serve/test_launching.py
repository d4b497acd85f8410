"""The app on a port: found, refused, told, ended."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from backlight.errors import InputError, ModelError
from backlight.serve.launching import address_of, bound, serve
from backlight.serve.settings import Settings, is_loopback

from .explaining.networks import BARE


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_which_hosts_are_this_machine_s_own(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_the_address_holds_host_port_and_token() -> None:
    assert address_of(Settings(), 8484) == "http://127.0.0.1:8484/"
    assert address_of(Settings(host="::1"), 80) == "http://[::1]:80/"
    assert address_of(Settings(host="0.0.0.0", token="abc"), 9) == "http://0.0.0.0:9/?token=abc"


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is taken; .*--port 0"):
            bound("127.0.0.1", port)


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(InputError, match=r"192\.0\.2\.1, port 0: .*--host 127\.0\.0\.1"):
        bound("192.0.2.1", 0)


def started(*options: str) -> tuple[subprocess.Popen[str], str]:
    """`backlight serve` as a process, and the address it says it is at."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backlight", "serve", "--no-open", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs tests in the background lets its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"at (http://\S+) \(Ctrl-C ends it\)", line)
    assert found, (line, process.stderr)
    return process, found[1]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    return process.returncode, told


def test_it_answers_where_it_says_and_ends_by_ctrl_c() -> None:
    process, address = started()
    try:
        with urllib.request.urlopen(address) as answer:
            assert b"<title>Backlight</title>" in answer.read()
    finally:
        code, told = ended(process)
    assert code in (0, 130)
    assert told == ""


def test_at_another_host_a_token_is_made_up_and_asked_for() -> None:
    process, address = started("--host", "0.0.0.0")
    try:
        place, _, token = address.partition("?token=")
        assert len(token) >= 20
        here = place.replace("0.0.0.0", "127.0.0.1")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(here)
        request = urllib.request.Request(here, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
    finally:
        ended(process)


def test_a_model_that_is_not_there_or_takes_no_photos_is_told_at_the_start() -> None:
    for name, words in (
        ("scenes-resne", "scenes-resnet"),
        ("no.module:network", "no.module"),
        ("catch-dqn", "`backlight play"),
        (BARE, "has no preprocessing for photos: offer one that"),
    ):
        settings = Settings(port=0, models=("scenes-resnet", name))
        with pytest.raises(ModelError, match=words):
            serve(settings, open_browser=False, ready=lambda _: None)


def test_ctrl_c_ends_it_at_once_with_streams_and_half_a_request_open() -> None:
    process, address = started()
    place = ("127.0.0.1", int(address.rstrip("/").rpartition(":")[2]))
    asked = json.dumps({"photo": "scene:1", "model": "scenes-resnet", "gradients": "dual"})
    begun = http.client.HTTPConnection(*place)
    begun.request(
        "POST",
        "/api/train/runs",
        json.dumps({"kind": "classic", "name": "mccaffrey", "pace": 5}),
        {"content-type": "application/json"},
    )
    run = json.loads(begun.getresponse().read())["run"]
    watching, explaining = http.client.HTTPConnection(*place), http.client.HTTPConnection(*place)
    watching.request("GET", f"/api/train/runs/{run}/events")
    explaining.request(
        "POST",
        "/api/explain",
        asked,
        {"content-type": "application/json", "accept": "text/event-stream"},
    )
    assert watching.getresponse().status == explaining.getresponse().status == 200
    with socket.create_connection(place) as half:
        half.sendall(b"POST /api/sweep HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        before = time.monotonic()
        code, told = ended(process)
        took = time.monotonic() - before
    for connection in (begun, watching, explaining):
        connection.close()
    assert code in (0, 130)
    assert "Traceback" not in told
    assert took < 3 * slowness()


def slowness() -> float:
    """How much slower than usual this machine starts a Python that does nothing (0.05 s)."""
    before = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return max(1.0, (time.monotonic() - before) / 0.05)
