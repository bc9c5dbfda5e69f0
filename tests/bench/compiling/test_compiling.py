"""What programs would do on a card that is not here: read off the compiler's output."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.compiling.cards import CARDS
from bench.compiling.launches import Loop, count

HLO = """
HloModule jit_run, entry_computation_layout={()->f32[]}

%inner_body (p: s32[]) -> s32[] {
  %p = s32[] parameter(0)
  ROOT %f.1 = s32[] fusion(%p), kind=kLoop, calls=%fused
}

%inner_condition (p: s32[]) -> pred[] {
  %p.1 = s32[] parameter(0)
  ROOT %c = pred[] constant(true)
}

%outer_body (q: s32[]) -> s32[] {
  %q = s32[] parameter(0)
  %w.2 = s32[] while(%q), condition=%inner_condition, body=%inner_body, backend_config={"known_trip_count":{"n":"8"}}
  %h = (s32[], f32[2]{0}) custom-call(%w.2), custom_call_target="cusolver_getrf"
  ROOT %g = s32[] get-tuple-element(%h), index=0
}

%outer_condition (q: s32[]) -> pred[] {
  %q.1 = s32[] parameter(0)
  ROOT %f.3 = pred[] fusion(%q.1), kind=kLoop, calls=%fused
}

%on_true (r: s32[]) -> s32[] {
  %r = s32[] parameter(0)
  ROOT %n = s32[] copy(%r)
}

%on_false (r: s32[]) -> s32[] {
  ROOT %r.1 = s32[] parameter(0)
}

ENTRY %main (a: s32[]) -> s32[] {
  %a = s32[] parameter(0)
  %b = s32[] bitcast(%a)
  %f = s32[] fusion(%b), kind=kLoop, calls=%fused
  %w = s32[] while(%f), condition=%outer_condition, body=%outer_body
  ROOT %z = s32[] conditional(%pred, %w, %w), true_computation=%on_true, false_computation=%on_false
}
"""


def test_launches_and_waits_are_counted_loop_by_loop():
    found = count(HLO)
    assert (found.once, found.waits) == (2, 1)  # a fusion and, at most, a copy behind a predicate
    assert found.loops == (Loop(0, 2, 1), Loop(1, 1, 0))


@pytest.mark.parametrize(
    ("registers", "warps"), [(32, 32), (57, 32), (64, 32), (72, 28), (128, 16), (242, 8), (255, 8)]
)
def test_occupancy_is_that_of_the_programming_guide(registers, warps):
    """65 536 registers by 32 threads, 256 at a time; blocks of one warp, of which an H100 holds 32."""
    assert CARDS["h100"].warps(registers) == warps


def test_blocks_of_several_warps_fill_a_multiprocessor_better():
    assert CARDS["h100"].warps(32, warps_a_block=2) == 64
    assert CARDS["rtx4090"].warps(32) == 24


def compiled(*words):
    command = [sys.executable, "-c", "import sys; from bench.cli import main; sys.exit(main())", "compile", *words]
    return subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True)


def test_a_card_nobody_knows_is_refused():
    done = compiled("--for", "h1000")
    assert done.returncode == 2
    assert done.stderr.strip() == 'error: --for "h1000" is not known; there are: h100, h200, a100, l4, rtx4090'


@pytest.mark.skipif(find_spec("jax_cuda13_plugin") is not None, reason="the compiler for cards is installed")
def test_without_the_compiler_the_message_says_what_to_install():
    done = compiled("--problems", "himmelblau")
    assert done.returncode == 2
    assert re.search(r'pip install .*"jax-cuda13-plugin>=', done.stderr)


@pytest.mark.heavy
@pytest.mark.skipif(find_spec("jax_cuda13_plugin") is None, reason="needs the extra cuda13-aot")
def test_a_fused_cell_is_one_kernel_without_spills():
    done = compiled("--problems", "rosenbrock-n2,nist-rat42-s2", "--dtype", "float64,float32", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "12 fused"
