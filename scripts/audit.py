"""Looks up the known vulnerabilities of everything in locks/ with pip-audit.

Exit codes: 0 none but those recorded here, 1 others found, 3 the data was out of reach.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: All but torch-cpu.txt, another build of what torch.txt names.
LOCKS = ("build.txt", "runtime.txt", "torch.txt", "mcp.txt", "test.txt")

#: Both are holes of Chroma's Python *server*, which Exhibit never starts (docs/security.md); no
#: release mends them yet.
RECORDED = ("CVE-2026-45829", "CVE-2026-45833")


def main() -> int:
    """Print what was found, one line each, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = audited(Path(folder))
    packages = json.loads(report)["dependencies"] if report else []
    unchecked = [package["name"] for package in packages if "skip_reason" in package]
    found = [
        f"{package['name']} {package['version']}: {hole['id']}"
        + (f", fixed in {hole['fix_versions'][0]}" if hole["fix_versions"] else ", no fix yet")
        for package in packages
        for hole in package.get("vulns", [])
    ]
    for line in found:
        print(line)
    print(f"audit: {len(packages)} packages, {len(found)} holes, {len(unchecked)} not checked")
    if unchecked or not packages:
        print("audit: its data could not be reached; run it where the network is open")
        return 3
    return 1 if found else 0


def audited(folder: Path) -> str:
    """pip-audit's JSON report, from an environment of its own in `folder`; "" when it gave none."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *quiet, "pip-audit"])
    locks = [f"--requirement={ROOT / 'locks' / name}" for name in LOCKS]
    ignored = [f"--ignore-vuln={name}" for name in RECORDED]
    options = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]
    command = [python, "-m", "pip_audit", *options, *ignored, *locks]
    done = subprocess.run(command, capture_output=True, text=True)
    # It says "No known vulnerabilities found" also when it could look nothing up.
    if not done.stdout:
        print(done.stderr, file=sys.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
