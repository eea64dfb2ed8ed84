"""What the routes of H2O share in the OpenAPI document."""

TAG = "h2o"
ANSWER: dict[int, type | str | tuple[type | str, ...] | None] = {200: "application/json"}
