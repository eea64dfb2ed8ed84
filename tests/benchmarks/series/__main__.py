"""Series: `python -m tests.benchmarks.series [--rounds 5] [--peer NAME=PYTHON ...] [--quick]`.

Logging beside peers, appending, reading, and many viewers; each part runs by itself too, see its module. A peer is
`tensorboardX`, `trackio` or `mlflow`, with a Python that has it.
"""

import argparse
import subprocess
import sys


def main() -> None:
    """Run the parts one after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    rounds = ["--rounds", str(given.rounds)]
    peers = [word for peer in given.peer for word in ("--peer", peer)]
    parts = {
        "logging": [*rounds, *peers, *(["--steps", "1000"] if given.quick else [])],
        "appending": rounds,
        "reading": [*rounds, *(["--quick"] if given.quick else [])],
        "viewers": ["--seconds", "5"] if given.quick else [],
    }
    for part, arguments in parts.items():
        print(f"\n{part}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.series.{part}", *arguments], check=True)


if __name__ == "__main__":
    main()
