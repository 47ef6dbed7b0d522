"""Rows as tables."""
import datetime
import os
import pathlib
import platform
import re

import numpy as np
from engine import ENGINES, TITLES

PEERS = ENGINES[1:]
LEAST_MS = 0.3  # below, calls cost as much as kernels: no part of the mean
QUIET = 0.05  # share of the processors that others may take
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"


def machine():
    with open("/proc/cpuinfo") as f:
        fields = dict(line.split(":", 1) for line in f.read().split("\n\n")[0].splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = fields.get("flags", fields.get("Features", "")).split()
    known = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "asimd")
    return {"cpu": fields.get("model name", platform.machine()), "family": fields.get("cpu family", ""),
            "flags": [flag for flag in known if flag in flags], "cores": len(os.sched_getaffinity(0)),
            "load_average": os.getloadavg()[0], "system": platform.platform(terse=True)}


def best_peer(row):
    """Name of the faster peer that gave a time; None if none did."""
    timed = [e for e in PEERS if "median_ms" in row["engines"].get(e, {})]
    return min(timed, key=lambda e: row["engines"][e]["median_ms"], default=None)


def ratio(row, peer):
    """Hasten's time over the peer's, and half the spread of that from round to round; None where one has no time."""
    ours, theirs = row["engines"].get("hasten", {}), row["engines"].get(peer, {})
    if "median_ms" not in ours or "median_ms" not in theirs:
        return None
    rounds = [a / b for a, b in zip(ours["window_medians"], theirs["window_medians"])]
    low, high = np.quantile(rounds, (0.1, 0.9))
    return ours["median_ms"] / theirs["median_ms"], (high - low) / 2


def summary(rows):
    """Over fp32 models above LEAST_MS whose outputs agree: (models, geometric mean, largest ratio and its model)."""
    found = []
    for row in rows:
        peer = best_peer(row)
        if row["precision"] != "fp32" or not row["agrees"] or peer is None:
            continue
        if row["engines"][peer]["median_ms"] > LEAST_MS and (r := ratio(row, peer)):
            found.append((r[0], row["model"]))
    if not found:
        return None
    worst = max(found)
    return {"models": len(found), "geometric_mean": float(np.exp(np.mean(np.log([r for r, _ in found])))),
            "worst": worst[0], "worst_model": worst[1], "faster": sum(bool(r < 1) for r, _ in found)}


def figure(v):
    return f"{v:.3g}" if v < 100 else f"{v:.0f}"


def time_cell(facts):
    if "median_ms" not in facts:
        return facts.get("problem", "-").replace("|", "/")[:60]
    return f"{figure(facts['median_ms'])} ({figure(facts['p10_ms'])}-{figure(facts['p90_ms'])})"


def ratio_cell(row, peer):
    r = ratio(row, peer) if peer else None
    return f"{figure(r[0])} ± {r[1]:.2g}" if r else "-"


def error_cell(row):
    if row["error"] is None:
        return "-"
    return f"{row['error']:.1e}" + ("" if row["agrees"] else " **differs**")


def time_table(rows):
    lines = ["| model | precision | Hasten / best peer | best peer | / ONNX Runtime | / OpenVINO | Hasten ms | ONNX Runtime ms | "
             "OpenVINO ms | error |", "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        peer = best_peer(row)
        cells = [row["model"], row["precision"], ratio_cell(row, peer), TITLES.get(peer, "-")]
        cells += [ratio_cell(row, e) for e in PEERS]
        cells += [time_cell(row["engines"].get(e, {})) for e in ENGINES] + [error_cell(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def load_table(rows):
    """Time to the first result, and memory."""
    titles = [f"{TITLES[e]} first result ms" for e in ENGINES] + ["Hasten, first start ms"] + [f"{TITLES[e]} peak MB" for e in ENGINES]
    lines = ["| model | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for row in rows:
        facts = [row["engines"].get(e, {}) for e in ENGINES]
        times = [f.get("first_result_ms") for f in facts] + [facts[0].get("earlier_start_ms")]
        cells = [row["model"]] + ["-" if v is None else figure(v) for v in times + [f.get("peak_mb") for f in facts]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def load_line(rows):
    """On how many models Hasten is at or under ONNX Runtime."""
    pairs = [(row["engines"].get("hasten", {}), row["engines"].get("onnxruntime", {})) for row in rows]
    pairs = [(ours, theirs) for ours, theirs in pairs if "peak_mb" in ours and "peak_mb" in theirs]
    count = lambda ours_key, key: sum(ours[ours_key] <= theirs[key] for ours, theirs in pairs if ours[ours_key] is not None)  # noqa: E731
    return (f"At or under ONNX Runtime, of {len(pairs)} models: first result on {count('first_result_ms', 'first_result_ms')} "
            f"(at the first start of a model, which times kernels, on {count('earlier_start_ms', 'first_result_ms')}), "
            f"peak memory on {count('peak_mb', 'peak_mb')}.")


def summary_line(rows):
    s = summary(rows)
    if not s:
        return f"No fp32 model above {LEAST_MS} ms has times of both sides and equal outputs."
    return (f"{s['models']} fp32 models above {LEAST_MS} ms: geometric mean of Hasten / best peer {s['geometric_mean']:.3f}, largest "
            f"{s['worst']:.3f} ({s['worst_model']}), below 1 on {s['faster']}.")


def disturbance(rows):
    """Share of the processors that other processes took, of the median and the worst tenth of windows."""
    shares = [share for row in rows for facts in row["engines"].values() for share in facts.get("disturbance", [])]
    return [float(q) for q in np.quantile(shares, (0.5, 0.9))] if shares else [0.0, 0.0]


def page(result):
    m = result["machine"]
    versions = ", ".join(f"{TITLES[e]} {v}" for e, v in result["versions"].items())
    half, most_windows = disturbance(result["rows"])
    out = [f"#### {result['date']}: {m['cpu']}, {m['cores']} cores ({' '.join(m['flags'])})", "",
           f"{versions}; {m['system']}; `{result['command']}`. Other processes took {half:.0%} of the processors "
           f"in the median window, {most_windows:.0%} in the worst tenth" + (": **not a quiet machine**." if half > QUIET else "."), "",
           "Milliseconds are medians of all runs (p10-p90); ratios are Hasten's time over the peer's, below 1 where Hasten is faster, ± half the "
           "p10-p90 spread from round to round."]
    for threads in sorted({row["threads"] for row in result["rows"]}):
        rows = [row for row in result["rows"] if row["threads"] == threads]
        out += ["", f"{threads} thread{'s' if threads > 1 else ''}:", "", time_table(rows), "", summary_line(rows)]
    most = max(row["threads"] for row in result["rows"])
    out += ["", f"Time from the file to the first result, and peak memory above that of the process before loading; {most} threads:", "",
            load_table([row for row in result["rows"] if row["threads"] == most]), "",
            load_line([row for row in result["rows"] if row["threads"] == most])]
    return "\n".join(out) + "\n"


def today():
    return datetime.date.today().isoformat()


def write_page(text, begin=BEGIN, end=END):
    """Between the markers of docs/performance.md, in the place of what the same kind of machine gave before."""
    path = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/performance.md"
    before, rest = path.read_text().split(begin)
    sections, after = rest.split(end)
    kind = lambda section: section.splitlines()[0].partition(": ")[2]  # noqa: E731  behind the date
    others = [s for s in re.split("^(?=#### )", sections, flags=re.M) if s.startswith("#### ") and kind(s) != kind(text)]
    path.write_text("".join([before, begin, "\n", text, *("\n" + s.rstrip("\n") + "\n" for s in others), end, after]))
