"""Every stationary point of a polynomial or rational function, by following the roots of a system that is solved."""
