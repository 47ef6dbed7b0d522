"""One engine in a process of its own, stopped except when it is asked to run."""
import glob
import json
import os
import pathlib
import select
import signal
import subprocess
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ENGINES = ("hasten", "onnxruntime", "openvino")
TITLES = {"hasten": "Hasten", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def binary():
    return os.environ.get("HASTEN_BIN", str(ROOT / "build/release/hasten"))


def hasten_knows(option):
    said = subprocess.run([binary(), "serve-timing", "--help"], capture_output=True, text=True)
    return option in said.stdout


def command(engine, model, inputs, outputs, threads):
    if engine == "hasten":
        own = [binary(), "serve-timing", model, "--input-dir", inputs, "--output-dir", outputs]
        return own + (["--threads", str(threads)] if hasten_knows("--threads") else [])
    folder = {"onnxruntime": "peers-ort", "openvino": "peers-openvino"}[engine]
    python = ROOT / "build" / folder / "bin/python"
    return [str(python), str(ROOT / f"bench/peers/{engine}_server.py"), model, inputs, outputs, str(threads)]


def busy_seconds(cpus):
    """Of these processors since boot, by whomever; the host's share of a virtual machine included."""
    with open("/proc/stat") as f:
        fields = [line.split() for line in f if line.startswith("cpu")]
    wanted = {f"cpu{c}" for c in cpus}
    busy = sum(sum(map(int, row[1:4])) + sum(map(int, row[6:9])) for row in fields if row[0] in wanted)
    return busy / os.sysconf("SC_CLK_TCK")


def own_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class EngineFailed(Exception):
    pass


class Engine:
    """Loads at once and has run once when the constructor returns; then it is stopped."""

    def __init__(self, name, model, inputs, outputs, threads, timeout):
        self.name, self.outputs, self.timeout, self.buffer = name, outputs, timeout, b""
        self.times, self.window_medians, self.disturbance = [], [], []
        self.earlier_start_ms = None  # of another start before, to the first result
        os.makedirs(outputs, exist_ok=True)
        self.cpus = sorted(os.sched_getaffinity(0))[:threads]
        self.errors = open(os.path.join(outputs, "stderr"), "w+")
        self.process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, self.cpus)), *command(name, model, inputs, outputs, threads)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        try:
            self.about = self.answer()
            self.estimate = self.run(1)[0]
        except BaseException:
            self.close()
            raise
        self.stop()

    def answer(self):
        deadline = time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise EngineFailed(f"no answer in {self.timeout:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise EngineFailed(self.last_words())
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def last_words(self):
        self.process.wait()
        self.errors.seek(0)
        lines = [line.strip(" -\n") for line in self.errors if line.strip(" -\n")]
        return lines[-1][:200] if lines else f"exit {self.process.returncode}"

    def run(self, count):
        """Milliseconds of each run."""
        try:
            self.process.stdin.write(f"run {count}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise EngineFailed(self.last_words()) from None
        return [ns / 1e6 for ns in self.answer()]

    def stop(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def wake(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def window(self, milliseconds, unmeasured, least):
        """Times runs for about so long, after a few that only warm up what the others cooled down."""
        self.wake()
        if unmeasured:
            self.estimate = min(self.run(unmeasured))
        began, busy, own = time.monotonic(), busy_seconds(self.cpus), own_seconds(self.process.pid)
        times = self.run(max(least, int(np.ceil(milliseconds / max(self.estimate, 1e-4)))))
        spent = time.monotonic() - began
        others = busy_seconds(self.cpus) - busy - (own_seconds(self.process.pid) - own)
        self.disturbance.append(max(0.0, others / (spent * len(self.cpus))))
        self.stop()
        self.times += times
        self.window_medians.append(float(np.median(times)))

    def first_result_ms(self):
        """From the file on."""
        return (self.about["load_ns"] + self.about["first_run_ns"]) / 1e6

    def peak_mb(self):
        """Of memory, above what the process had before it loaded the model."""
        with open(f"/proc/{self.process.pid}/status") as f:
            peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
        return (peak - self.about.get("before_kb", 0)) / 1e3

    def read_outputs(self):
        """Arrays by file name."""
        paths = sorted(glob.glob(os.path.join(self.outputs, "output_*.npy")))
        return {os.path.basename(p): np.load(p, allow_pickle=False) for p in paths}

    def facts(self):
        p10, median, p90 = np.quantile(self.times, (0.1, 0.5, 0.9))
        return {"median_ms": median, "p10_ms": p10, "p90_ms": p90, "runs": len(self.times),
                "first_result_ms": self.first_result_ms(), "earlier_start_ms": self.earlier_start_ms,
                "peak_mb": self.peak_mb(), "version": self.about["version"],
                "window_medians": self.window_medians, "disturbance": self.disturbance}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()
