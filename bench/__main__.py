"""Run all benchmarks and show the table; `--write` also puts it into docs/benchmarks.md."""

import sys

from bench import apps, lists, machines, operations, orders, process, tickets, vms
from bench.report import DOCUMENT, Figure, table
from bench.service import running


def main() -> None:
    """Measure, show, and say which limits do not hold."""
    figures = process.starts() + lists.lists() + machines.machines()
    figures += tickets.checks() + operations.figures() + vms.vms()
    with running() as service:
        figures += process.at_rest(service)
        for measure in (
            orders.redis_order,
            orders.mysql_order,
            orders.many_orders,
            apps.installs,
        ):
            figures += measure(service)
            print(f"{measure.__name__}: done", file=sys.stderr)
    shown = table(figures)
    print(shown)
    if "--write" in sys.argv:
        with DOCUMENT.open("a") as document:
            document.write(f"\n{shown}")
    for figure in figures:
        if not _holds(figure):
            print(f"Over its limit: {figure.what}", file=sys.stderr)


def _holds(figure: Figure) -> bool:
    return figure.limit is None or figure.ratio <= figure.limit


if __name__ == "__main__":
    main()
