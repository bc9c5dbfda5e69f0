"""Where the figures come from: the suite's commit and version, and a fingerprint of its code."""

import hashlib
import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("bench", "problems", "results", "solvers")


def provenance(root: Path) -> dict[str, Any]:
    """The columns of a row that are known before a device is."""
    sha = _git(root, "rev-parse", "HEAD")
    return {
        "git_sha": sha,
        "git_dirty": bool(_git(root, "status", "--porcelain")) if sha else None,
        "suite_version": _suite_version(),
        "ci_run_url": _ci_run_url(),
    }


def fingerprint() -> str:
    """SHA-256 of the suite's own code, which says more than a commit: changes need not be committed."""
    here = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for package in _PACKAGES for path in (here / package).rglob("*.py")):
        digest.update(f"{path.relative_to(here)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _suite_version() -> str | None:
    try:
        return version("zerograd")
    except PackageNotFoundError:
        return None


def _ci_run_url() -> str | None:
    parts = [os.environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else None
