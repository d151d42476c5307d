"""Worked solutions for generated problems whose library gives the result alone."""

import re


def chain_sum(expression: str) -> str:
    r"""Work out a sum from left to right, in the form that the paper's filter asks for.

    Parameters
    ----------
    expression
        Whole numbers joined by ` + ` and ` - `.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> chain_sum("4 - 1 - 7")
    '4 - 1 = 3. 3 - 7 = -4. The final answer is \\boxed{-4}.'
    """
    first, *rest = re.split(r" ([+-]) ", expression)
    total, steps = int(first), []
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        result = total + int(number) if sign == "+" else total - int(number)
        steps.append(f"{total} {sign} {number} = {result}.")
        total = result
    return " ".join([*steps, f"The final answer is \\boxed{{{total}}}."])
