"""What is recorded of a process by itself: code, libraries, process, exceptions. Nothing here breaks the user's job."""

from arangovis.client.capture.captured import Captured, captured, later_libraries
from arangovis.client.capture.guard import CaptureWarning, guarded
from arangovis.client.capture.options import Capture

__all__ = ["Capture", "CaptureWarning", "Captured", "captured", "guarded", "later_libraries"]
