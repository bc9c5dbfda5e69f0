"""The options of a run: declared once, read from command line > environment > pyproject > default."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench.ending import UsageError, usage
from bench.machine.device import DEVICES
from bench.machine.group import Group
from bench.plan.declared import DECLARED, Declared
from bench.plan.facts import read_facts
from bench.plan.parsers import (
    LONGEST_S,
    Shard,
    address,
    choice,
    comma_list,
    number,
    path,
    process_group,
    shard,
    span_s,
    switch,
)
from bench.plan.sizes import SIZES, Size
from problems import FalseProblem, UnknownName, matching, select
from problems import plugins as problem_plugins
from solvers import SOLVERS, WrongOption, exists, find, plugins
from solvers.engine.schedule import EXECUTORS

DTYPES = ("float32", "float64")


class Option(NamedTuple):
    """One option: what is said of it, and how its text becomes a value."""

    declared: Declared
    parse: Callable[[str], Any]

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.declared.name

    @property
    def field(self) -> str:
        """The name in `Options`."""
        return self.declared.field


@dataclass(frozen=True)
class Options:
    """The resolved options of a run."""

    plugin: tuple[str, ...]
    size: str
    problems: tuple[str, ...]
    solvers: tuple[str, ...]
    race: tuple[tuple[str, str], ...]
    batch: tuple[int, ...] | None
    dtype: tuple[str, ...]
    device: str
    gtol: float | None
    max_steps: int | None
    max_evaluations: int | None
    seed: int
    out: Path | None
    resume: Path | None
    retry: tuple[str, ...]
    allow_changes: bool
    cell_timeout: float | None
    compile_timeout: float
    tune: bool
    observe: bool
    executor: str
    budget: float | None
    target: float | None
    shard: Shard | None
    with_host: bool
    cluster: str | None
    distributed: Group | None
    texts: Mapping[str, str | None]
    """The texts that these were made from, kept in run.json for --resume."""
    named: bool = False
    """Is the file of the study named on the command line? Then it measures what is asked for, whatever that is."""

    @property
    def suite(self) -> Size:
        """The size's defaults."""
        return SIZES[self.size]

    @property
    def default_solvers(self) -> tuple[str, ...]:
        """The size's solvers."""
        return _solvers(self.suite.solvers)

    @property
    def asked_problems(self) -> tuple[str, ...]:
        """The problems, where they are not the size's own choice."""
        return () if self.problems == tuple(select(self.suite.problems)) else self.problems


def resolve(given: Mapping[str, str | None], root: Path, environment: Mapping[str, str] = os.environ) -> Options:
    """The options of a run from what was `given` on the command line.

    Raises:
        UsageError: a value, a name or a setting that is not allowed.
    """
    settings = _settings(root)
    texts = {option.field: _text(option, given, environment, settings) for option in OPTIONS}
    if texts["resume"]:
        texts |= _as_it_was(path("--resume")(texts["resume"]), given)
    size = SIZES[choice("size", tuple(SIZES))(texts["size"] or "quick")]
    suite = {"problems": size.problems, "solvers": size.solvers, "dtype": ",".join(size.dtype), "observe": size.observe}
    values: dict[str, Any] = {
        option.field: None if text is None else option.parse(text)
        for option in OPTIONS
        for text in [texts[option.field] if texts[option.field] is not None else suite.get(option.field)]
    }
    values["race"] = values["race"] or ()
    if values["executor"] == "fused" and values["device"] == "cpu":
        raise UsageError("--executor fused needs a GPU, got --device cpu; leave one of them out")
    return Options(**values, texts={name: text for name, text in texts.items() if name not in _OF_ONE_CALL})


_OF_ONE_CALL = ("out", "resume", "retry", "allow_changes", "cluster", "distributed")
_MAY_DIFFER = ("cell_timeout", "compile_timeout")
"""A cell that did not end in time is repeated with more of it."""


def _as_it_was(run: Path, given: Mapping[str, str | None]) -> dict[str, str | None]:
    """A resumed run has the options that it was begun with. A plug-in is code: no file names it, only the caller."""
    if given.get("out"):
        raise UsageError("--out and --resume exclude each other; a resumed run stays in its folder")
    texts: dict[str, str | None] = usage(lambda: read_facts(run))["options"]
    allowed = given.get("allow_changes") == "on"
    for option in OPTIONS:
        name, text = option.field, given.get(option.field)
        if name in _OF_ONE_CALL or (text is None and name != "plugin") or (text or "") == (texts.get(name) or ""):
            continue
        if not allowed and name not in _MAY_DIFFER:
            raise UsageError(
                f"{run} was begun with --{option.name} {texts.get(name) or '(none)'}, now it is {text or '(none)'}; "
                "give the same, begin a new run, or mix them by --allow-changes on"
            )
        texts[name] = text
    lasting = {option.field for option in OPTIONS} - set(_OF_ONE_CALL)
    return {name: text for name, text in texts.items() if name in lasting}


