"""Items for processes to work on; they import this alone, and are soon ready."""

import time
import uuid


class Item:
    def __init__(self, place, need):
        self.place, self.memory = place, need


def at_work(item):
    """Return what those at work need, by the files they have in a folder while they are."""
    mine = item.place / f"{item.memory}-{uuid.uuid4()}"
    mine.touch()
    busy = [int(each.name.split("-")[0]) for each in item.place.iterdir()]
    time.sleep(0.05)  # long enough for another to begin
    mine.unlink()
    return busy
