"""What a logging client tells the service: kept on disk until the service has it."""

from arangovis.client.outbox.frames import Request, Role
from arangovis.client.outbox.options import LoggingWarning, OutboxOptions, Status
from arangovis.client.outbox.outbox import Outbox
from arangovis.client.outbox.queue import FullPolicy
from arangovis.client.outbox.target import Target

__all__ = ["FullPolicy", "LoggingWarning", "Outbox", "OutboxOptions", "Request", "Role", "Status", "Target"]
