"""The options of a run in words: names, groups, help. Imports nothing, so that help is there at once."""

from typing import NamedTuple

WHAT, STOP, HOW, FOLDER, MACHINES = (
    "what is measured",
    "when a lane stops",
    "how it is measured",
    "the run's folder",
    "several machines",
)


class Declared(NamedTuple):
    """One option: `--name` on the command line, ZEROGRAD_NAME in the environment, name in [tool.zerograd]."""

    name: str
    group: str
    metavar: str
    help: str
    default: str | None = None

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "ZEROGRAD_" + self.name.upper().replace("-", "_")

    @property
    def field(self) -> str:
        """The name in `Options`."""
        return self.name.replace("-", "_")


DECLARED = (
    Declared("plugin", WHAT, "MODULE,..", "modules, or paths of files, whose SOLVERS and PROBLEMS are added", ""),
    Declared("size", WHAT, "SIZE", "smoke, quick or full", "quick"),
    Declared("problems", WHAT, "GLOB,..", "names or globs of problems"),
    Declared("solvers", WHAT, "GLOB,..", "names or globs of solvers"),
    Declared("race", WHAT, "A:B,..", "instead of tables: each A against B, in turns on the same starts; study peers"),
    Declared("batch", WHAT, "N,..", "starts per cell"),
    Declared("dtype", WHAT, "DTYPE,..", "float32, float64"),
    Declared("seed", WHAT, "N", "of the starts", "0"),
    Declared("gtol", STOP, "X", "|df/dx_i| that counts as zero (float64 1e-8, float32 1e-3)"),
    Declared("max-steps", STOP, "N", "step limit"),
    Declared("max-evaluations", STOP, "N", "of f and its derivatives by a start, as far as a step's are known"),
    Declared(
        "budget", STOP, "S", "2s or 500ms: what a cell's starts may take together; in the study reach, to get there"
    ),
    Declared("target", STOP, "X", "1e-6: the accuracy of f that tables tell the time to; stops no lane"),
    Declared("device", HOW, "DEVICE", "auto, cpu or gpu; gpu never falls back", "auto"),
    Declared("tune", HOW, "on|off", "choose step sizes from a grid, or use the stated defaults", "on"),
    Declared("executor", HOW, "NAME", "auto, loop or fused (one kernel a batch, on a GPU)", "auto"),
    Declared("observe", HOW, "on|off", "also write targets.csv and trace.csv, by an untimed run"),
    Declared("cell-timeout", HOW, "S", "seconds a cell may take after its compile"),
    Declared("compile-timeout", HOW, "S", "seconds its compile may take", "300"),
    Declared("out", FOLDER, "DIR", "folder of the run; must not exist"),
    Declared("resume", FOLDER, "RUN", "folder of a run that ended early: measures what is missing or failed"),
    Declared("retry", FOLDER, "STATUS,..", "which failures --resume repeats, or none", "crash,error,oom,timeout"),
    Declared("allow-changes", FOLDER, "on|off", "--resume although code, options or device differ", "off"),
    Declared("with-host", FOLDER, "on|off", "write the machine's name into the rows", "off"),
    Declared("shard", MACHINES, "I/N", "only part I of N of the cells, for N machines; zerograd merge joins them"),
    Declared("cluster", MACHINES, "ADDRESS", "measure on a Ray cluster: local, HOST:PORT or ray://HOST:PORT"),
    Declared("distributed", MACHINES, "I/N@HOST:PORT", "process I of N that share scaling_devices; or auto"),
)
