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


def test_who_is_called_close_is_and_who_is_not_is_behind(rows, told):
    """Whoever is less than 1.3 times behind is named or counted among those that are close; a lone first leads all."""
    seen = 0
    for line, problems in told:
        claims = list(
            re.finditer(rf"at ([\d, and]+) digits(?: alike,)? ((?:it is|{NAME} \().*?)(?=, at \d|;|\.$)", line)
        )
        goal = next((COLUMNS[aim] for aim in COLUMNS if re.search(rf"[:;] to {aim}[,:]", line)), None)
        for claim in claims if goal else ():
            for digits in re.findall(r"\d", claim[1]):
                pace = paces(rows, problems, goal, digits)
                first, *others = sorted(pace, key=pace.__getitem__, reverse=True)
                close = {name for name in others if pace[name] and pace[first] < 1.3 * pace[name]}
                named = set(re.findall(rf"({NAME}) \(", claim[2]))
                more = re.search(r"(\d+) more", claim[2])
                assert first in named
                assert len(close - named) <= (int(more[1]) if more else 0), (line, close, named)
                assert all(pace[name] for name in named)
                assert claim[2].endswith("is soonest") == (len(named) == 1)
                seen += 1
    assert seen > 10


def paces(rows, problems, goal, digits):
    """Of every solver asked: the mean over the problems of the soonest time over its own, 0 where it never arrives."""
    solvers = {row["solver"] for row in rows if row["solver_kind"] != "exact"}
    of = [row for row in rows if row["status"] == "ok" and row["problem"] in problems]
    asked = [p for p in problems if any(row["problem"] == p and row[f"n_{goal}_5"] for row in of)]
    times = {name: [expected(rows, problem, name, goal, digits) for problem in asked] for name in solvers}
    best = [min(each) for each in zip(*times.values(), strict=True)]
    return {
        name: mean(b / t if t < inf else 0.0 for b, t in zip(best, own, strict=True)) for name, own in times.items()
    }


def test_where_nobody_arrives_the_lowest_is_the_lowest_of_all(rows, told):
    seen = 0
    for line, problems in told:
        of = [row for row in rows if row["problem"] in problems and row["solver_kind"] != "exact"]
        if unknown := re.search(r"on (\d+) of (\d+) nobody knows the global minimum", line):
            known = {row["problem"] for row in of if row["n_global_5"]}
            assert (int(unknown[1]), int(unknown[2])) == (len(problems) - len(known), len(problems))
            seen += 1
        for name, solver, f, seconds in re.findall(
            rf"lowest on ({NAME}) is ({NAME}) .*?, f = (\S+) in (.+?) a start", line
        ):
            ends = [row for row in of if row["problem"] == name and row["status"] == "ok" and row["f_best"]]
            low = min(ends, key=lambda row: float(row["f_best"]))
            assert (solver, f) == (low["solver"], f"{float(low['f_best']):.3g}")
            assert seconds == duration(float(low["time_median_s"]) / int(low["batch"]))
            assert not any(int(row["n_stationary_2"] or 0) for row in ends)
            assert f"none of {len({row['solver'] for row in of})} solvers comes to a stationary point" in line
            seen += 1
    assert seen > 1


def test_how_far_each_way_climbs_is_what_its_rows_say():
    with BASELINE.open(encoding="utf-8") as lines:
        climbed = [row for row in csv.DictReader(lines) if row["study"] == "reach"]
    page = build([BASELINE])
    at = page.index("the farthest of every way")
    lines = [
        Markup(line).striptags() for line in re.findall(r"<li>(.*?)</li>", page[at : page.index("</ul>", at)], re.S)
    ]
    assert len(lines) == len({row["problem"].rpartition("-n")[0] for row in climbed}) > 2
    for line in lines:
        family, seconds, ways = re.match(r"(\S+) within (\S+) s: (.*)$", line).groups()
        own = [row for row in climbed if row["problem"].startswith(f"{family}-n")]
        assert {float(row["budget_s"]) for row in own} == {float(seconds)}
        for solver, reached, n, end in re.findall(
            rf"({NAME}) \([a-z -]+\) (to|not at) n = (\d+)(, the largest tried)?", ways
        ):
            rungs = sorted((int(row["n_dim"]), bool(row["reached_s"])) for row in own if row["solver"] == solver)
            got = [size for size, there in rungs if there]
            assert int(n) == (got[-1] if got else rungs[0][0])
            assert (reached == "to", bool(end)) == (bool(got), got[-1:] == [rungs[-1][0]])
            assert got == [size for size, _ in rungs[: len(got)]]
