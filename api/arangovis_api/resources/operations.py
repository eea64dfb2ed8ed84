"""What an operator sets up: schedules, webhooks and what became of their messages, retention."""

from collections.abc import Sequence

import falcon

from arangovis.domain.access import Role
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.retention.applying import Expiry
from arangovis.services.retention.collecting import Collected
from arangovis.services.retention.rules import RetentionRule
from arangovis.services.schedules.schedules import Schedule, ScheduledRun, ScheduleWanted
from arangovis.services.webhooks.subscriptions import DeliveryShown, RegisteredWebhook, Webhook, WebhookWanted
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.routes import Route
from arangovis_api.schemas.answers import Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.operations import (
    Collection,
    CollectionSchema,
    OfProject,
    OfProjectSchema,
    OfState,
    OfStateSchema,
    RuleSchema,
    ScheduleSchema,
    Switch,
    SwitchSchema,
    WebhookSchema,
)

TAG = "operations"


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes of these."""
    schedule, hook, retention = OneSchedule(service), OneWebhook(service), Retention(service)
    schedules, hooks = f"{root}/schedules", f"{root}/webhooks"
    return (
        Route(schedules, Schedules(service)),
        Route(f"{schedules}/{{key}}", schedule),
        Route(f"{schedules}/{{key}}/runs", schedule, "runs"),
        Route(hooks, Webhooks(service)),
        Route(f"{hooks}/{{key}}", hook),
        Route(f"{hooks}/{{key}}/ping", hook, "ping"),
        Route(f"{hooks}/{{key}}/deliveries", hook, "deliveries"),
        Route(f"{hooks}/{{key}}/deliveries/{{delivery}}/retry", hook, "retry"),
        Route(f"{root}/retention/plan", retention, "plan"),
        Route(f"{root}/retention/apply", retention, "apply"),
        Route(f"{root}/retention/collect", retention, "collect"),
    )


class Schedules:
    """Schedules."""

    def __init__(self, service: Arangovis) -> None:
        self._schedules = service.operations.schedules

    @operation("List schedules", query=OfProjectSchema, answers={200: page_schema(Schedule)}, tag=TAG)
    def on_get(self, _: falcon.Request, resp: falcon.Response, *, query: OfProject) -> None:
        """Answer them by name, with when each fires next and what it made last."""
        send(resp, to_wire(Page(self._schedules.all(query.project))))

    @operation(
        "Make a schedule", body=ScheduleSchema, answers={201: Registered, 200: Registered}, tag=TAG, needs=Role.ADMIN
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ScheduleWanted) -> None:
        """Answer 201 with its node; 200 if there was one of this name, which is changed."""
        send_registered(resp, self._schedules.put(body, caller_of(req)))


class OneSchedule:
    """A schedule."""

    def __init__(self, service: Arangovis) -> None:
        self._schedules = service.operations.schedules
        self._clock = service.operations.clock

    @operation("Read a schedule", answers={200: answer_schema(Schedule)}, tag=TAG)
    def on_get(self, _: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it as it stands."""
        send(resp, to_wire(self._schedules.get(NodeId.of("schedule", key))))

    @operation(
        "Switch a schedule", body=SwitchSchema, answers={200: answer_schema(Schedule)}, tag=TAG, needs=Role.ADMIN
    )
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Switch) -> None:
        """Stop it from firing, or let it fire again from now on."""
        node = NodeId.of("schedule", key)
        send(resp, to_wire(self._schedules.set_enabled(node, body.enabled, caller_of(req))))

    @operation("Remove a schedule", answers={204: None}, tag=TAG, needs=Role.ADMIN)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Remove it; its runs stay."""
        self._schedules.delete(NodeId.of("schedule", key), caller_of(req))
        resp.status = falcon.HTTP_204

    @operation("Read what a schedule made", answers={200: page_schema(ScheduledRun)}, tag=TAG)
    def on_get_runs(self, _: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer its newest runs."""
        send(resp, to_wire(Page(self._schedules.runs(NodeId.of("schedule", key)))))

    @operation("Fire a schedule now", answers={202: answer_schema(ScheduledRun)}, tag=TAG, needs=Role.ADMIN)
    def on_post_runs(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Make its run at once, beside those of its times."""
        node = NodeId.of("schedule", key)
        self._schedules.get(node)
        fired = self._clock.fire_now(node, caller_of(req))
        made = next(run for run in self._schedules.runs(node) if run.run == fired.id)
        send(resp, to_wire(made), 202)


class Webhooks:
    """Webhooks."""

    def __init__(self, service: Arangovis) -> None:
        self._webhooks = service.operations.webhooks

    @operation("List webhooks", query=OfProjectSchema, answers={200: page_schema(Webhook)}, tag=TAG, needs=Role.ADMIN)
    def on_get(self, _: falcon.Request, resp: falcon.Response, *, query: OfProject) -> None:
        """Answer them by name; secrets are never shown."""
        send(resp, to_wire(Page(self._webhooks.all(query.project))))

    @operation(
        "Make a webhook",
        body=WebhookSchema,
        answers={201: answer_schema(RegisteredWebhook), 200: answer_schema(RegisteredWebhook)},
        tag=TAG,
        needs=Role.ADMIN,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: WebhookWanted) -> None:
        """Answer 201 with its node and, this once, the secret that was made for it; 200 if one was changed."""
        made = self._webhooks.put(body, caller_of(req))
        resp.set_header("Cache-Control", "no-store")
        send(resp, to_wire(made), 201 if made.created else 200)


class OneWebhook:
    """A webhook."""

    def __init__(self, service: Arangovis) -> None:
        self._webhooks = service.operations.webhooks

    @operation("Read a webhook", answers={200: answer_schema(Webhook)}, tag=TAG, needs=Role.ADMIN)
    def on_get(self, _: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it as it stands, without its secret."""
        send(resp, to_wire(self._webhooks.get(NodeId.of("webhook", key))))

    @operation("Switch a webhook", body=SwitchSchema, answers={200: answer_schema(Webhook)}, tag=TAG, needs=Role.ADMIN)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Switch) -> None:
        """Tell it nothing for a while, or tell it again what happens from now on."""
        send(resp, to_wire(self._webhooks.set_enabled(NodeId.of("webhook", key), body.enabled, caller_of(req))))

    @operation("Remove a webhook", answers={204: None}, tag=TAG, needs=Role.ADMIN)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Remove it with its secret; messages that wait are given up."""
        self._webhooks.delete(NodeId.of("webhook", key), caller_of(req))
        resp.status = falcon.HTTP_204

    @operation("Try a webhook", answers={202: answer_schema(DeliveryShown)}, tag=TAG, needs=Role.ADMIN)
    def on_post_ping(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Put down a trial message, which a worker sends."""
        send(resp, to_wire(self._webhooks.ping(NodeId.of("webhook", key), caller_of(req))), 202)

    @operation(
        "List messages", query=OfStateSchema, answers={200: page_schema(DeliveryShown)}, tag=TAG, needs=Role.ADMIN
    )
    def on_get_deliveries(self, _: falcon.Request, resp: falcon.Response, *, key: str, query: OfState) -> None:
        """Answer the newest messages to it, and what became of them."""
        send(resp, to_wire(Page(self._webhooks.deliveries(NodeId.of("webhook", key), query.state))))

    @operation("Send a message again", answers={202: answer_schema(DeliveryShown)}, tag=TAG, needs=Role.ADMIN)
    def on_post_retry(self, req: falcon.Request, resp: falcon.Response, *, key: str, delivery: str) -> None:
        """Have a message sent again that was taken or given up; it keeps its id."""
        node = NodeId.of("webhook", key)
        send(resp, to_wire(self._webhooks.send_again(node, delivery, caller_of(req))), 202)


