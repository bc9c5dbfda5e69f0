"""Which solver for my loss, and why does mine fail? A doctor, a race, a verdict; each claim with its grounds."""

from bench.asking.question import ask as ask
