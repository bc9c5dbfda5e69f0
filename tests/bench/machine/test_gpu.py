"""GPUs as NVIDIA's library tells of them. There may be none here, so a driver is played."""

from types import SimpleNamespace

import pytest

from bench import cli
from bench.commands import doctor
from bench.machine import gpu
from bench.machine.lock import InUse


class Refused(Exception):
    """What the library raises for a figure that a card does not have."""


@pytest.fixture
def driver(monkeypatch, tmp_path):
    """Two cards; the second tells neither energy nor power."""
    energy = iter([5000, 7500])

    def refuse(card):
        raise Refused

    played = SimpleNamespace(
        NVMLError=Refused,
        NVML_CLOCK_SM=1,
        NVML_TEMPERATURE_GPU=0,
        nvmlClocksEventReasonSwPowerCap=4,
        nvmlClocksEventReasonHwSlowdown=8,
        nvmlClocksEventReasonSwThermalSlowdown=32,
        nvmlClocksEventReasonHwThermalSlowdown=64,
        nvmlClocksEventReasonHwPowerBrakeSlowdown=128,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda uuid: int(uuid[-1]),
        nvmlDeviceGetUUID=lambda card: f"GPU-{card}",
        nvmlDeviceGetTotalEnergyConsumption=lambda card: refuse(card) if card else next(energy),
        nvmlDeviceGetPowerUsage=lambda card: refuse(card) if card else 250_000,
        nvmlDeviceGetClockInfo=lambda card, kind: 1410,
        nvmlDeviceGetTemperature=lambda card, kind: 61,
        nvmlDeviceGetCurrentClocksEventReasons=lambda card: 1 + 4,  # idle, and at its power limit
        nvmlDeviceGetComputeRunningProcesses=lambda card: [SimpleNamespace(pid=1)],
    )
    monkeypatch.setattr(gpu, "pynvml", played)
    monkeypatch.setattr(gpu.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpu.cards.cache_clear()
    yield played
    gpu.cards.cache_clear()


def test_a_cell_has_the_clock_the_heat_and_the_energy_of_its_rounds(driver):
    figures = gpu.Meter(on_gpu=True).figures()
    expected = {"gpu_clock_hz": 1.41e9, "gpu_temperature_c": 61.0, "gpu_power_w": 250.0, "gpu_energy_j": 2.5}
    assert figures == pytest.approx(expected)
    assert gpu.Meter(on_gpu=False).figures() == {}


@pytest.mark.parametrize(
    ("visible", "uuids"), [(None, [0, 1]), ("1", [1]), ("1,0", [1, 0]), ("GPU-1", [1]), ("", []), ("0,-1,1", [0])]
)
def test_only_the_visible_cards_count(visible, uuids, driver, monkeypatch):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [card.uuid for card in gpu.cards()] == [f"GPU-{number}" for number in uuids]


def test_what_a_card_does_not_tell_is_empty(driver, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    figures = gpu.Meter(on_gpu=True).figures()
    assert figures["gpu_power_w"] is figures["gpu_energy_j"] is None
    assert figures["gpu_clock_hz"] == 1.41e9


def test_two_runs_do_not_share_a_gpu(driver, monkeypatch):
    first = gpu.lock_cards()
    with pytest.raises(InUse, match=r"GPU GPU-0 is in use by another run \(process \d+\)"):
        gpu.lock_cards()
    first.close()
    gpu.lock_cards().close()


def test_the_doctor_tells_of_throttling_and_of_company(driver):
    found = {finding.name: finding for finding in doctor._gpus()}
    assert found["gpu_0"].text == "GPU-0 1410 MHz  61 C  250 W"
    assert found["gpu_0_throttled"].value == ["power limit"]
    assert found["gpu_1_others"].text == "processes 1; times will be disturbed"


def test_a_machine_without_the_library_has_no_cards(monkeypatch):
    monkeypatch.setattr(gpu, "pynvml", None)
    gpu.cards.cache_clear()
    assert gpu.cards() == ()
    gpu.cards.cache_clear()


def test_a_gpu_that_is_required_and_not_there_is_exit_code_3(capsys):
    import jax

    if jax.default_backend() == "gpu":
        pytest.skip("has a GPU")
    assert cli.main(["doctor", "--require-gpu"]) == 3
    assert "error: --device gpu, but JAX finds only cpu" in capsys.readouterr().err
