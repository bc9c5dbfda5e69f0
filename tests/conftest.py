"""What every test assumes: float64 is available, dtypes are never promoted in silence."""

import jax
import pytest


@pytest.fixture(scope="session", autouse=True)
def _double_precision() -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
