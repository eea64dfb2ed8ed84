"""The Python SDK: `import arangovis as av; av.connect()`."""

from arangovis.client.client import Client, Projection, signature_field
from arangovis.client.connection import connect

__all__ = ["Client", "Projection", "connect", "signature_field"]
