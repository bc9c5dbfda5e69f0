"""Pytest options of the suite, and how they become cells: in a clone, from a wheel, and under `zerograd run`."""

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

import results
from bench import SUITE
from bench.ending import INFRASTRUCTURE, USAGE, NoDevice, UsageError
from bench.plan.asked import left_out
from bench.plan.cell import Cell
from bench.plan.declared import DECLARED
from bench.plan.facts import read_facts
from bench.plan.options import OPTIONS, Options, options_line, resolve
from bench.plan.shards import mine
from bench.running.progress import Progress, announcement
from bench.running.replay import ReplayClock
from bench.running.run import Plan, Run, open_run
from bench.running.signals import heeded
from bench.running.worker import InProcess, Measurer, Worker
from results.text import forgiving

CLOCK = ReplayClock()
RESOLVED = pytest.StashKey[Options]()
SESSION = pytest.StashKey[tuple[Run, Progress, list[Cell]]]()
EXIT = pytest.StashKey[int]()
NOTES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every option is a text here; `bench.plan.options` parses it, so that a mistake is one line and exit code 2."""
    group = parser.getgroup("zerograd")
    for option in DECLARED:
        group.addoption(f"--{option.name}", dest=option.field, metavar=option.metavar, help=option.help)
    group.addoption("--in-process", action="store_true", help="measure in this process, for debuggers")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Checks the options before anything runs; to return a number here is to end with it."""
    given = {option.field: config.getoption(option.field) for option in OPTIONS}
    # pytest-benchmark's own table would bury ours; -v brings it back, and its JSON is not affected.
    config.option.benchmark_quiet = config.option.benchmark_quiet or config.option.verbose <= 0
    try:
        config.stash[RESOLVED], config.stash[NOTES] = resolve(given, config.rootpath), []
    except UsageError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return USAGE
    return None


class Study(pytest.Module):
    """A benchmark file of the suite, where pytest's own settings do not name it."""

    def funcnamefilter(self, name: str) -> bool:
        """Its functions are called bench_something."""
        return name.startswith("bench_")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Study | None:
    """The suite's own files, whatever settings the folder has in which pytest is called."""
    ours = file_path.parent == SUITE and file_path.match("bench_*.py")
    named = any(file_path.match(pattern) for pattern in parent.config.getini("python_files"))
    return Study.from_parent(parent, path=file_path) if ours and not named else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A benchmark file's `cells(options)` becomes its parameters."""
    if "cell" in metafunc.fixturenames and hasattr(metafunc.module, "cells"):
        cells = _cells_of(metafunc) if _wanted(metafunc) else []
        metafunc.parametrize("cell", cells, ids=[cell.id for cell in cells])


