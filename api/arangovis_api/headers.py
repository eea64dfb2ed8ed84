"""What every answer tells a browser: what it may do with it, which is as little as possible."""

import falcon

from arangovis.settings import Settings

POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Of whatever is no page: nothing in it is run or shown."""
ONE_YEAR_S = 365 * 24 * 3600
_OWN_FRAMES = "frame-ancestors 'self'"


class Headers:
    """Sets the headers that protect a browser; the page sets its own policy, and is framed by whom the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._frames = " ".join((_OWN_FRAMES, *settings.frame_origins.split()))
        self._is_tls = settings.is_https

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool) -> None:
        """Set them."""
        policy = resp.get_header("Content-Security-Policy") or POLICY
        resp.set_header("Content-Security-Policy", policy.replace(_OWN_FRAMES, self._frames))
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.set_header("Referrer-Policy", "no-referrer")
        resp.set_header("Cross-Origin-Resource-Policy", "same-origin")
        if resp.get_header("Cache-Control") is None:
            resp.set_header("Cache-Control", "no-store")
        if self._is_tls:
            resp.set_header("Strict-Transport-Security", f"max-age={ONE_YEAR_S}")
