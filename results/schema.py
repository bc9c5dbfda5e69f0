"""The columns of results.csv, declared once: writer, reader, validator, JSON schema and docs are views of this list."""

from typing import Any, Literal, NamedTuple

SCHEMA_VERSION = "1.4"
STATUSES = ("ok", "timeout", "oom", "crash", "error", "unsupported")

Type = Literal["str", "int", "float", "bool"]


class Column(NamedTuple):
    """One column; a missing figure is an empty field."""

    name: str
    type: Type
    unit: str
    """"s", "bytes", ...; "1" for counts and fractions, "" for what has none."""
    meaning: str
    least: float | None = None
    most: float | None = None
    """No figure is smaller, or larger."""


def _text(name: str, meaning: str) -> Column:
    return Column(name, "str", "", meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "int", "1", meaning, least=0)


def _share(name: str, meaning: str) -> Column:
    return Column(name, "float", "1", meaning, least=0, most=1)


def _number(name: str, meaning: str, unit: str = "1") -> Column:
    return Column(name, "float", unit, meaning)


def _seconds(name: str, meaning: str) -> Column:
    return Column(name, "float", "s", meaning, least=0)


STATIONARY = ("minimum", "saddle", "maximum", "singular")
ENDS = (*STATIONARY, "not_stationary", "flat")
"""What a lane can end on, by the referee, in the columns n_minimum, n_saddle ...: each lane on one of them."""
STOPS = ("converged", "max_steps", "stalled", "diverged", "nonfinite", "singular_step")
"""Why a lane can have stopped, in the columns n_converged, n_max_steps ...: each lane for one reason."""

KEY = ("run_id", "cell_id", "attempt")

