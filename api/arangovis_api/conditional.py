"""Answers that a client has already: ETag, If-None-Match, 304."""

import hashlib

import falcon

from arangovis.domain.access import current_scope
from arangovis.stores.base import GraphStore

ANSWER_FORM = "1"
"""Part of each tag of the graph: another form of the answers makes clients' copies stale."""


def is_unchanged(req: falcon.Request, resp: falcon.Response, tag: str) -> bool:
    """Set the answer's tag and say whether the client has this very answer, which is then 304."""
    resp.etag = tag
    resp.cache_control = ["private", "no-cache"]
    known = req.if_none_match or []
    if not any(given == "*" or given == tag for given in known):
        return False
    resp.status = falcon.HTTP_304
    return True


def graph_is_unchanged(store: GraphStore, req: falcon.Request, resp: falcon.Response) -> bool:
    """Say whether the client has the answer to this question from the graph as it is now.

    The number is read before the answer is made, so a change in between makes the next question ask again.
    """
    view = current_scope().view
    seen_by = f"-{hashlib.sha256(view.encode()).hexdigest()[:16]}" if view else ""  # others see other answers
    return is_unchanged(req, resp, f"{ANSWER_FORM}-{store.change_number()}{seen_by}")
