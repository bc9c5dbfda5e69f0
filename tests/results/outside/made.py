"""Files of other tools, made by hand in the shape that those tools write."""

import io
import json
import tarfile
import zipfile

import pandas as pd

HEAD = (
    "suite = 'bbob', funcId = {f}, DIM = {n}, Precision = 1.000e-08, algId = 'RS', coco_version = '2.6.3', "
    "logger = 'bbob', data_format = 'bbob-new2'\n%\n"
)
NEW = (
    "% f evaluations | g evaluations | best noise-free fitness - Fopt ({fopt:.12e}) + sum g_i+ | measured fitness | "
    "best measured fitness or single-digit g-values | x1 | x2...\n"
)
OLD = (
    "% function evaluation | noise-free fitness - Fopt ({fopt:.12e}) | best noise-free fitness - Fopt | "
    "measured fitness | best measured fitness | x1 | x2...\n"
)
RUNS = {1: (79.48, [(1, 30.0), (3, 4.0), (10, 5e-9)]), 2: (394.48, [(1, 50.0), (4, 20.0), (20, 0.5)])}
"""By instance: f*, then evaluations and the lowest f - f* by then."""


def benchopt_rows(solver="gd", strategy="Iteration", reps=2):
    """Curves that fall by half with every doubling of the iterations."""
    return [
        {
            "objective_name": "Ridge[reg=0.1]", "solver_name": solver, "dataset_name": "Simulated[n=5,p=3]",
            "idx_rep": rep, "sampling_strategy": strategy, "stop_val": stop, "time": 0.01 * stop * (1 + rep),
            "objective_value": 8.0 / stop, "system-processor": "a processor",
        }
        for rep in range(reps)
        for stop in (1, 2, 4)
    ]  # fmt: skip


def optimagic_rows(problem="rosenbrock", algorithm="scipy_lbfgsb", minimum=1.0, begin=13586.0):
    """From f = 5 to f* + 0.4; the clock began anywhere."""
    return [
        {
            "n_evaluations": k, "n_batches": k, "walltime": begin + 0.25 * k, "criterion": f,
            "criterion_normalized": (f - minimum) / (5.0 - minimum), "problem": problem, "algorithm": algorithm,
        }
        for k, f in enumerate((5.0, 2.0, 3.0, minimum + 0.4))
    ]  # fmt: skip


def csv_of(rows, path):
    pd.DataFrame(rows).to_csv(path)
    return path


def coco_files(new=True, functions=((1, 2),)):
    """Contents by name: an .info file, and of each function and dimension a .tdat, with every run's lowest f."""
    files = {}
    for f, n in functions:
        stem = f"data_f{f}/bbobexp_f{f}_DIM{n}_i1"
        ends = ", ".join(f"{i}:{points[-1][0]}|{points[-1][1]:.1e}" for i, (_, points) in RUNS.items())
        info = f"bbobexp_f{f}_i1.info"
        files[info] = files.get(info, "") + HEAD.format(f=f, n=n) + f"{stem}.dat, {ends}\n"
        files[f"{stem}.tdat"] = "".join(_lines(new, fopt, points) for fopt, points in RUNS.values())
        files[f"{stem}.dat"] = "".join(_lines(new, fopt, points[1:]) for fopt, points in RUNS.values())
    return files


def _lines(new, fopt, points):
    lines = [(NEW if new else OLD).format(fopt=fopt)]
    for evaluations, gap in points:
        second = "0" if new else f"{gap + 1:+.9e}"
        lines.append(f"{evaluations} {second} {gap:+.9e} {fopt + gap:+.9e} {fopt + gap:+.9e} +1.0000e+00 -2.0000e+00\n")
    return "".join(lines)


def coco_folder(path, **options):
    for name, text in coco_files(**options).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def coco_zip(path, **options):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in coco_files(**options).items():
            archive.writestr(f"RS_on_bbob/{name}", text)
    return path


def coco_tgz(path, **options):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in coco_files(**options).items():
            member = tarfile.TarInfo(f"./RS_on_bbob/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def pytest_json(path, **changed):
    """Of one test with its rounds, and one without."""
    stats = {"min": 0.1, "max": 0.4, "mean": 0.2, "median": 0.2, "iqr": 0.1, "rounds": 3, "iterations": 1}
    rounds = stats | {"data": [0.2, 0.1, 0.4]}
    entry = {"group": None, "param": "bfgs", "extra_info": {"problem": "rosenbrock"}}
    named = {"name": "test_fit[bfgs]", "fullname": "tests/test_x.py::test_fit[bfgs]", "params": {"solver": "bfgs"}}
    plain = {"name": "test_plain", "fullname": "tests/test_x.py::test_plain", "params": None, "param": None}
    whole = {
        "machine_info": {"python_version": "3.12.1", "cpu": {"brand_raw": "a processor"}}, "commit_info": {},
        "benchmarks": [entry | named | {"stats": rounds}, entry | plain | {"extra_info": {}, "stats": stats}],
        "datetime": "2026-11-28T09:57:52+00:00", "version": "5.3.1",
    }  # fmt: skip
    path.write_text(json.dumps(whole | changed))
    return path
