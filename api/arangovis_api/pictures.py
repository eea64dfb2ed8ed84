"""Pictures as answers."""

import falcon

from arangovis.tabular.pictures import Picture


def send_picture(resp: falcon.Response, picture: Picture) -> None:
    """Answer a picture."""
    resp.content_type, resp.data = picture.media_type, picture.data
    resp.set_header("X-Content-Type-Options", "nosniff")
    resp.cache_control = ["private", "no-cache"]
