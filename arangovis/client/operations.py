"""What an operator sets up, each one call: schedules, webhooks, retention; `docs/howto/operate.md` tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from arangovis.client.asking import Asking, segment
from arangovis.client.values import node_id
from arangovis.domain.ids import NodeId
from arangovis.services.retention.applying import Expiry
from arangovis.services.retention.collecting import Collected
from arangovis.services.schedules.schedules import Schedule, ScheduledRun
from arangovis.services.webhooks.subscriptions import DeliveryShown, RegisteredWebhook, Webhook

AnyNode: TypeAlias = NodeId | str


class Operating(Asking):
    """Schedules, webhooks, retention."""

    # --- schedules --------------------------------------------------------------------------------------------

    def schedule(
        self,
        name: str,
        action: str,
        options: Mapping[str, Any] | None = None,
        *,
        cron: str | None = None,
        every_s: int | None = None,
        **more: Any,
    ) -> NodeId:
        """Make a schedule, or change the one of this name; workers do what it says in its times.

        Args:
            name: unique in its project, or among those of none.
            action: `projection`, `scoring`, `retention`, `backup`, `verify`, `recompute` or `threshold`.
            options: of the action.
            cron: when: minute, hour, day of month, month, day of week.
            every_s: or every so many seconds.
            more: `zone` of the cron expression, `project` (its name), `description`, `enabled`.

        Raises:
            InvalidInput: it names the option that is wrong.

        """
        said = {"name": name, "action": action, "options": dict(options or {}), "cron": cron, "every_s": every_s}
        return NodeId.parse(self._ask_document("POST", "/schedules", {**said, **more})["node"])

    def schedules(self, *, project: str | None = None) -> list[Schedule]:
        """Return the schedules of a project, or all, by name."""
        return list(self._ask_pages(Schedule, "/schedules", project=project))

    def switch_schedule(self, schedule: AnyNode, *, enabled: bool) -> Schedule:
        """Stop a schedule from firing, or let it fire again from now on."""
        return self._ask(Schedule, "PATCH", f"/schedules/{_key(schedule)}", {"enabled": enabled})

    def delete_schedule(self, schedule: AnyNode) -> None:
        """Remove a schedule; its runs stay."""
        self._ask_document("DELETE", f"/schedules/{_key(schedule)}")

    def fire_schedule(self, schedule: AnyNode) -> ScheduledRun:
        """Make the run of a schedule at once; when it fires next does not change."""
        return self._ask(ScheduledRun, "POST", f"/schedules/{_key(schedule)}/runs")

    def scheduled_runs(self, schedule: AnyNode) -> list[ScheduledRun]:
        """Return the newest runs that a schedule made."""
        return list(self._ask_pages(ScheduledRun, f"/schedules/{_key(schedule)}/runs"))

    # --- webhooks ---------------------------------------------------------------------------------------------

    def webhook(self, name: str, url: str, events: Sequence[str], **more: Any) -> RegisteredWebhook:
        """Make a webhook, or change the one of this name: somebody who is told what happens.

        Args:
            name: unique in its project, or among those of none.
            url: where messages are sent; its host must be in the service's setting `webhook_hosts`.
            events: of `run.finished`, `run.failed`, `drift.found`, `threshold.crossed`, `gate.failed`.
            more: `filter` (only of runs that this holds for), `project` (its name), `description`, `enabled`, `secret`.

        Returns:
            Its node and, if one was made for it, the secret to check signatures with: it is never shown again.

        """
        return self._ask(
            RegisteredWebhook, "POST", "/webhooks", {"name": name, "url": url, "events": [*events], **more}
        )

    def webhooks(self, *, project: str | None = None) -> list[Webhook]:
        """Return the webhooks of a project, or all, by name."""
        return list(self._ask_pages(Webhook, "/webhooks", project=project))

    def switch_webhook(self, webhook: AnyNode, *, enabled: bool) -> Webhook:
        """Tell a webhook nothing for a while, or tell it again what happens from now on."""
        return self._ask(Webhook, "PATCH", f"/webhooks/{_key(webhook)}", {"enabled": enabled})

    def delete_webhook(self, webhook: AnyNode) -> None:
        """Remove a webhook with its secret; messages that wait are given up."""
        self._ask_document("DELETE", f"/webhooks/{_key(webhook)}")

    def ping_webhook(self, webhook: AnyNode) -> DeliveryShown:
        """Put down a trial message, which a worker sends."""
        return self._ask(DeliveryShown, "POST", f"/webhooks/{_key(webhook)}/ping")

    def deliveries(self, webhook: AnyNode, *, state: str | None = None) -> list[DeliveryShown]:
        """Return the newest messages to a webhook: those in a state (`waiting`, `delivered`, `dead`), or all."""
        return list(self._ask_pages(DeliveryShown, f"/webhooks/{_key(webhook)}/deliveries", state=state))

    def retry_delivery(self, webhook: AnyNode, delivery: str) -> DeliveryShown:
        """Have a message sent again that was taken or given up; it keeps its id."""
        return self._ask(DeliveryShown, "POST", f"/webhooks/{_key(webhook)}/deliveries/{segment(delivery)}/retry")

    # --- retention --------------------------------------------------------------------------------------------

    def plan_retention(self, **rule: Any) -> Expiry:
        """Return what a rule of retention would remove; nothing is changed.

        Args:
            rule: `project`, `older_than_days` (30), `states`, `tags`, `methods`, `where` select runs that have ended;
                `keep_last`, `keep_best` with `metric` and `lowest`, within each `per` (`project`, `method` or `name`),
                are kept; `what` is `files` or `runs`; `limit` is how many at most.

        """
        return self._ask(Expiry, "POST", "/retention/plan", rule)

    def apply_retention(self, **rule: Any) -> Expiry:
        """Remove what a rule says, run by run, and return what went; `rule` as `plan_retention`.

        Files that something rests on stay, and so does the lineage: what goes leaves a tombstone with its edges.
        """
        return self._ask(Expiry, "POST", "/retention/apply", rule)

    def collect_bytes(self, *, dry_run: bool = True) -> Collected:
        """Let go of bytes that no node names; they are removed a day later. A dry run only counts."""
        return self._ask(Collected, "POST", "/retention/collect", {"dry_run": dry_run})


def _key(node: AnyNode) -> str:
    return segment(node_id(node).key)
