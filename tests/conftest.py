"""What every test assumes: float64 is available, and several devices, of which a program uses one unless told."""

import os
from collections.abc import Iterator

import jax
import pytest

from solvers.transforms.version import avoid_known_faults

avoid_known_faults()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shipped", action="store_true", help="compile as the programs that ship are, not fast")


@pytest.fixture(scope="session", autouse=True)
def _double_precision(request: pytest.FixtureRequest) -> None:
    os.environ |= {
        "NPROC": "8",
        "OPENBLAS_NUM_THREADS": "1",
    }  # for what waits in a loop: bench.machine.device
    jax.config.update("jax_num_cpu_devices", 4)
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
    if not request.config.getoption("--shipped"):  # the tests compile much and run little, what they start as well
        jax.config.update("jax_disable_most_optimizations", True)
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    jax.devices()  # the devices are made now: a later wish for another number of them comes too late


@pytest.fixture
def own_solvers() -> Iterator[None]:
    """The solvers that a test registers are gone after it."""
    from solvers import SOLVERS, find

    before = dict(SOLVERS)
    yield
    SOLVERS.clear()
    SOLVERS.update(before)
    find.cache_clear()


@pytest.fixture
def own_problems(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The problems that a test registers are gone after it."""
    from problems import get, registry

    for name in ("_SINGLE", "_PLUGGED"):
        monkeypatch.setattr(registry, name, type(getattr(registry, name))(getattr(registry, name)))
    yield
    get.cache_clear()
