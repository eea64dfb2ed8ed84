"""Programs that log the same rows with other loggers; each prints how long it took, in seconds."""

PEERS = {
    "tensorboardX": """
import json, random, sys, time
from tensorboardX import SummaryWriter
steps, folder = int(sys.argv[1]), sys.argv[2]
rows = [{f"m{i}": random.random() for i in range(10)} for _ in range(steps)]
writer = SummaryWriter(folder)
begun = time.perf_counter()
for step, row in enumerate(rows):
    for name, value in row.items():
        writer.add_scalar(name, value, step)
called = time.perf_counter()
writer.close()
print(json.dumps({"caller": called - begun, "durable": time.perf_counter() - begun}))
""",
    "trackio": """
import contextlib, io, json, os, random, sys, time
steps, folder = int(sys.argv[1]), sys.argv[2]
os.environ["TRACKIO_DIR"] = folder
rows = [{f"m{i}": random.random() for i in range(10)} for _ in range(steps)]
with contextlib.redirect_stdout(io.StringIO()):
    import trackio
    trackio.init(project="benchmark")
    begun = time.perf_counter()
    for row in rows:
        trackio.log(row)
    called = time.perf_counter()
    trackio.finish()
    done = time.perf_counter()
print(json.dumps({"caller": called - begun, "durable": done - begun}))
""",
    "mlflow": """
import json, logging, random, sys, time, warnings
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
from mlflow import MlflowClient
from mlflow.entities import Metric
steps, folder = int(sys.argv[1]), sys.argv[2]
rows = [{f"m{i}": random.random() for i in range(10)} for _ in range(steps)]
client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
run = client.create_run(client.create_experiment("benchmark")).info.run_id
begun = time.perf_counter()
for first in range(0, steps, 100):
    numbered = list(enumerate(rows[first:first + 100], first))
    client.log_batch(run, [Metric(name, value, 0, step) for step, row in numbered for name, value in row.items()])
done = time.perf_counter()
print(json.dumps({"caller": done - begun, "durable": done - begun}))
""",
}
