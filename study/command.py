"""How every command of the platform ends: with a status, and wrong input with one line on standard error."""

from __future__ import annotations

from collections.abc import Callable

import click

from study.errors import Mistake


def exit_status(
    command: click.Command, program: str, arguments: list[str] | None, missing: Callable[[], str] | None = None
) -> int:
    """Run `command` as `program` on `arguments` (None: the process's); 2 after wrong input, 130 after an abort.

    Wrong input is exactly one line, `error: what, where, what to do`. `missing()` is that sentence where a
    required argument is not given.
    """
    try:
        status: int = command.main(args=arguments, prog_name=program, standalone_mode=False)
        return status or 0
    except (Mistake, click.ClickException) as error:
        sentence = error.format_message() if isinstance(error, click.ClickException) else str(error)
        if missing is not None and isinstance(error, click.MissingParameter):
            sentence = missing()
        click.echo(f"error: {' '.join(sentence.split())}", err=True)
        return 2
    except click.Abort:
        return 130