class Retention:
    """Rules of retention."""

    def __init__(self, service: Arangovis) -> None:
        self._expiring = service.operations.expiring
        self._collecting = service.operations.collecting

    @operation(
        "Say what a rule of retention would remove",
        body=RuleSchema,
        answers={200: answer_schema(Expiry)},
        tag=TAG,
        needs=Role.READ,
    )
    def on_post_plan(self, _: falcon.Request, resp: falcon.Response, *, body: RetentionRule) -> None:
        """Answer run by run what would go and what would stay; nothing is changed."""
        send(resp, to_wire(self._expiring.plan(body)))

    @operation(
        "Apply a rule of retention", body=RuleSchema, answers={200: answer_schema(Expiry)}, tag=TAG, needs=Role.ADMIN
    )
    def on_post_apply(self, req: falcon.Request, resp: falcon.Response, *, body: RetentionRule) -> None:
        """Remove it, run by run, and answer what went; tombstones and edges stay."""
        send(resp, to_wire(self._expiring.apply(body, caller_of(req))))

    @operation(
        "Collect bytes that nothing names",
        body=CollectionSchema,
        answers={200: answer_schema(Collected)},
        tag=TAG,
        needs=Role.ADMIN,
    )
    def on_post_collect(self, _: falcon.Request, resp: falcon.Response, *, body: Collection) -> None:
        """Let go of bytes that no node names; they are removed a day later. A dry run only counts."""
        send(resp, to_wire(self._collecting(dry_run=body.dry_run)))
