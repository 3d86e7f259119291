"""A headless Chromium for pages that are opened from disk, as the one to whom they were handed over opens them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed (Debian: apt install chromium)"
)
PATIENCE = 120_000.0
"""Milliseconds; WebGL is drawn by the processor here."""


@contextmanager
def opened(file: Path, width: int = 1280, height: int = 1000) -> Iterator[tuple[Any, list[str]]]:
    """The page, and what went wrong on it so far: errors on its console, exceptions, requests to a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        drawn_by_the_processor = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox", *drawn_by_the_processor])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        wrong: list[str] = []

        def heard(message: Any) -> None:
            if message.type == "error":
                wrong.append(message.text)

        def asked(request: Any) -> None:
            if not request.url.startswith(("file:", "data:", "blob:")):
                wrong.append(f"request to {request.url[:80]}")

        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", asked)
        page.goto(file.as_uri())
        yield page, wrong
        browser.close()
