"""Section 7 of DETECTION.md: order and repetition."""

from words import DAY, to_bytes


def place(event):
    """Events leave in order of time; at the same second: address changes, issues, calls; then eventID;
    then input order. A record that is a call and a change sorts as a change."""
    rank = 0 if event.is_change else 1 if event.is_issue else 2
    return (event.time, rank, to_bytes(event.event_id), event.seq)


def by_time(event):
    return (event.time, event.seq)


class Order:
    """process(event) is called for each event that is not a repetition, when its turn comes."""

    def __init__(self, window, process, most=None):
        self.window = window
        self.most = most  # --max-window, None: any number
        self.spent = []  # the events that were processed before their time, or in --window 0, for their IDs
        self.early = 0
        self.early_time = None  # the latest of their times
        self.process = process
        self.newest = None  # greatest time admitted
        self.inside = []  # the events of the window
        self.waiting = []  # the events that are more than 24 h ahead of the newest
        self.repeated = 0
        self.late = 0
        self.late_behind = 0  # how far the most late one was behind the newest

    def push(self, event):
        if self.is_repetition(event):
            self.repeated += 1
        elif self.newest is None and not self.waiting:
            self.waiting.append(event)
        else:
            if self.newest is None:
                self.settle_first(event)
            if self.is_late(event):
                self.admit(event)
            else:
                self.push_in_time(event)
                self.make_room()

    def settle_first(self, event):
        """One wrong clock must not expire the table, and the first event may be the wrong one: it waits
        like one that is ahead if the second is more than 24 h older."""
        if event.time < self.waiting[0].time - DAY:
            self.newest = event.time
        else:
            self.admit(self.waiting.pop(0))

    def push_in_time(self, event):
        """An event more than 24 h ahead waits until a second event within the window of it arrives (within
        15 min where the window is smaller), or the clock has come to it."""
        distance = max(self.window, 900)
        near = any(abs(w.time - event.time) <= distance for w in self.waiting)
        if event.time > self.newest + DAY and not near:
            self.waiting.append(event)
            return
        limit = event.time + distance if near else event.time
        released = [w for w in self.waiting if w.time <= limit]
        self.waiting = [w for w in self.waiting if w.time > limit]
        before = [w for w in released if w.time <= event.time]
        after = [w for w in released if w.time > event.time]
        in_turn = [*sorted(before, key=by_time), event, *sorted(after, key=by_time)]
        for each in in_turn:
            self.admit(each)

    def end(self):
        """The rest is admitted in order of time, then everything leaves."""
        for event in sorted(self.waiting, key=by_time):
            self.admit(event)
        self.waiting = []
        self.leave(self.inside)

    def is_repetition(self, event):
        """A relevant eventID, or sharedEventID with the same session, that is already in the window."""
        for other in self.inside + self.spent + self.waiting:
            if event.event_id and event.event_id == other.event_id:
                return True
            if (
                event.shared_event_id
                and event.shared_event_id == other.shared_event_id
                and event.session is not None
                and event.session == other.session
            ):
                return True
        return False

    def is_late(self, event):
        if self.newest is None:
            return False
        too_early = self.early_time is not None and event.time < self.early_time
        return too_early or event.time < self.newest - self.window

    def admit(self, event):
        if self.is_late(event):
            event.late = True
            self.late += 1
            self.late_behind = max(self.late_behind, self.newest - event.time)
            if event.time >= self.newest - self.window:  # what is older left early
                self.spent.append(event)
                self.forget_names()
            self.process(event)
            return
        if self.newest is None or event.time > self.newest:
            self.newest = event.time
        self.leave([e for e in self.inside if e.time < self.newest - self.window])
        self.spent = [e for e in self.spent if e.time >= self.newest - self.window]
        if self.window == 0:
            self.spent.append(event)
            self.process(event)
        else:
            self.inside.append(event)

    # --max-window: the window leaves early, by quarters. What is older than what has left is late.

    def is_full(self):
        return self.most is not None and len(self.inside) + len(self.waiting) > self.most

    def make_room(self):
        while self.is_full():
            if self.inside:
                self.leave_early(-(-len(self.inside) // 4))
            else:
                self.admit(self.waiting.pop(self.waiting.index(min(self.waiting, key=by_time))))
        self.forget_names()

    def leave_early(self, n):
        """So many go, the oldest first. Their IDs stay known."""
        for event in sorted(self.inside, key=place)[:n]:
            self.inside.remove(event)
            self.spent.append(event)
            self.early += 1
            self.early_time = event.time if self.early_time is None else max(self.early_time, event.time)
            self.process(event)

    def forget_names(self):
        """Of more than twice --max-window IDs as many stay, the latest."""
        if self.most is not None and len(self.spent) // 2 > self.most:
            self.spent = sorted(self.spent, key=by_time)[-self.most :]

    def leave(self, leaving):
        """IDs leave with the window."""
        self.inside = [e for e in self.inside if e not in leaving]
        for event in sorted(leaving, key=place):
            self.process(event)
