"""Every claim of the page's sentences, worked out again from the CSV by arithmetic that shares nothing with theirs."""

import csv
import re
from math import exp, inf, log
from pathlib import Path
from statistics import mean

import pytest
from markupsafe import Markup

from results.format import duration, factor
from results.report import build as report
from results.report.build import build

BASELINE = Path(__file__).parents[3] / "results" / "baselines" / "cpu-2core.csv"
COLUMNS = {"the global minimum": "global", "a minimum": "minimum", "a stationary point": "stationary"}
NAME = r"[\w:-]+"


@pytest.fixture(scope="module")
def rows():
    with BASELINE.open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if not row["study"] and not row["peer"]]


@pytest.fixture(scope="module")
def told():
    """By kind of problem: its sentence, and the problems that its link in the table shows."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report, "FIRST", ())
        patched.setattr(report, "SECTIONS", ())
        page = build([BASELINE])
    lead = page[page.index('<ul class="lead">') : page.index("</ul>")]
    kinds = dict(re.findall(r'<a href="#rows" data-filter="([^"]*)">([^<]+)</a> <small>', page))
    sentences = [Markup(line).striptags() for line in re.findall(r"<li>(.*?)</li>", lead, re.DOTALL)]
    members = {kind: problems.split("|") for problems, kind in reversed(list(kinds.items()))}
    found = [(line, members[kind]) for line in sentences for kind in members if line.lower().startswith(f"{kind} (")]
    assert len(found) == len(sentences) > 5
    return found


def expected(rows, problem, solver, goal, digits):
    """Seconds until a start has the goal: the work of all starts until then, over those that get there."""
    for row in rows:
        there = row[f"n_{goal}_{digits}"]
        if (row["problem"], row["solver"], row["status"]) == (problem, solver, "ok") and there and int(there):
            work = row[f"work_{goal}_{digits}"]
            return float(work or 1) * float(row["time_median_s"]) / int(there)
    return inf


def test_counts_and_times_of_exact_solvers(rows, told):
    seen = 0
    for line, problems in told:
        assert int(re.search(r"\((\d+) problems?\):", line)[1]) == len(problems)
        if claim := re.search(rf"({NAME}) \(exact\) answers (\d+) of (\d+) in (.+?) a call", line):
            own = [row for row in rows if row["solver"] == claim[1] and row["problem"] in problems]
            times = [float(row["time_median_s"]) for row in own if row["status"] == "ok" and row["n_global_8"] != "0"]
            assert (int(claim[2]), int(claim[3])) == (len(times), len(problems))
            assert claim[4].split(" to ") == list(dict.fromkeys((duration(min(times)), duration(max(times)))))
            seen += 1
    assert seen > 3


def test_every_solver_is_of_the_way_that_is_said(rows, told):
    ways = {row["solver"]: row["solver_way"] for row in rows}
    claims = [claim for line, _ in told for claim in re.findall(rf"({NAME}) \(([a-z -]+)\)", line)]
    assert len(claims) > 10
    assert [claim for claim in claims if ways.get(claim[0]) != claim[1]] == []


def test_who_is_soonest_gets_there_where_it_is_said_and_so_much_sooner(rows, told):
    seen = 0
    for line, problems in told:
        goal = next((COLUMNS[aim] for aim in COLUMNS if re.search(rf"[:;] to {aim}[,:]", line)), None)
        if goal is None:
            continue
        solvers = {row["solver"] for row in rows if row["solver_kind"] != "exact"}
        known = [p for p in problems if any(r["problem"] == p and r["n_global_5"] for r in rows if r["status"] == "ok")]
        asked = known if goal == "global" else problems
        times = {name: [expected(rows, problem, name, goal, 5) for problem in asked] for name in solvers}
        best = [min(of) for of in zip(*times.values(), strict=True)]
        pace = {n: mean(b / t if t < inf else 0.0 for b, t in zip(best, own, strict=True)) for n, own in times.items()}
        first = max(pace, key=pace.__getitem__)
        at_five = re.search(
            rf"at [^;]*?5[^;]*? digits(?: alike,)? (?:it is too close to call between )?({NAME}) ", line
        )
        assert at_five[1] == first, line
        tail = re.search(r"(?:gets|they get) there to 5 digits on ([\d or]+) of (\d+)(.*?)(?:;|\.$)", line)
        assert int(tail[2]) == len(asked)
        assert str(sum(t < inf for t in times[first])) in tail[1].split(" or ")
        for name, reached, late in re.findall(rf"({NAME}) \([a-z -]+\) on (\w+)(?: in (\S+)x the time)?", tail[3]):
            assert (0 if reached == "none" else int(reached)) == sum(t < inf for t in times[name])
            both = [t / f for t, f in zip(times[name], times[first], strict=True) if max(t, f) < inf]
            assert late == (factor(exp(mean(map(log, both))))[:-1] if both else "")
            seen += 1
    assert seen > 5
