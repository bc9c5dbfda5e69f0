"""How to minimise: closed forms, root-finding on the gradient, descent. Importing this starts no JAX backend."""

from solvers.layout import Layout as Layout
from solvers.program import devices_for as devices_for
from solvers.program import place as place
from solvers.program import program as program
from solvers.program import solve as solve
from solvers.program import width_for as width_for
from solvers.program import workspace as workspace
from solvers.registry import SOLVERS as SOLVERS
from solvers.registry import exists as exists
from solvers.registry import find as find
from solvers.solver import Budget as Budget
from solvers.solver import Evaluations as Evaluations
from solvers.solver import Inputs as Inputs
from solvers.solver import Method as Method
from solvers.solver import Solution as Solution
from solvers.solver import Solver as Solver
from solvers.solver import Status as Status
from solvers.solver import Step as Step
