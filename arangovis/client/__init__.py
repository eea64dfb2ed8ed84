"""The Python SDK: `import arangovis as av; av.connect()`."""

from arangovis.client.client import Client
from arangovis.client.connection import connect
from arangovis.client.values import Projection, signature_field

__all__ = ["Client", "Projection", "connect", "signature_field"]
