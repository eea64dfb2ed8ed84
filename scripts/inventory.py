"""What a release is made of: `python scripts/inventory.py sbom` lists it, `... audit` looks for known weaknesses in it.

Both look at what users get, not at what we develop with: the wheel with its extras (`arangovis[all]`), installed into
an environment of its own, and the packages of the built page. The tools stay in another environment, so that nothing of
theirs is listed. Needs the network. Everything is below `dist/`:

    dist/arangovis.cdx.json        CycloneDX: the Python packages
    dist/arangovis-page.cdx.json   CycloneDX: what the page is built of and with
    dist/audit.json                what pip-audit found, package by package
"""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from build_ui import ROOT, WEB, installed_toolchain, wheel_toolchain

DIST = ROOT / "dist"
SHIPPED = DIST / "shipped"
TOOLS = DIST / "tools"
PYTHON_SBOM = DIST / "arangovis.cdx.json"
PAGE_SBOM = DIST / "arangovis-page.cdx.json"
AUDIT = DIST / "audit.json"
OWN = "arangovis"


def main() -> int:
    """List or audit; return the exit status: 1 if something is known to be weak, or could not be found out."""
    parser = argparse.ArgumentParser(description="List what a release is made of, or audit it.")
    parser.add_argument("what", choices=("sbom", "audit"))
    what = parser.parse_args().what
    install_release()
    install_tools()
    return sbom() if what == "sbom" else audit()


def install_release() -> None:
    """Install the wheel, as users would, into an environment that has nothing else in it, not even pip."""
    shutil.rmtree(SHIPPED, ignore_errors=True)
    for old in DIST.glob("arangovis-*.whl"):
        old.unlink()
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", DIST, ROOT)
    (wheel,) = DIST.glob("arangovis-*.whl")
    venv.create(SHIPPED, with_pip=False)
    run(sys.executable, "-m", "pip", "--python", python_of(SHIPPED), "install", "--quiet", f"{wheel}[all]")


def install_tools() -> None:
    """Install the tools of the extra `audit`."""
    if not python_of(TOOLS).exists():
        venv.create(TOOLS, with_pip=False)
    # without the project itself: only what the extra names
    run(sys.executable, "-m", "pip", "--python", python_of(TOOLS), "install", "--quiet", *tools())


def tools() -> list[str]:
    """Return what the extra `audit` names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [str(line) for line in project["optional-dependencies"]["audit"]]


def sbom() -> int:
    """Write both lists."""
    options = ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "application", "--output-reproducible"]
    listed = TOOLS / "bin" / "cyclonedx-py", "environment", *options, "--of", "JSON", "-o", PYTHON_SBOM
    run(*listed, python_of(SHIPPED))
    with PAGE_SBOM.open("wb") as file:
        run(*npm(), "sbom", "--package-lock-only", "--sbom-format", "cyclonedx", cwd=WEB, stdout=file)
    print(f"{PYTHON_SBOM.relative_to(ROOT)} and {PAGE_SBOM.relative_to(ROOT)} are written.")
    return 0


def audit() -> int:
    """Ask the advisories of both registries about every package; what they know is on the terminal."""
    (packages,) = SHIPPED.glob("lib/python*/site-packages")
    AUDIT.unlink(missing_ok=True)
    options = "--path", packages, "--format", "json", "--desc", "off", "--output", AUDIT
    ended = run(TOOLS / "bin" / "pip-audit", *options, check=False)
    told = problems(json.loads(AUDIT.read_text("utf-8"))) if AUDIT.exists() else ["pip-audit wrote no report"]
    print("\n".join(told) or "Python: nothing is known to be weak.", flush=True)
    page = run(*npm(), "audit", cwd=WEB, check=False)
    return 1 if told or ended or page else 0


def problems(report: Mapping[str, Any]) -> list[str]:
    """Return a line for each known weakness, and one for the packages that nobody could tell about.

    pip-audit passes those, and says that it found no weakness: of an index without advisories, for all packages.

    Args:
        report: of pip-audit, in its own JSON.

    """
    lines = []
    for package in report["dependencies"]:
        for weakness in package.get("vulns", ()):
            mended = ", ".join(weakness["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}")
    skipped = [found for found in report["dependencies"] if "skip_reason" in found and found["name"] != OWN]
    if skipped:
        names = ", ".join(found["name"] for found in skipped)
        lines.append(f"{len(skipped)} packages were not audited: {names}. The first: {skipped[0]['skip_reason']}")
    return lines


def npm() -> Sequence[str]:
    """Return the command that starts npm."""
    return (installed_toolchain() or wheel_toolchain()).npm


def python_of(environment: Path) -> Path:
    """Return the interpreter of an environment."""
    return environment / "bin" / "python"


def run(*command: object, cwd: Path = ROOT, check: bool = True, stdout: IO[bytes] | None = None) -> int:
    """Run a command of ours and return its exit status; what it says is on the terminal."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, check=check, stdout=stdout).returncode  # noqa: S603 - our own words


if __name__ == "__main__":
    sys.exit(main())
