"""The temperatures of an annealed Sinkhorn loop.

Entropic transport at temperature ε = blur^p smears mass over the length `blur`. Starting at the size of the
domain and cooling geometrically reaches a small blur in a number of steps that is logarithmic in
diameter / blur (Feydy 2020, thesis, section 3.3.3).
"""

import math


def epsilon_schedule(diameter: float, blur: float, scaling: float, p: int = 2) -> list[float]:
    """Temperatures in GeomLoss' order; this list *defines* the loss of mode ``schedule``.

    The first is visited twice, and the last is the target whether or not the geometric series meets it:
    ``diameter^p; diameter^p · scaling^(p i) while above blur^p; blur^p``.

    Args:
      diameter: size of the domain, domain units.
      blur: target length, domain units.
      scaling: ratio of two successive lengths, in (0, 1).
      p: exponent of the cost.

    Returns:
      Temperatures, in domain units to the power p.
    """
    start, stop, step = (p * math.log(length) for length in (diameter, blur, scaling))
    count = max(0, math.ceil((stop - start) / step))
    return [diameter**p, *(math.exp(start + step * index) for index in range(count)), blur**p]
