"""The columns of results.csv: writer, reader, validator, comparison, JSON schema and docs view them."""

from collections.abc import Iterator

from results.columns import Column, Use, declared
from results.schema.kinds import count_column as _count
from results.schema.kinds import number_column as _number
from results.schema.kinds import seconds_column as _seconds
from results.schema.kinds import share_column as _share
from results.schema.kinds import text_column as _text
from results.schema.words import ACCURACIES, GOALS, arrivals_of


def _arrivals() -> Iterator[Column]:
    for goal, meaning in GOALS.items():
        for digits in ACCURACIES:
            count, work = arrivals_of(goal, digits)
            yield _count(count, f"Lanes that came to {meaning}; to {digits} digits of f.", Use.NONE)
            yield _share(
                work,
                f"Part of all work that the lanes had done by then, or in vain; times time_median_s / {count}: "
                "expected seconds with restarts.",
                Use.NONE,
            )


_NONE, _EXACT, _DRIFT, _PINNED, _LISTED = Use.NONE, Use.EXACT, Use.DRIFT, Use.PINNED, Use.LISTED
_MEAN, _MAX, _MIN = Use.MEAN, Use.MAX, Use.MIN
_ADDED = Use.EXACT | Use.SUM
_SETTING = Use.PINNED | Use.LISTED
_DEVICE = Use.CONDITION | _SETTING

