"""Standards and other systems, in and out: values in, documents out, and the other way; no store."""