def options_line(options: Options) -> str:
    """The resolved table, printed once at the start of a run."""
    shown = {
        "size": options.size,
        "problems": len(options.problems),
        "solvers": ", ".join(options.solvers),
        "batch": "by size" if options.batch is None else ", ".join(map(str, options.batch)),
        "dtype": ", ".join(options.dtype),
        "device": options.device,
        "gtol": "by dtype" if options.gtol is None else f"{options.gtol:g}",
        "max-steps": "by size" if options.max_steps is None else options.max_steps,
        **({} if options.budget is None else {"budget": f"{options.budget:g} s"}),
        **({} if options.target is None else {"target": f"{options.target:g}"}),
        "seed": options.seed,
        "cell-timeout": f"{options.cell_timeout or options.suite.timeout_s:g} s",
        "tune": "on" if options.tune else "off",
        "observe": "on" if options.observe else "off",
    }
    return "  ".join(f"{name}: {value}" for name, value in shown.items())


def _text(
    option: Option, given: Mapping[str, str | None], environment: Mapping[str, str], settings: Mapping[str, Any]
) -> str | None:
    sources = (
        given.get(option.field),
        environment.get(option.declared.variable),
        settings.get(option.name),
        option.declared.default,
    )
    return next((_joined(value) for value in sources if value is not None), None)


def _joined(value: object) -> str:
    """A TOML list counts as the comma-separated text of the command line."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _settings(root: Path) -> Mapping[str, Any]:
    pyproject = root / "pyproject.toml"
    if not pyproject.exists():
        return {}
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {}).get("zerograd", {})
    known = [option.name for option in OPTIONS]
    if unknown := sorted(set(settings) - set(known)):
        raise UsageError(f'[tool.zerograd] in {pyproject} has no setting "{unknown[0]}"; allowed: {", ".join(known)}')
    return settings


def _named(choose: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        try:
            return choose(text)
        except (FalseProblem, UnknownName, WrongOption) as mistake:
            raise UsageError(str(mistake)) from None

    return parse


def _solvers(text: str) -> tuple[str, ...]:
    return matching(text, tuple(SOLVERS), "solver", valid=exists)


def _pair(text: str) -> tuple[str, str]:
    """Two solvers; their own names may hold colons, as optax:lion does."""
    cuts = (at for at, letter in enumerate(text) if letter == ":")
    pairs = ((text[:at], text[at + 1 :]) for at in cuts)
    known = [pair for pair in pairs if all(map(exists, pair))]
    if not known:
        raise UsageError(f'--race "{text}" is not understood; give two solvers, A:B; all names: zerograd list solvers')
    if idle := [name for name in known[0] if not find(name).from_starts]:
        raise UsageError(f'--race "{text}": {idle[0]} has no starts, and races are run on the same starts')
    return known[0]


def _retried(text: str) -> tuple[str, ...]:
    return () if text == "none" else comma_list(choice("retry", ("crash", "error", "oom", "timeout")))(text)


def _plugins(text: str) -> tuple[str, ...]:
    """Loads them, so that the names they bring are known to the options that follow."""
    modules = tuple(filter(None, map(str.strip, text.split(","))))
    try:
        problem_plugins.load_problems(modules)
        plugins.load_solvers(modules)
    except plugins.BrokenPlugin as broken:
        raise UsageError(f"--plugin: {broken}") from None
    return modules


_PARSERS: dict[str, Callable[[str], Any]] = {
    "plugin": _plugins,
    "size": choice("size", tuple(SIZES)),
    "problems": _named(select),
    "solvers": _named(_solvers),
    "race": lambda text: tuple(_pair(part.strip()) for part in text.split(",")),
    "batch": comma_list(number("batch", int, 0, 10**12)),
    "dtype": comma_list(choice("dtype", DTYPES)),
    "device": choice("device", DEVICES),
    "gtol": number("gtol", float, 0, 1e30),
    "max-steps": number("max-steps", int, 0, 10**9),
    "budget": span_s("budget", LONGEST_S),
    "target": number("target", float, 0, 1),
    "max-evaluations": number("max-evaluations", int, 0, 10**12),
    "seed": number("seed", int, -1, 2**63 - 1),
    "out": path("--out"),
    "resume": path("--resume"),
    "retry": _retried,
    "allow-changes": switch("allow-changes"),
    "cell-timeout": number("cell-timeout", float, 0, LONGEST_S),
    "compile-timeout": number("compile-timeout", float, 0, LONGEST_S),
    "tune": switch("tune"),
    "executor": choice("executor", EXECUTORS),
    "shard": shard,
    "cluster": address,
    "distributed": process_group,
    "with-host": switch("with-host"),
    "observe": switch("observe"),
}

OPTIONS = tuple(Option(declared, _PARSERS[declared.name]) for declared in DECLARED)
"""The plug-ins first: they bring the names that others choose among."""
