"""The answer for a kind of problem as one sentence: every word of it follows from the rows."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from results.analysis.answer import MIDDLE, FamilyAnswer, Written
from results.analysis.contests import Contest, Placing
from results.analysis.expected import way_of
from results.analysis.families import measured
from results.format import duration, factor, listed, percent, several, significant
from results.schema import ACCURACIES, GOALS

AIMS = {"global": "the global minimum", "minimum": "a minimum", "stationary": "a stationary point"}


def sentence(answer: FamilyAnswer) -> str:
    """Who gets there soonest, to 2, 5 and 8 digits, who else gets there, and what cannot be said."""
    parts = [*_formulae(answer.exact, len(answer.problems)), *_unsaid(answer)]
    if answer.goal is None:
        parts += _lowest(answer)
    else:
        parts += [*_in_vain(answer), _soonest([answer.contests[answer.goal, digits] for digits in ACCURACIES])]
        parts += [*_reached(answer.contests[answer.goal, MIDDLE]), *_saddles(answer)]
    name = f"{answer.family[0].upper()}{answer.family[1:]}"
    return f"{name} ({several(len(answer.problems), 'problem')}): {'; '.join(parts)}."


def brief(answer: FamilyAnswer) -> str:
    """The same in a line: who is soonest, its way first, those that are too close to call joined by a tilde."""
    goal, parts = answer.goal, list[str]()
    if goal is None:
        parts += _in_vain_at_all(answer)
    else:
        contests = [answer.contests[goal, digits] for digits in ACCURACIES]
        spans = [[*span] for _, span in groupby(contests, key=lambda each: frozenset(each.leaders))]
        told = [(f"{_digits(span)} digits " if len(spans) > 1 else "") + _joined(_middle(span)) for span in spans]
        parts.append(("" if goal == "global" else f"{AIMS[goal]}: ") + ", ".join(told))
    parts += [f"{each.solver} {each.problems} of {len(answer.problems)}" for each in answer.exact[:1]]
    return f"{answer.family} ({len(answer.problems)}): {'; '.join(parts)}"


def _middle(span: Sequence[Contest]) -> Contest:
    return next((each for each in span if each.digits == MIDDLE), span[0])


def _joined(each: Contest) -> str:
    leaders = [_standing(each, name) for name in each.leaders]
    named = [f"{standing.way} ({standing.solver})" for standing in leaders[:_MOST_NAMES]]
    more = f" +{len(leaders) - _MOST_NAMES}" if len(leaders) > _MOST_NAMES else ""
    return f"{' ~ '.join(named)}{more}, {leaders[0].reached} of {len(each.problems)}" if named else "nobody"


def _formulae(exact: Sequence[Written], problems: int) -> Iterator[str]:
    for each in exact[:1]:
        span = dict.fromkeys((duration(each.fastest_s), duration(each.slowest_s)))
        yield f"{each.solver} (exact) answers {each.problems} of {problems} in {' to '.join(span)} a call"


def _unsaid(answer: FamilyAnswer) -> Iterator[str]:
    unknown = len(answer.problems) - len(answer.contests["global", MIDDLE].problems)
    if unknown and answer.contests["stationary", MIDDLE].problems:
        yield f"on {unknown} of {len(answer.problems)} nobody knows the global minimum"


def _in_vain(answer: FamilyAnswer) -> Iterator[str]:
    """Of harder goals it is said that nobody comes to them."""
    for goal in GOALS:
        if goal == answer.goal:
            return
        if answer.contests[goal, MIDDLE].problems:
            yield f"nobody comes to {AIMS[goal]}"


def _soonest(contests: Sequence[Contest]) -> str:
    """Who is soonest to each accuracy, accuracies with the same answer together."""
    spans = [[*span] for _, span in groupby(contests, key=lambda each: frozenset(each.leaders))]
    goal = AIMS[contests[0].goal]
    if len(spans) == 1:
        return f"to {goal}, at {_digits(contests)} digits alike, {_claim(contests[0])}"
    return f"to {goal}: {', '.join(f'at {_digits(span)} digits {_claim(span[0])}' for span in spans)}"


def _digits(contests: Sequence[Contest]) -> str:
    return listed([str(each.digits) for each in contests])


def _claim(each: Contest) -> str:
    if not each.leaders:
        return "nobody gets there"
    named = [_named(_standing(each, name)) for name in each.leaders]
    if len(named) == 1:
        return f"{named[0]} is soonest"
    more = [f"{len(named) - _MOST_NAMES} more"] if len(named) > _MOST_NAMES else []
    return f"it is too close to call between {listed([*named[:_MOST_NAMES], *more])}"


def _in_vain_at_all(answer: FamilyAnswer) -> Iterator[str]:
    """Where nobody comes to a stationary point: how many were asked."""
    if asked := len(answer.contests["stationary", MIDDLE].standings):
        yield f"none of {several(asked, 'solver')} comes to a stationary point"
    elif not answer.exact:
        rows = measured(answer.rows[answer.rows["solver_kind"].eq("exact")])
        counts = rows.loc[rows["frac_stationary"].gt(0).fillna(False), "solver"].value_counts()
        found = "finds stationary points, no known global minimum, on"
        told = [
            f"{solver} (exact) {found} {count} of {len(answer.problems)}" for solver, count in counts.head(1).items()
        ]
        yield from told or ["no exact solver answers"]


_MOST_NAMES = 3


def _named(standing: Placing) -> str:
    return f"{standing.solver} ({standing.way})"


def _standing(each: Contest, name: str) -> Placing:
    return next(standing for standing in each.standings if standing.solver == name)


def _reached(each: Contest) -> Iterator[str]:
    """On how many problems the leaders get there, the best of every other way, and who gets there on most."""
    leaders = [_standing(each, name) for name in each.leaders]
    ways, others = {standing.way for standing in leaders}, []
    for standing in each.standings:
        if standing.way not in ways:
            ways.add(standing.way)
            others.append(standing)
    most = max(each.standings, key=lambda standing: standing.reached)
    if most.reached > max(standing.reached for standing in (*leaders, *others)):
        others.append(most)
    counts = [str(count) for count in sorted({standing.reached for standing in leaders})]
    told = " or ".join(counts) if len(leaders) > 1 else counts[0]
    who = f"{leaders[0].solver} gets" if len(leaders) == 1 else "they get"
    yield ", ".join([f"{who} there to {each.digits} digits on {told} of {len(each.problems)}", *map(_count, others)])


def _count(standing: Placing) -> str:
    late = f" in {factor(standing.later)} the time" if standing.later is not None else ""
    return f"{_named(standing)} on {standing.reached or 'none'}{late}"


def _saddles(answer: FamilyAnswer) -> Iterator[str]:
    """Who is soonest where any stationary point will do, and what its ends are, if it is another."""
    sooner = answer.contests["stationary", MIDDLE].leaders
    if answer.goal in (None, "stationary") or len(sooner) != 1:
        return
    if sooner[0] in answer.contests[answer.goal, MIDDLE].leaders:
        return
    ends = measured(answer.rows[answer.rows["solver"] == sooner[0]])
    minima, all_ends = ((ends[share] * ends["batch"]).sum() for share in ("frac_minimum", "frac_stationary"))
    if all_ends > minima:
        lost = percent(1 - minima / all_ends)
        yield f"to any stationary point {sooner[0]} is soonest, but {lost} of those it comes to are no minima"


def _lowest(answer: FamilyAnswer) -> Iterator[str]:
    """Where nobody comes to a stationary point: who got lowest."""
    if not any(each.problems for each in answer.contests.values()):
        yield "these rows do not tell who comes to a minimum, and how soon"
        return
    yield from _in_vain_at_all(answer)
    rows = answer.rows
    ends = measured(rows[rows["solver_kind"].ne("exact") & rows["f_best"].notna()])
    for problem, of in ends.groupby("problem", sort=False):
        low = next(row for row in of.itertuples() if row.f_best == of["f_best"].min())
        seconds = duration(low.time_median_s / low.batch)
        where = f"f = {significant(low.f_best, 3)} in {seconds} a start"
        yield f"lowest on {problem} is {low.solver} ({way_of(low)}), {where}"
