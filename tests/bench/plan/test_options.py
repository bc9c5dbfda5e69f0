"""Options: where they come from, and the one line a mistake gets."""

from multiprocessing import Pipe
from pathlib import Path

import pytest

from bench import bench_batch, bench_problems, bench_scaling
from bench.ending import UsageError
from bench.plan import matrix
from bench.plan.options import OPTIONS, options_line, resolve
from bench.plan.parsers import LONGEST_S


def options(tmp_path, environment=None, **given):
    return resolve(given, tmp_path, environment or {})


def test_defaults_are_the_quick_suite(tmp_path):
    chosen = options(tmp_path)
    assert (chosen.size, chosen.device, chosen.seed, chosen.dtype) == ("quick", "auto", 0, ("float64",))
    assert "size: quick" in options_line(chosen)


def test_command_line_beats_environment_beats_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.zerograd]\nseed = 1\nsize = "smoke"\nbatch = [3, 4]\ndtype = "float32"\n'
    )
    chosen = options(tmp_path, {"ZEROGRAD_SEED": "2", "ZEROGRAD_DTYPE": "float64"}, seed="5")
    assert (chosen.seed, chosen.dtype, chosen.size, chosen.batch) == (5, ("float64",), "smoke", (3, 4))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": "huge"}, '--size "huge" is not known; allowed: smoke, quick, full'),
        ({"device": "tpu"}, '--device "tpu" is not known; allowed: auto, cpu, gpu'),
        ({"dtype": "float64,float16"}, '--dtype "float16" is not known; allowed: float32, float64'),
        ({"batch": "1,0"}, '--batch "0" is not allowed; give a whole number greater than 0, at most 1000000000000'),
        ({"batch": "1e3"}, '--batch "1e3" is not allowed; give a whole number greater than 0, at most 1000000000000'),
        ({"gtol": "nan"}, '--gtol "nan" is not allowed; give a number greater than 0, at most 1e+30'),
        ({"gtol": "-1"}, '--gtol "-1" is not allowed; give a number greater than 0, at most 1e+30'),
        (
            {"max_steps": "many"},
            '--max-steps "many" is not allowed; give a whole number greater than 0, at most 1000000000',
        ),
        (
            {"seed": "-1"},
            '--seed "-1" is not allowed; give a whole number greater than -1, at most 9223372036854775807',
        ),
        (
            {"problems": "himelblau"},
            'no problem matches "himelblau"; nearest: himmelblau, himmelblau~shifted, himmelblau~rotated. '
            "All names: zerograd list problems",
        ),
        (
            {"solvers": "newtn"},
            'no solver matches "newtn"; nearest: newton, newton-cg, all-newton. All names: zerograd list solvers',
        ),
        ({"budget": "2m"}, '--budget "2m" is not allowed; give seconds, at most 1e+06: 2, 2s or 500ms'),
        ({"budget": "0s"}, '--budget "0s" is not allowed; give seconds, at most 1e+06: 2, 2s or 500ms'),
        ({"target": "2"}, '--target "2" is not allowed; give a number greater than 0, at most 1'),
        ({"tune": "maybe"}, '--tune "maybe" is not known; allowed: on, off'),
        ({"observe": "1"}, '--observe "1" is not known; allowed: on, off'),
        ({"solvers": "gd:rate=1"}, 'gd has no option "rate"; it has: patience, learning_rate'),
        (
            {"plugin": "no_such_module"},
            '--plugin: the plug-in "no_such_module" cannot be loaded '
            "(ModuleNotFoundError: No module named 'no_such_module')",
        ),
        ({"problems": "rosenbrock-n1"}, 'no problem "rosenbrock-n1": rosenbrock needs n >= 2'),
    ],
)
def test_a_mistake_is_one_line(given, message, tmp_path):
    with pytest.raises(UsageError) as caught:
        options(tmp_path, **given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("seed", 2**63 - 1), ("max_steps", 10**9), ("batch", 10**12), ("cell_timeout", 10**6),
        ("compile_timeout", 10**6), ("gtol", 1e30),
    ],
)  # fmt: skip
def test_a_number_beyond_what_can_be_held_is_refused(name, most, tmp_path):
    options(tmp_path, **{name: str(most)})
    for text in (str(2 * most), "9" * 5000, "1e400", "inf"):
        with pytest.raises(UsageError, match=r"is not allowed; give .*, at most [0-9e+]+$"):
            options(tmp_path, **{name: text})