COLUMNS: tuple[Column, ...] = (
    _text("schema_version", "Version of this list; the first number changes when a meaning does."),
    _text("run_id", "The run's own: the name that its folder had when it began, and eight random digits."),
    _text("cell_id", "Solver, problem, batch and dtype: what is compared across runs."),
    _count("attempt", "1, and one more for every repetition of the cell in the same run."),
    # identity
    _text("problem", "Name in the registry."),
    _count("n_dim", "Number of variables n."),
    _text("solver", "Name in the registry."),
    _text("solver_kind", "exact (returns points), solve (root-finding on the gradient), descend or peer."),
    _text("solver_options", "What repeats the run, as JSON with sorted keys; a tuned step size is in it."),
    _text("solver_detail", "How an exact solver found its points; for a symbolic one the solution as text."),
    _text(
        "solver_schedule",
        "How the lanes were run: blocks of a fused kernel, or form, width and pace of the loop, and why.",
    ),
    _count("batch", "Number of starts; 1 for exact solvers, which need none."),
    _text("dtype", "float32 or float64: the arithmetic of the solver. The referee's is always float64."),
    _text("device", "Platform the solver ran on: cpu or gpu."),
    _count("seed", "Seed of the starts."),
    _number("gtol", "Largest |df/dx_i| that counts as zero, as asked for."),
    _number("gtol_effective", "Largest tolerance of a coordinate: gtol, or the rounding noise of the gradient."),
    _count("max_steps", "Step limit of a lane."),
    _text("problem_tags", "What the problem is like, joined by semicolons: multimodal;singular."),
    _text("truth_standing", "What is known of the answer: proved, certified, best_known or unknown."),
    Column("truth_complete", "bool", "", "Is the list of known stationary points proved complete in the box?"),
    # outcome
    _text("status", "ok, timeout, oom, crash, error or unsupported; only ok rows have figures."),
    _text("status_detail", "Why the status is not ok."),
    _text(
        "remark",
        "What limits the figures: where a derivative is not finite, or that the minimum lies on the edge of the box.",
    ),
    _count("n_minimum", "Lanes that ended on a minimum, by the referee; for exact solvers a lane is a returned point."),
    _count("n_saddle", "Lanes that ended on a saddle."),
    _count("n_maximum", "Lanes that ended on a maximum."),
    _count("n_singular", "Lanes that ended on a stationary point whose Hessian is singular to working precision."),
    _count("n_not_stationary", "Lanes that ended where the gradient is not small."),
    _count("n_flat", "Lanes that ended where the gradient is small, but no stationary point is near: on a plateau."),
    _count("n_outside", "Lanes that ended outside the closed box, on whatever kind of point."),
    _count("n_below", "Lanes that ended in the box below f* by more than 1e-6 |f*|: then f* is not the minimum."),
    _count("n_converged", "Lanes that stopped since every |df/dx_i| was within its tolerance."),
    _count("n_max_steps", "Lanes that stopped at the step limit."),
    _count("n_stalled", "Lanes that stopped since they made no progress for `patience` steps: docs/conventions.md."),
    _count("n_diverged", "Lanes that stopped since the next point was more than 1e6 times the box away."),
    _count("n_nonfinite", "Lanes that stopped since f, its gradient or the next point was not finite."),
    _count("n_singular_step", "Lanes that stopped since the Hessian was singular and no Newton step exists."),
    _share("frac_stationary", "Share of lanes that ended on a stationary point of any kind, in the box or not."),
    _share("frac_minimum", "Share of lanes that ended on a minimum, in the box or not."),
    _share(
        "frac_global",
        "Share of lanes that ended stationary in the closed box with |f - f*| <= 1e-6 |f*| (1e-6 if f* = 0).",
    ),
    # accuracy
    _number("grad_norm_median", "Median over lanes of max_i |df/dx_i| at the end, by the referee."),
    _number("grad_norm_max", "The largest such norm."),
    _number("f_best", "Lowest f at the end of a lane that is finite."),
    _number("f_gap_median", "Median over lanes of f - f*."),
    _number("f_gap_min", "The smallest such gap; negative where an end lies below f*, mostly outside the box."),
    _number("x_error_median", "Median over lanes of max_i |x_i - x*_i|, x* the nearest known point."),
    _number("digits_median", "Median over lanes of -log10 of the largest relative coordinate error to that point."),
    _count("n_points_found", "How many different known points the lanes reached, to 3 digits or more."),
    _count("n_points_known", "How many stationary points are known."),
    _count("n_proved", "How many stationary points in the box the solver has proved, each a different one."),
    _count("n_undecided", "Regions of the box of which it could not decide whether they hold one."),
    Column("complete", "bool", "", "Is it proved that the box holds no other stationary point?"),
    _count("n_paths", "How many paths continuation followed."),
    _count("n_at_infinity", "How many of them went to infinity."),
    _count("n_given_up", "How many it could not follow to an end."),
    _text("roots_standing", "Does it know all roots in C^n? proved, probable (with probability one) or open."),
    _number("f_lower_bound", "Proved lower bound of f over the closed box."),
    _number("n_unseen", "Estimate of the stationary points that no start led to (Chao 1984)."),
    _text("start_kind", "What lane 0, the published start, ended on."),
    _count("start_steps", "Steps of that lane."),
    _number("start_digits", "Digits of that lane."),
    _number("start_f_gap", "f - f* of that lane."),
    # work
    _number("steps_median", "Median over lanes of the steps taken."),
    _number("steps_p90", "Nine lanes of ten took at most so many."),
    _count("steps_max", "Most steps a lane took."),
    _count("steps_sum", "Steps of all lanes."),
    _count("n_f", "Evaluations of f charged to all lanes."),
    _count("n_g", "Evaluations of the gradient."),
    _count(
        "n_h", "Evaluations of the Hessian; of the Jacobian of the residuals for gauss-newton and levenberg-marquardt."
    ),
    _count("n_hvp", "Products of the Hessian and a vector."),
    _count("n_linear_solves", "Linear systems solved: each an LU, QR or eigenvalue decomposition, or an elimination."),
    _share("lane_waste", "1 - mean / max of steps: what a batch in lock step would waste."),
    # time
    _seconds("lower_s", "Tracing and lowering to the compiler's input."),
    _seconds("compile_s", "Compiling, no cache."),
    _seconds("first_call_s", "The first call with the cell's own arguments."),
    _seconds("time_min_s", "Fastest timed round, all starts of the batch, every output waited for."),
    _seconds("time_median_s", "Median of the timed rounds."),
    _seconds("time_iqr_s", "Interquartile range of the timed rounds."),
    _count("n_rounds", "Number of timed rounds."),
    _number("starts_per_s", "batch / time_median_s, whatever the starts ended on.", "1/s"),
    _seconds("tune_s", "Running the step-size grid on its own starts; not part of the time above."),
    _number(
        "parallel_efficiency",
        "Lanes per second of all devices of all processes / (device_count * those of one device alone).",
    ),
    # against a peer, in rounds taken in turns
    _text("peer", "The other library's solver on the same starts, with the same step size and limits."),
    _seconds("peer_time_median_s", "Median of its rounds."),
    _share("peer_frac_stationary", "Share of its lanes that ended on a stationary point."),
    _number("ratio_to_peer", "peer_time_median_s / time_median_s: how many times faster we are."),
    # limit
    _number(
        "flops",
        "Floating-point operations of all steps of all lanes, and once those that the data alone decide; LAPACK's not; "
        "empty if a step has loops of any length.",
    ),
    _number(
        "bytes",
        "What these operations and all others of a step read and write, one by one: more than the memory sees.",
        "bytes",
    ),
    _number(
        "peak_flops_per_s",
        "Measured peak of the devices that shared the lanes; of all cores where a library multiplies matrices.",
        "1/s",
    ),
    _share("roofline_frac", "flops / time_median_s / peak_flops_per_s; empty where the peak was measured too low."),
    Column("device_peak_bytes", "int", "bytes", "Most device memory in use since the worker began; empty on a CPU."),
    _number("gpu_clock_hz", "Clock of the first GPU when the timed rounds had ended; empty on a CPU.", "Hz"),
    _number("gpu_temperature_c", "Its temperature then.", "C"),
    _number("gpu_power_w", "Its power then.", "W"),
    _number("gpu_energy_j", "Energy it took over the timed rounds; empty where its counter did not move.", "J"),
    # provenance
    _text("started_utc", "When the cell began, ISO 8601, UTC."),
    _text("git_sha", "Commit of the suite."),
    Column("git_dirty", "bool", "", "Were there uncommitted changes?"),
    _text("suite_version", "Version of zerograd."),
    _text("jax_version", "Version of jax."),
    _text("jaxlib_version", "Version of jaxlib."),
    _text("optax_version", "Version of optax."),
    _text("scipy_version", "Version of scipy."),
    _text(
        "library_version", "The library that the solver, or the peer it races, is of, and its version: jaxopt 0.8.5."
    ),
    _text("python_version", "Version of Python."),
    _text("device_kind", "The device's own name; times are comparable only where it is the same."),
    _count("device_count", "Devices (cores of a CPU) that shared the lanes."),
    _count("process_count", "Processes that shared the lanes; empty where it was one alone."),
    _text("machine", "Which machine, without its name: the same for all rows of one, and of no other."),
    _text("host", "The machine's name; only with --with-host on."),
    _text("driver_version", "Driver of the GPU."),
    _text("cpu_model", "The host's processor."),
    Column("x64", "bool", "", "Was 64-bit arithmetic enabled?"),
    _text("matmul_precision", "JAX's matrix-multiplication precision."),
    _text("xla_flags", "XLA_FLAGS of the environment."),
    _text("ci_run_url", "The CI run, where there is one."),
)