COLUMNS = declared(
    _text("schema_version", "Version of this list; the first number changes when a meaning does.", _LISTED),
    _text("run_id", "The run's own: the name that its folder had when it began, and eight random digits.", _LISTED),
    _text("cell_id", "Solver, problem, batch and dtype: what is compared across runs.", _NONE),
    _count("attempt", "1, and one more for every repetition of the cell in the same run.", _NONE),
    # identity
    _text(
        "study",
        "The study that the cell belongs to, where its rows are no part of the main tables: scaling, batch, reach, "
        "networks.",
        _NONE,
    ),
    _text(
        "origin",
        "The tool that measured the row where it was not this suite, and its version: such a row is unjudged.",
        _NONE,
    ),
    _text("problem", "Name in the registry.", _NONE),
    _count("n_dim", "Number of variables n.", _EXACT),
    _text("solver", "Name in the registry.", _NONE),
    _text("solver_kind", "exact (returns points), solve (root-finding on the gradient), descend or peer.", _NONE),
    _text("solver_way", "How it goes about it: root-finding, second order, first order, exact or peer.", _NONE),
    _text("solver_options", "What repeats the run, as JSON with sorted keys; a tuned step size is in it.", _EXACT),
    _text("solver_detail", "How an exact solver found its points; for a symbolic one the solution as text.", _NONE),
    _text(
        "solver_schedule",
        "How lanes were run: blocks of a fused kernel, or form, width and pace of the loop; why.",
        _NONE,
    ),
    _count("batch", "Number of starts; 1 for exact solvers, which need none.", _NONE),
    _text("dtype", "float32 or float64: the arithmetic of the solver. The referee's is always float64.", _NONE),
    _text("device", "Platform the solver ran on: cpu or gpu.", _PINNED),
    _count("seed", "Seed of the starts.", _LISTED),
    _number("gtol", "Largest |df/dx_i| that counts as zero, as asked for.", _LISTED),
    _number(
        "gtol_effective",
        "Largest tolerance of a coordinate: gtol, or the rounding noise of the gradient.",
        _DRIFT,
        slack=1e-6,
    ),
    _count("max_steps", "Step limit of a lane; with a budget, what its seconds allow.", _LISTED),
    _seconds(
        "budget_s",
        "Seconds it had: for the steps of all starts; in the study reach, start after start, to reach f_target; in the "
        "study networks for each start.",
        _NONE,
    ),
    _number("target", "Accuracy of f that --target asked for: of |f*|, absolute if f* = 0.", _NONE),
    _text("problem_tags", "What the problem is like, joined by semicolons: multimodal;singular.", _NONE),
    _text("truth_standing", "What is known of the answer: proved, certified, best_known or unknown.", _EXACT),
    Column("truth_complete", "bool", "", "Is the list of known stationary points proved complete in the box?", _NONE),
    # outcome
    _text(
        "status",
        "ok, timeout, oom, crash, error or unsupported; unjudged if another tool measured it. Only ok and unjudged "
        "rows have figures.",
        _EXACT,
    ),
    _text("status_detail", "Why the status is not ok.", _NONE),
    _text(
        "remark",
        "What limits the figures: where a derivative is not finite, or that the minimum lies on the edge of the box.",
        _NONE,
    ),
    _count(
        "n_minimum",
        "Lanes that ended on a minimum, by the referee; for exact solvers a lane is a returned point.",
        _ADDED,
    ),
    _count("n_saddle", "Lanes that ended on a saddle.", _ADDED),
    _count("n_maximum", "Lanes that ended on a maximum.", _ADDED),
    _count(
        "n_singular", "Lanes that ended on a stationary point whose Hessian is singular to working precision.", _ADDED
    ),
    _count("n_not_stationary", "Lanes that ended where the gradient is not small.", _ADDED),
    _count(
        "n_flat", "Lanes that ended where the gradient is small, but no stationary point is near: on a plateau.", _ADDED
    ),
    _count("n_outside", "Lanes that ended outside the closed box, on whatever kind of point.", _ADDED),
    _count(
        "n_below", "Lanes that ended in the box below f* by more than 1e-6 |f*|: then f* is not the minimum.", _ADDED
    ),
    _count("n_converged", "Lanes that stopped since every |df/dx_i| was within its tolerance.", _ADDED),
    _count("n_max_steps", "Lanes that stopped at the step limit.", _ADDED),
    _count(
        "n_stalled", "Lanes that stopped since they made no progress for `patience` steps: docs/conventions.md.", _ADDED
    ),
    _count("n_diverged", "Lanes that stopped since the next point was more than 1e6 times the box away.", _ADDED),
    _count("n_nonfinite", "Lanes that stopped since f, its gradient or the next point was not finite.", _ADDED),
    _count("n_singular_step", "Lanes that stopped since the Hessian was singular and no Newton step exists.", _ADDED),
    _count("n_done", "Lanes that stopped since their solver, a user's, said that it was done.", _ADDED),
    _share("frac_stationary", "Share of lanes that ended on a stationary point of any kind, in the box or not.", _MEAN),
    _share("frac_minimum", "Share of lanes that ended on a minimum, in the box or not.", _MEAN),
    _share(
        "frac_global",
        "Share of lanes that ended stationary in the closed box with |f - f*| <= 1e-6 |f*| (1e-6 if f* = 0).",
        _DRIFT | _MEAN,
    ),
    _number(
        "f_target",
        "The aim: f* + target |f*| (target if f* = 0; 1e-6 if not given), or a value fixed beforehand where f* is "
        "unknown.",
        _EXACT,
    ),
    _share(
        "frac_target", "Share of lanes that ended with f <= f_target, in the closed box where f* is its minimum.", _NONE
    ),
    _seconds(
        "reached_s",
        "Seconds until the call that reached f_target had ended, tuning charged; empty if none did. In the study "
        "networks half of the starts had reached it in so long, each with its own calls.",
        _NONE,
    ),
    _share(
        "accuracy_median",
        "In the study networks: median over the starts of the share of the examples held out that their ends get "
        "right.",
        _NONE,
    ),
    # accuracy
    _number("grad_norm_median", "Median over lanes of max_i |df/dx_i| at the end, by the referee.", _NONE),
    _number("grad_norm_max", "The largest such norm.", _MAX),
    _number("f_best", "Lowest f at the end of a lane that is finite.", _MIN),
    _number("f_gap_median", "Median over lanes of f - f*.", _NONE),
    _number("f_gap_min", "The smallest such gap; negative where an end lies below f*, mostly outside the box.", _MIN),
    _number("x_error_median", "Median over lanes of max_i |x_i - x*_i|, x* the nearest known point.", _NONE),
    _number(
        "digits_median",
        "Median over lanes of -log10 of the largest relative coordinate error to that point.",
        _DRIFT,
        slack=0.1,
    ),
    _count("n_points_found", "How many different known points the lanes reached, to 3 digits or more.", _EXACT),
    _count("n_points_known", "How many stationary points are known.", _NONE),
    _count(
        "n_orbits", "Of the stationary points returned, how many are different up to the problem's symmetry.", _NONE
    ),
    _count("n_orbits_minimum", "How many of these are minima.", _NONE),
    _count("n_with_copies", "How many points they are when every copy by symmetry is added, found or not.", _NONE),
    _count("n_proved", "How many stationary points in the box the solver has proved, each a different one.", _NONE),
    _count("n_undecided", "Regions of the box of which it could not decide whether they hold one.", _NONE),
    Column("complete", "bool", "", "Is it proved that the box holds no other stationary point?", _NONE),
    _count("n_paths", "How many paths continuation followed.", _NONE),
    _count("n_at_infinity", "How many of them went to infinity.", _NONE),
    _count("n_given_up", "How many it could not follow to an end.", _NONE),
    _text("roots_standing", "Does it know all roots in C^n? proved, probable (with probability one) or open.", _NONE),
    _number("f_lower_bound", "Proved lower bound of f over the closed box.", _NONE),
    _number("n_unseen", "Estimate of the stationary points that no start led to (Chao 1984).", _NONE),
    _text("start_kind", "What lane 0, the published start, ended on.", _EXACT),
    _count("start_steps", "Steps of that lane.", _NONE),
    _number("start_digits", "Digits of that lane.", _DRIFT, slack=0.1),
    _number("start_f_gap", "f - f* of that lane.", _NONE),
    # work
    _number("steps_median", "Median over lanes of the steps taken.", _EXACT),
    _number("steps_p90", "Nine lanes of ten took at most so many.", _NONE),
    _count("steps_max", "Most steps a lane took.", _EXACT | _MAX),
    _count("steps_sum", "Steps of all lanes.", _ADDED),
    _count("n_f", "Evaluations of f charged to all lanes.", _ADDED),
    _count(
        "n_g",
        "Evaluations of the gradient; here and in n_f one on b of m rows of the data counts as b / m, the sum rounded "
        "up.",
        _ADDED,
    ),
    _count(
        "n_h",
        "Evaluations of the Hessian; of the Jacobian of the residuals for gauss-newton and levenberg-marquardt.",
        _ADDED,
    ),
    _count("n_hvp", "Products of the Hessian and a vector.", _ADDED),
    _count(
        "n_linear_solves",
        "Linear systems solved: each an LU, QR or eigenvalue decomposition, or an elimination.",
        _ADDED,
    ),
    _share("lane_waste", "1 - mean / max of steps: what a batch in lock step would waste.", _NONE),
    # goals: from the same program with fewer steps
    *_arrivals(),
    _count("n_target", "Lanes that came to f <= f_target, in the closed box where f* is its minimum.", Use.NONE),
    _share(
        "work_target",
        "Part of all work that the lanes had done by then, or in vain; times time_median_s / n_target: expected "
        "seconds with restarts.",
        Use.NONE,
    ),
    # time
    _seconds("lower_s", "Tracing and lowering to the compiler's input.", _NONE),
    _seconds("compile_s", "Compiling, no cache.", _NONE),
    _seconds("first_call_s", "The first call with the cell's own arguments.", _NONE),
    _seconds("time_min_s", "Fastest timed round, all starts of the batch, every output waited for.", _NONE),
    _seconds("time_median_s", "Median of the timed rounds.", _NONE),
    _seconds("time_iqr_s", "Interquartile range of the timed rounds.", _NONE),
    _count("n_rounds", "Number of timed rounds.", _NONE),
    _number("starts_per_s", "batch / time_median_s, whatever the starts ended on.", _NONE, "1/s"),
    _seconds("tune_s", "Running the step-size grid on its own starts; not part of the time above.", _NONE),
    _number(
        "parallel_efficiency",
        "Lanes per second of all devices of all processes / (device_count * those of one device alone).",
        _NONE,
    ),
    # against a peer, in rounds taken in turns
    _text("peer", "The other library's solver on the same starts, with the same step size and limits.", _NONE),
    _seconds("peer_time_median_s", "Median of its rounds.", _NONE),
    _share("peer_frac_stationary", "Share of its lanes that ended on a stationary point.", _NONE),
    _number("ratio_to_peer", "peer_time_median_s / time_median_s: how many times faster we are.", _NONE),
    # limit
    _number(
        "flops",
        "Floating-point operations of all steps of all lanes, and once those that the data alone decide; LAPACK's not; "
        "empty if a step has loops of any length.",
        _EXACT,
    ),
    _number(
        "bytes",
        "What these operations and all others of a step read and write, one by one: more than the memory sees.",
        _NONE,
        "bytes",
    ),
    _number(
        "peak_flops_per_s",
        "Measured peak of the devices that shared the lanes; of all cores where a library multiplies matrices.",
        _NONE,
        "1/s",
    ),
    _share(
        "roofline_frac", "flops / time_median_s / peak_flops_per_s; empty where the peak was measured too low.", _NONE
    ),
    Column(
        "program_bytes",
        "int",
        "bytes",
        "Memory that the compiled program needs, by the compiler: arguments, results and temporaries; empty where the "
        "solver runs on the host.",
        _NONE,
    ),
    Column(
        "device_peak_bytes", "int", "bytes", "Most device memory in use since the worker began; empty on a CPU.", _NONE
    ),
    _number("gpu_clock_hz", "Clock of the first GPU when the timed rounds had ended; empty on a CPU.", _NONE, "Hz"),
    _number("gpu_temperature_c", "Its temperature then.", _NONE, "C"),
    _number("gpu_power_w", "Its power then.", _NONE, "W"),
    _number("gpu_energy_j", "Energy it took over the timed rounds; empty where its counter did not move.", _NONE, "J"),
    # provenance
    _text("started_utc", "When the cell began, ISO 8601, UTC.", _NONE),
    _text("git_sha", "Commit of the suite.", _LISTED),
    Column("git_dirty", "bool", "", "Were there uncommitted changes?", _LISTED),
    _text("suite_version", "Version of zerograd.", _SETTING),
    _text("jax_version", "Version of jax.", _SETTING),
    _text("jaxlib_version", "Version of jaxlib.", _DEVICE),
    _text("optax_version", "Version of optax.", _SETTING),
    _text("scipy_version", "Version of scipy.", _SETTING),
    _text(
        "library_version",
        "The library that the solver, or the peer it races, is of, and its version: jaxopt 0.8.5.",
        _LISTED,
    ),
    _text("python_version", "Version of Python.", _SETTING),
    _text("device_kind", "The device's own name; times are comparable only where it is the same.", _DEVICE),
    _count("device_count", "Devices (cores of a CPU) that shared the lanes.", _DEVICE),
    _count("process_count", "Processes that shared the lanes; empty where it was one alone.", _NONE),
    _text("machine", "Which machine, without its name: the same for all rows of one, and of no other.", _NONE),
    _text("host", "The machine's name; only with --with-host on.", _NONE),
    _text("driver_version", "Driver of the GPU.", _SETTING),
    _text("cpu_model", "The host's processor.", _DEVICE),
    Column("x64", "bool", "", "Was 64-bit arithmetic enabled?", _SETTING),
    _text("matmul_precision", "JAX's matrix-multiplication precision.", _SETTING),
    _text("xla_flags", "XLA_FLAGS of the environment.", _SETTING),
    _text("ci_run_url", "The CI run, where there is one.", _LISTED),
)
