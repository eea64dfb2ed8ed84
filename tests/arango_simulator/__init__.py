"""A small server that speaks the part of ArangoDB's HTTP interface that a driver uses, for tests.

It is written from ArangoDB's documentation and is no ArangoDB: it is evidence for queries and for error handling, not
for the server. What it does not do answers HTTP 501 with error number 9, and says what.
It keeps its data in memory, knows nothing of arangovis, and starts alone:

    python -m tests.arango_simulator --port 8529 --root-password secret
"""
