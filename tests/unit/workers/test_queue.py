"""What gives out work, and of which stores it gives out none."""

from contextlib import closing

import pytest

from arangovis.domain.errors import Conflict
from arangovis.services.copying.marks import CopyMark, write_mark
from arangovis.services.copying.opening import usable_store
from arangovis.settings import Settings
from arangovis.workers.queue import open_queue


def test_no_work_is_given_out_of_a_copy_that_was_not_finished(settings: Settings) -> None:
    open_queue(settings).store.close()
    with closing(usable_store(settings)) as store:
        write_mark(store, CopyMark("another"))
    with pytest.raises(Conflict, match="not finished"):
        open_queue(settings)
