"""Where the figures come from: the suite's commit and version, a fingerprint of its code, and other packages."""

import hashlib
import os
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, packages_distributions, version
from pathlib import Path
from typing import Any

from solvers import find

_PACKAGES = ("bench", "problems", "results", "solvers")


def provenance(root: Path) -> dict[str, Any]:
    """The columns of a row that are known before a device is."""
    sha = _git(root, "rev-parse", "HEAD")
    return {
        "git_sha": sha,
        "git_dirty": bool(_git(root, "status", "--porcelain")) if sha else None,
        "suite_version": version_of("zerograd"),
        "ci_run_url": _ci_run_url(),
    }


def fingerprint() -> str:
    """SHA-256 of the suite's own code, which says more than a commit: changes need not be committed."""
    here = Path(__file__).resolve().parents[2]
    files = {package: list((here / package).rglob("*.py")) for package in _PACKAGES}
    assert all(files.values()), f"no code found of {files}"  # else all machines would seem to run the same
    digest = hashlib.sha256()
    for path in sorted(path for found in files.values() for path in found):
        digest.update(f"{path.relative_to(here)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def packages() -> dict[str, str]:
    """Every package installed here, and its version."""
    return dict(sorted({found.metadata["Name"]: found.version for found in distributions()}.items()))


def library_of(solver: str) -> dict[str, str | None]:
    """The column of the row that says of which library a solver is."""
    imported = find(solver).library
    return {"library_version": _with_version(imported) if imported else None}


def version_of(package: str) -> str | None:
    """None for a package that is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _with_version(imported: str) -> str:
    package = packages_distributions().get(imported, [imported])[0]
    return f"{package} {version_of(package) or ''}".rstrip()


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, encoding="utf-8", errors="replace", timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _ci_run_url() -> str | None:
    parts = [os.environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else None
