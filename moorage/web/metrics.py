"""Figures for Prometheus, at `/metrics`."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from moorage.instances import service as instances
from moorage.kit.errors import Unavailable
from moorage.operations import service as operations
from moorage.web.deps import ToolsDep

_Numbers = dict[tuple[str, str], int]
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The figures of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "moorage_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "moorage_http_request_seconds",
            "Time until a request was answered.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._operation_seconds = Histogram(
            "moorage_operation_seconds",
            "Time from an order to the end of its operation.",
            ["kind", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.instances = Gauge(
            "moorage_instances",
            "Instances that are not gone.",
            ["blueprint", "status"],
            registry=self.registry,
        )
        self.operations = Gauge(
            "moorage_operations", "Operations.", ["kind", "status"], registry=self.registry
        )
        self.server_up = Gauge(
            "moorage_server_up",
            "Whether the server's engine answers.",
            ["server"],
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        known = self._answered.get((method, route, status))
        if known is None:  # looking them up by their labels takes longer than counting
            known = self._answered[method, route, status] = (
                self._requests.labels(method, route, status),
                self._request_seconds.labels(method, route),
            )
        counter, histogram = known
        counter.inc()
        histogram.observe(seconds)

    def operation(self, kind: str, status: str, seconds: float) -> None:
        """Count an operation that ended."""
        self._operation_seconds.labels(kind, status).observe(seconds)


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse, openapi_extra={"security": []})
async def show_metrics(metrics: Annotated[Metrics, Depends(_metrics)], tools: ToolsDep) -> Response:
    """Show the figures in Prometheus' text format."""
    standing: _Numbers = {}
    ordered: _Numbers = {}
    with suppress(Unavailable):  # no figures of rows then, and all others
        async with tools.db.read() as session:
            standing, ordered = await instances.count(session), await operations.count(session)
    _fill(metrics.instances, standing)
    _fill(metrics.operations, ordered)
    for name, engine in tools.engines.items():
        try:
            await engine.ping()
        except Unavailable:
            metrics.server_up.labels(name).set(0)
        else:
            metrics.server_up.labels(name).set(1)
    return Response(
        generate_latest(metrics.registry), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


def _fill(gauge: Gauge, numbers: _Numbers) -> None:
    gauge.clear()
    for labels, number in numbers.items():
        gauge.labels(*labels).set(number)