RENAMED = {"solves_per_s": "starts_per_s"}
"""Columns of older versions that hold the same figure under another name."""

_KEY_COLUMNS = tuple(column for column in COLUMNS if column.name in KEY)
QUANTILES = {"p10": "A tenth", "p25": "A quarter", "median": "Half", "p75": "Three quarters", "p90": "Nine tenths"}


def _quantiles(name: str, meaning: str) -> tuple[Column, ...]:
    return tuple(_number(f"{name}_{label}", f"{share} of the lanes {meaning}") for label, share in QUANTILES.items())


TABLES: dict[str, tuple[Column, ...]] = {
    "samples": (
        *_KEY_COLUMNS,
        _count("round", "Number of the timed round, from 0."),
        _seconds("time_s", "Its duration."),
    ),
    "targets": (
        *_KEY_COLUMNS,
        _text("quantity", "gradient: max_i |df/dx_i|; gap: f - f*, where f* is known."),
        _number(
            "target", "What part of its value at the start the quantity must fall to; a gap of 8 eps |f*| is none."
        ),
        _count("n_lanes", "Lanes observed: the batch, at most 4096."),
        _count("n_reached", "Lanes that reached the target."),
        _count("steps_sum", "Steps of all lanes until there, or until they stopped; over n_reached: with restarts."),
        *_quantiles("steps", "reached it within so many steps; empty if fewer did."),
    ),
    "trace": (
        *_KEY_COLUMNS,
        _count("step", "Number of steps made."),
        _seconds("time_s", "Estimate of a start's time until there: step * time_median_s / steps_sum."),
        _count("n_lanes", "Lanes observed: the batch, at most 4096."),
        _count("n_running", "Lanes that had not stopped; a stopped lane keeps its values."),
        _number("f_median", "Median over lanes of f."),
        *_quantiles("f_gap", "had f - f* at most so large; empty where f* is unknown or the figure is not finite."),
        *_quantiles("grad_norm", "had max_i |df/dx_i| at most so large."),
    ),
}
"""The other tables of a run, in files of their names."""


def table_schema(columns: tuple[Column, ...] = COLUMNS) -> dict[str, Any]:
    """The list as a Frictionless Table Schema."""
    types = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
    fields = [
        {"name": column.name, "type": types[column.type], "description": column.meaning, "unit": column.unit}
        | {"constraints": _limits(column)}
        for column in columns
    ]
    return {"fields": fields, "primaryKey": list(KEY), "missingValues": [""]}


def _limits(column: Column) -> dict[str, float]:
    limits = {"minimum": column.least, "maximum": column.most}
    return {name: limit for name, limit in limits.items() if limit is not None}


def markdown(columns: tuple[Column, ...] = COLUMNS) -> str:
    """The list as the table of the docs."""
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    lines += [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning.replace('|', chr(92) + '|')} |" for c in columns]
    return "\n".join(lines) + "\n"
