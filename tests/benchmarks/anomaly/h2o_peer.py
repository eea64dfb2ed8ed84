"""H2O in a Python and a Java of its own: `python h2o_peer.py TRAIN.csv` measures once for each line that it reads.

It trains, scores, and answers with a line of JSON. Listens on loopback only, with a bounded heap. Runs in the peer's
environment: nothing of ours is imported.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def free_port() -> int:
    """Return a port that is free now, with the next one, which H2O takes too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def wait(url: str, server: subprocess.Popen[bytes], seconds: float = 90.0) -> None:
    """Wait until H2O answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url + "/3/About", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError("H2O did not start")


def main() -> None:
    import h2o
    from h2o.estimators import H2OAutoEncoderEstimator

    answers, sys.stdout = sys.stdout, sys.stderr  # its client prints to the standard output
    jar = Path(h2o.__file__).parent / "backend" / "bin" / "h2o.jar"
    port = free_port()
    address = ["-ip", "127.0.0.1", "-web_ip", "127.0.0.1", "-port", str(port)]
    command = ["java", "-Xmx2g", "-jar", str(jar), *address, "-nthreads", "2", "-disable_flow"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, server)
        h2o.connect(url=url, verbose=False, strict_version_check=False)
        h2o.no_progress()
        frame = h2o.upload_file(sys.argv[1])
        for number, _ in enumerate(sys.stdin):
            model = H2OAutoEncoderEstimator(
                hidden=[20, 10, 20], epochs=10, activation="Tanh", seed=1234 + number, stopping_rounds=0,
                overwrite_with_best_model=False,
            )  # fmt: skip
            begun = time.perf_counter()
            model.train(x=frame.columns, training_frame=frame)
            trained = time.perf_counter() - begun
            begun = time.perf_counter()
            scores = model.anomaly(frame)
            scored = time.perf_counter() - begun
            found = {"training_s": trained, "scoring_s": scored, "mse": scores.mean()[0]}
            print(json.dumps(found), file=answers, flush=True)
    finally:
        h2o.connection().close()
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
