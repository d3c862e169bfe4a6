"""Each guard is taken out in turn, in a copy of the tree: some test must notice.

Only in `make stress`. That every guard is still where this file looks is checked on each run.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("ingest", "rag", "corpus", "eval", "ui", "tests", "docs", "locks", "scripts")
IS_STRESS = "EXHIBIT_STRESS" in os.environ


@dataclass(frozen=True, slots=True)
class Guard:
    """Code of a guard, what stands there without it, and the tests that must fail then."""

    file: str
    code: str
    without: str
    tests: str
    chosen: str = ""


# Not among these: the test of the host, without which `serve` would not fail but serve, and the
# refusal of redirects, which three places share.
_WEB = "tests/ui/test_web_guard.py"
_FENCE = "tests/redteam/test_prompt_fence.py"
_LEAKS = "tests/security/test_leaks.py"
GUARDS = {
    "host": Guard(
        "ui/web/guard.py", "len(hosts) != 1 or not (self._users or _is_loopback(hosts[0]))",
        "False", _WEB,
    ),
    "origin": Guard(
        "ui/web/guard.py", 'if _is_foreign(headers, hosts[0], scope["path"])', "if False", _WEB,
    ),
    "users": Guard(
        "ui/web/guard.py", 'not _is_known(headers.get("authorization", ""), self._users)',
        "False", _WEB,
    ),
    "paths": Guard(
        "ui/web/guard.py", 'not self._allowed.fullmatch(scope["path"])', "False", _WEB,
    ),
    "parent": Guard("ui/web/guard.py", '_PARENT.search(scope["path"])', "False", _WEB),
    "length": Guard("ui/web/guard.py", "if int(length) > limit:", "if False:", _WEB),
    "chunked": Guard(
        "ui/web/guard.py", 'not length.isdecimal() or "transfer-encoding" in headers',
        "False", _WEB,
    ),
    "policy": Guard(
        "ui/web/guard.py", "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'", "script-src *", _WEB,
    ),
    "cors": Guard("ui/web/guard.py", "del headers[name]", "pass", _WEB),
    "floor": Guard(
        "ui/web/app.py", "if version < GRADIO_FLOOR:", "if False:",
        "tests/security/test_server.py", "floor",
    ),
    "forged_upload": Guard(
        "ui/web/app.py", "page.has_launched = True", "pass", "tests/security/test_uploads.py",
    ),
    "inbox": Guard(
        "ui/web/archives.py", "file.is_symlink() or not file.is_file()", "False",
        "tests/security/test_uploads.py", "at_once",
    ),
    "stranger": Guard(
        "ui/web/guard.py", "if not self._users and is_stranger(scope):", "if False:",
        "tests/security/test_server.py", "another_account",
    ),
    "escaping": Guard(
        "ui/html.py", "return escape(neutralise(text), quote=True)", "return neutralise(text)",
        "tests/ui/test_html_mail.py",
    ),
    "neutral": Guard(
        "ui/neutral.py", "if lines.isascii():", "if True:", "tests/ui/test_neutral.py",
    ),
    "tokens": Guard(
        "rag/spotlight.py", 'return _TEMPLATE.sub(lambda m: f"{m[0][0]}{gap}{m[0][1:]}", line)',
        "return line", _FENCE,
    ),
    "hidden_text": Guard(
        "rag/spotlight.py", "for line in visible(text).split", "for line in text.split", _FENCE,
    ),
    "nonce": Guard(
        "rag/spotlight.py", "if digest[:_MARK_LENGTH] not in joined:", "if True:", _FENCE,
    ),
    "quotes": Guard(
        "rag/cite.py", "or not quotes_stand(text, spans)", "or False", "tests/rag/test_cite.py",
    ),
    "umask": Guard("ui/cli.py", "os.umask(0o077)", "os.umask(0o022)", _LEAKS, "owner_only"),
    "faults": Guard(
        "ui/trouble.py", 'f"unexpected {type(error).__name__}', 'f"unexpected {error}',
        _LEAKS, "unforeseen",
    ),
    "proxies": Guard(
        "rag/adapters/ollama_llm.py", "trust_env=False", "trust_env=True",
        "tests/rag/test_ollama_llm.py", "proxy",
    ),
    "weights": Guard(
        "rag/adapters/sentence_transformer.py", "if expected and self.weights_hash != expected:",
        "if False:", "tests/rag/test_embedder.py", "altered_weights",
    ),
    "telemetry": Guard(
        "rag/adapters/__init__.py", 'os.environ["ORT_DISABLE_TELEMETRY"] = "1"', "pass",
        "tests/security/test_network.py", "leave",
    ),
    "manifest": Guard(
        "rag/index/manifest.py", "(not hashing or _hash(path) == file.sha256)", "True",
        "tests/faults/test_damage.py",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARDS)
def test_the_guard_stands_where_it_is_looked_for(name: str) -> None:
    guard = GUARDS[name]
    assert (ROOT / guard.file).read_text(encoding="utf-8").count(guard.code) == 1
    assert (ROOT / guard.tests).is_file()


@pytest.mark.stress
@pytest.mark.skipif(not IS_STRESS, reason="long; run it with `make stress`")
@pytest.mark.parametrize("name", GUARDS)
def test_a_missing_guard_is_noticed(name: str, tmp_path: Path) -> None:
    guard = GUARDS[name]
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    for file in ("pyproject.toml", "constraints.txt", "Makefile", "README.md"):
        shutil.copy(ROOT / file, tmp_path)
    path = tmp_path / guard.file
    path.write_text(path.read_text(encoding="utf-8").replace(guard.code, guard.without))
    words = ["-x", "-p", "no:cacheprovider", "-k", guard.chosen, guard.tests]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("EXHIBIT_STRESS")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False, timeout=600,
    )  # fmt: skip
    assert run.returncode == 1, run.stdout[-2000:]
