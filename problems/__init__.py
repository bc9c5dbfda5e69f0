"""What is minimised: functions, data, starts and the known truth. Imports nothing else of ours."""

from problems.check import FalseProblem as FalseProblem
from problems.differentiable import NotDifferentiable as NotDifferentiable
from problems.problem import HeldOut as HeldOut
from problems.problem import Problem as Problem
from problems.problem import Truth as Truth
from problems.registry import entries as entries
from problems.registry import get as get
from problems.registry import names as names
from problems.registry import select as select
from problems.select import UnknownName as UnknownName
from problems.select import matching as matching
from problems.stochastic.minibatch import random_rows as random_rows