def test_a_worker_waits_as_long_as_the_longest_deadline():
    ours, theirs = Pipe()
    theirs.send("compiled")
    assert ours.poll(LONGEST_S)
    with pytest.raises(OverflowError):
        ours.poll(10**8)  # so there must be a limit


@pytest.mark.parametrize(
    "given",
    [
        {"shard": "1/99999999999"}, {"shard": f"1/{'9' * 5000}"}, {"distributed": "1/2@localhost:70000"},
        {"cluster": "localhost:65536"}, {"solvers": f"gd:patience={10**10}"}, {"solvers": "gd:learning_rate=1e400"},
        {"problems": "rosenbrock-n10000001"}, {"problems": f"quadratic-n{'9' * 30}"},
        {"problems": f"quadratic-n{'9' * 5000}"}, {"problems": "thomson-n300000"},
        {"problems": "dixmaan-a-n99999999999"},
        {"problems": "rosenbrock-n99999999999~rotated"},
    ],
    ids=lambda given: str(given)[:40],
)  # fmt: skip
def test_a_size_beyond_what_can_be_held_is_refused(given, tmp_path):
    with pytest.raises(
        UsageError, match=r"is not understood|not allowed; give .* at most \d+|needs n <= \d+"
    ) as caught:
        options(tmp_path, **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["out", "resume"])
def test_a_path_that_is_not_utf_8_is_refused(name, tmp_path):
    with pytest.raises(UsageError, match=f'--{name} "r\ufffdn" is not UTF-8; give a path that is, or rename it'):
        options(tmp_path, **{name: "r\udcffn"})


def test_a_budget_is_in_seconds_or_thousandths_of_them(tmp_path):
    said = {"2": 2.0, "2s": 2.0, "1.5 s": 1.5, "500ms": 0.5, "1e-3": 1e-3, "1e6": 1e6}
    assert {text: options(tmp_path, budget=text).budget for text in said} == said
    for text in ("1e7", "inf", "-1", "1.2.3", "s", "1e6s0", "nan", "9" * 5000):
        with pytest.raises(UsageError, match="give seconds, at most"):
            options(tmp_path, budget=text)


def test_an_unknown_setting_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.zerograd]\nsiez = 1\n")
    with pytest.raises(UsageError, match='has no setting "siez"; allowed: plugin, size, problems'):
        options(tmp_path)


def test_every_option_has_help():
    assert all(option.declared.help and option.declared.metavar for option in OPTIONS)


SMOKE = (Path(__file__).parent / "smoke_ids.txt").read_text().split()


def test_the_ids_of_the_smoke_suite_are_a_public_api(tmp_path):
    chosen = options(tmp_path, size="smoke")
    ids = [cell.id for file in (bench_problems, bench_scaling, bench_batch) for cell in file.cells(chosen)]
    assert ids == SMOKE
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("size", ["smoke", "quick", "full"])
def test_equal_ids_are_equal_cells(size, tmp_path):
    chosen = options(tmp_path, size=size)
    seen = {}
    for file in (bench_problems, bench_scaling, bench_batch):
        for cell in file.cells(chosen):
            assert seen.setdefault(cell.id, cell) == cell
    assert all(character.isalnum() or character in "-~." for character in "".join(seen))


def test_large_problems_get_fewer_lanes_unless_asked(tmp_path):
    one = lambda **given: next(matrix.cells(options(tmp_path, **given), ["quadratic-n1000"], ["newton"]))  # noqa: E731
    assert one().batch == 4
    assert one(batch="33").batch == 33
    assert one(max_steps="7").max_steps == 7
