"""The real page in a process of its own, with the deterministic embedder, and what it uses."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.commands import ROOT, command


@dataclass(frozen=True, slots=True)
class Use:
    """What a process holds: resident memory in MB, open files, threads."""

    rss_mb: float
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page that answers at `url`."""

    url: str
    process: subprocess.Popen[str]

    def use(self) -> Use:
        """What it holds now."""
        place = Path(f"/proc/{self.process.pid}")
        lines = (line.split() for line in (place / "status").read_text().splitlines())
        facts = {words[0]: words[1] for words in lines if len(words) > 1}
        files = len(list((place / "fd").iterdir()))
        return Use(int(facts["VmRSS:"]) / 1024, files, int(facts["Threads:"]))

    def stop(self) -> str:
        """Tell it to end as systemd does; what it wrote on stderr after `ready`."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def page(index: Path, port: int, **environ: str) -> Iterator[Page]:
    """The page over `index`; everything that is found is answered."""
    config = index.with_name("page.toml")
    config.write_text("[answering]\nfloor = 0.0\n")
    words = ["chat", "--no-browser", "--port", str(port), "--index", str(index)]
    with subprocess.Popen(
        command(*words),
        cwd=ROOT,
        env={**os.environ, "EXHIBIT_CONFIG": str(config), **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("ready: ")
            yield Page(f"http://127.0.0.1:{port}", process)
        finally:
            process.kill()