def _cells_of(metafunc: pytest.Metafunc) -> list[Cell]:
    """The cells of a benchmark file; the options that they do not obey are noted."""
    config, file = metafunc.config, metafunc.module
    options = replace(config.stash[RESOLVED], named=_named(metafunc))
    cells = list(file.cells(options))
    if missing := list(left_out(options, cells)):
        why = getattr(file, "WHY_NOT", "nothing of it fits the other options")
        config.stash[NOTES].append(f"{metafunc.definition.path.name} does not obey {', '.join(missing)}: {why}")
    return cells


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """pytest-benchmark reads the replayed clock and groups by problem; a file without cells has nothing to skip."""
    items[:] = [item for item in items if "cell" not in getattr(item, "fixturenames", ()) or _cell_of(item)]
    if planned := _planned(config):
        items[:] = [
            item for item in items if not (cell := _cell_of(item)) or cell.id in planned.get(item.path.name, ())
        ]
    elif shard := config.stash[RESOLVED].shard:
        ours = mine([cell for item in items if (cell := _cell_of(item))], shard)
        items[:] = [item for item in items if (cell := _cell_of(item)) is None or cell.id in ours]
    for item in items:
        if cell := _cell_of(item):
            item.add_marker(pytest.mark.benchmark(timer=CLOCK, group=cell.problem))
            item.user_properties.append(("cell", cell.id))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Opens the run before the first cell; without a device nothing runs."""
    config, cells = session.config, [cell for item in session.items if (cell := _cell_of(item))]
    for note in config.stash[NOTES]:
        print(f"note: {note}", file=sys.stderr)
    if not cells or config.option.collectonly:
        return None
    options = config.stash[RESOLVED]
    signals = ExitStack()
    config.add_cleanup(signals.close)
    signals.enter_context(heeded(lambda signalled: config.stash.__setitem__(EXIT, signalled.code)))
    try:
        measurer = _measurer(options, config.getoption("in_process"))
        config.add_cleanup(measurer.close)
        run = open_run(measurer, options, config.rootpath, _plan(session.items), _words(config))
        config.add_cleanup(run.folder.close)
        run.begin(cells)
    except (NoDevice, UsageError) as reason:
        print(f"error: {reason}", file=sys.stderr)
        config.stash[EXIT] = USAGE if isinstance(reason, UsageError) else INFRASTRUCTURE
        return True
    live = sys.stdout.isatty() and "CI" not in os.environ
    progress = Progress(len(cells), run.missing(cells), forgiving(sys.stdout), live=live)
    config.stash[SESSION] = run, progress, cells
    reporter = config.pluginmanager.getplugin("terminalreporter")
    reporter.showfspath = False
    reporter.write_line(options_line(options))
    reporter.write_line(announcement(run.missing(cells), run.folder.csv))
    if len(cells) == len(session.items):  # else each failure of a cell would be told three times
        config.option.tbstyle, reporter.reportchars = "no", ""
    return None


@pytest.fixture(name="measured")
def _measured_cell(request: pytest.FixtureRequest) -> Callable[[Cell], None]:
    """Measures a cell and replays its rounds into pytest-benchmark; a cell that is not ok is a row and says why."""
    run, progress, _ = request.config.stash[SESSION]
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def measure(cell: Cell) -> None:
        with capture.global_and_fixture_disabled():
            progress.start(cell)
            try:
                outcome = run.measure(cell)
            except OSError as failure:
                pytest.exit(
                    f"error: {run.folder.path} cannot be written to ({failure.strerror}); "
                    f"the rows so far are kept: go on with --resume {run.folder.path}",
                    INFRASTRUCTURE,
                )
            progress.end(cell, outcome)
        late = outcome.status == "timeout" and cell.budget_s is not None  # that it takes longer is what was asked
        if outcome.status == "unsupported" or late:
            pytest.skip(str(outcome.detail))
        if outcome.status != "ok":
            pytest.fail(f"{outcome.status}: {outcome.detail}", pytrace=False)
        benchmark = request.getfixturevalue("benchmark")  # only now: unused, it would warn
        CLOCK.replay(benchmark, outcome.samples)
        benchmark.extra_info.update(cell.identity() | outcome.figures)

    return measure


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """The progress line speaks for a cell: no dots, no letters; what fails beside its measuring is pytest's to tell."""
    if "cell" not in dict(getattr(report, "user_properties", ())) or (report.failed and report.when != "call"):
        return None
    return (report.outcome if report.when == "call" or report.skipped else ""), "", ""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that measured nothing is no success."""
    config = session.config
    if SESSION in config.stash:
        run, progress, _ = config.stash[SESSION]
        progress.finish()
        if run.folder.rows and not any(row["status"] == "ok" for row in run.folder.rows):
            print("error: no cell was measured; the reasons are in the rows", file=sys.stderr)
            config.stash[EXIT] = INFRASTRUCTURE
    session.exitstatus = config.stash.get(EXIT, session.exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A table per problem with the solvers side by side, then where the CSV is."""
    if SESSION not in config.stash or not config.stash[SESSION][0].folder.rows:
        return
    from bench.commands.report import save_telling_basins
    from results.report.build import write_report  # a second's import, when there is time for it

    run, _, cells = config.stash[SESSION]
    console = results.console(terminalreporter._tw._file)
    page = run.folder.path / "report.html"
    frame = run.frame()
    if config.stash[RESOLVED].size != "smoke":
        save_telling_basins(frame, run.folder.path)
    try:
        write_report([run.folder.path], page)
    except OSError as failure:
        print(f"error: {page} cannot be written ({failure.strerror}); the rows are kept", file=sys.stderr)
    results.render_all(frame, console)
    results.render_footer(frame, run.folder.csv, page, _command(run, cells), console)


def _command(run: Run, cells: list[Cell]) -> str:
    """What measures the cells that are missing, or where none is, repeats the run into a new folder."""
    words = [word for word in sys.argv[1:] if not word.startswith("--out=")]
    if "--out" in words:
        del words[words.index("--out") : words.index("--out") + 2]
    called = "zerograd" if words[:1] == ["run"] else "pytest"
    if missing := len(run.missing(cells)):
        plugins = [f"--plugin={text}"] if (text := run.folder.facts["options"].get("plugin")) else []
        start = ["zerograd", "run"] if called == "zerograd" else ["pytest", "bench"]
        resumed = shlex.join([*start, f"--resume={run.folder.path}", *plugins])
        return f"{resumed}   ({missing} of {len(cells)} cells are not measured yet)"
    return shlex.join([called, *words])


def _measurer(options: Options, in_process: bool) -> Measurer:
    if options.cluster:
        from bench.running.cluster import Cluster

        return Cluster(options.cluster, options.device, options.plugin)
    return InProcess(options.device) if in_process else Worker(options.device, options.plugin, options.distributed)


def _planned(config: pytest.Config) -> Plan:
    """The cells of the run that is resumed, by benchmark file; of a new run nothing."""
    resume = config.stash[RESOLVED].resume
    return read_facts(resume)["plan"] if resume else {}


def _plan(items: list[pytest.Item]) -> Plan:
    plan: dict[str, list[str]] = {}
    for item in items:
        if cell := _cell_of(item):
            plan.setdefault(item.path.name, []).append(cell.id)
    return plan


def _wanted(metafunc: pytest.Metafunc) -> bool:
    if planned := _planned(metafunc.config):
        return metafunc.definition.path.name in planned
    if metafunc.config.stash[RESOLVED].race:
        return metafunc.definition.path.name == "bench_peers.py"
    if not getattr(metafunc.module, "ONLY_WHEN_ASKED", False) or metafunc.config.stash[RESOLVED].size == "full":
        return True
    return _named(metafunc)


def _named(metafunc: pytest.Metafunc) -> bool:
    """Is the file given on the command line?"""
    return any(metafunc.definition.path.name in word for word in _words(metafunc.config))


def _words(config: pytest.Config) -> list[str]:
    """The files that are named; of a run that is resumed those that were."""
    resume = config.stash[RESOLVED].resume
    return read_facts(resume).get("files") or [] if resume else config.args


def _cell_of(item: pytest.Item) -> Cell | None:
    cell = getattr(item, "callspec", None) and item.callspec.params.get("cell")  # type: ignore[attr-defined]
    return cell if isinstance(cell, Cell) else None
