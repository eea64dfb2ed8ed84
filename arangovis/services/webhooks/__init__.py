"""Messages about what happened, sent to addresses that the operator allows, signed, until they are taken."""
