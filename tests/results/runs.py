"""Runs made by hand, for the tests of what reads them."""

import json

import numpy as np

from results import schema, to_frame, write_csv
from results.rows import blank_row
from results.table import append_csv

KEYS = ("run_id", "cell_id", "attempt")


def row(problem="himmelblau", solver="newton", kind="solve", run_id="r", **figures):
    """A row of 100 starts, all minima, in a millisecond."""
    known = {
        "schema_version": schema.SCHEMA_VERSION, "run_id": run_id, "cell_id": f"{solver}-{problem}-b100-float64",
        "attempt": 1, "problem": problem, "n_dim": 2, "problem_tags": "multimodal", "solver": solver,
        "solver_kind": kind, "batch": 100, "dtype": "float64", "device": "cpu", "device_kind": "cpu",
        "cpu_model": "a processor", "device_count": 2, "jaxlib_version": "0.10.2", "status": "ok", "n_minimum": 100,
        "n_saddle": 0, "n_maximum": 0, "n_singular": 0, "n_not_stationary": 0, "n_flat": 0,
        "frac_stationary": 1.0, "frac_minimum": 1.0, "frac_global": 1.0,
        "steps_median": 6.0, "steps_max": 12, "steps_sum": 640, "n_f": 740, "n_g": 740, "n_h": 640, "n_hvp": 0,
        "time_median_s": 1e-3, "compile_s": 1.0, "digits_median": 15.0, "gtol": 1e-8,
        "started_utc": "2026-11-23T10:00:00Z",
    }  # fmt: skip
    return blank_row() | known | _arrivals(known | figures) | figures


def _arrivals(figures):
    """Whoever ends on something has it to all digits, at the end of all work; an exact solver's points take none."""
    if figures["status"] != "ok":
        return {}
    told, exact = {}, figures["solver_kind"] == "exact"
    lanes = sum(figures[f"n_{end}"] or 0 for end in schema.ENDS) if exact else figures["batch"]
    for goal in schema.GOALS:
        share = figures[f"frac_{goal}"]
        if goal == "global" and None not in (share, figures["frac_minimum"]):
            share = min(share, figures["frac_minimum"])
        for digits in schema.ACCURACIES:
            count, work = schema.arrivals_of(goal, digits)
            told[count] = None if share is None else round(share * lanes)
            told[work] = None if share is None or exact else 1.0
    return told


def write_run(folder, rows, rounds=20, noise=0.05, seed=0):
    """A run folder: results.csv, samples.csv whose medians are the rows', and the journal."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    written = []
    for one in rows:
        samples = []
        if one["status"] == "ok":
            samples = (one["time_median_s"] * np.exp(noise * rng.standard_normal(rounds))).tolist()
            one = one | {"time_median_s": float(np.median(samples))}
        written.append(one)
        lines = [{name: one[name] for name in KEYS} | {"round": i, "time_s": s} for i, s in enumerate(samples)]
        append_csv(lines, schema.TABLES["samples"], folder / "samples.csv")
        with (folder / "cells.jsonl").open("a") as journal:
            journal.write(json.dumps({"row": one, "samples": samples}) + "\n")
    write_csv(to_frame(written), folder / "results.csv")
    return folder
