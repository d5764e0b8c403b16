"""Part of a standalone cluster: calls that are submitted one by one. Loaded with the first of them."""


def submit(cluster, function, args, kwargs):
    """Call a function on a board; gives its Future."""
    for work, known in cluster.submitted:  # noqa: B007 (it is used below)
        if known is function and not work.withdrawn:
            cluster.more(work)
            break
    else:
        source = Submitted()
        work = cluster.begin(function, source, None, source.deliver)
        cluster.submitted = [pair for pair in cluster.submitted if not pair[0].withdrawn]
        cluster.submitted.append((work, function))
    return work.source.add(cluster, work.taken, args, kwargs)


def as_completed(cluster, futures):
    """The futures, each when it is done."""
    futures = list(futures)
    while futures:
        cluster.wait(lambda: any([future.done() for future in futures]))
        for future in [future for future in futures if future.done()]:
            futures.remove(future)
            yield future


class Future:
    """One call."""

    def __init__(self, cluster):
        self._cluster = cluster
        self._done = False
        self._value = self._error = None
        self._callbacks = []

    def _set(self, value, error):
        self._done = True
        self._value = value
        self._error = error
        for callback in self._callbacks:
            callback(self)
        self._callbacks = []

    def done(self):
        return self._done

    def add_done_callback(self, callback):
        """Call `callback(self)` when the call has ended; at once if it has."""
        if self._done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def exception(self, timeout=None):
        """What the call raised, or None. Waits for it; OSError (ETIMEDOUT) after so many seconds."""
        self._cluster.wait(self.done, timeout)
        return self._error

    def result(self, timeout=None):
        """What the call returned. Raises what it raised, and as `exception` does."""
        if self.exception(timeout) is not None:
            raise self._error
        return self._value


class Submitted:
    """The calls of one function that were submitted one by one: the source of a Work that can have more at any time."""

    def __init__(self):
        self.calls = []  # not yet given to a board
        self.futures = {}  # by index

    def add(self, cluster, taken, args, kwargs):
        """One more call, after `taken` that boards have. Gives its Future."""
        future = self.futures[taken + len(self.calls)] = Future(cluster)
        self.calls.append((args, kwargs))
        return future

    def __iter__(self):
        return self

    def __next__(self):
        if not self.calls:
            raise StopIteration
        return self.calls.pop(0)

    def deliver(self, index, answer, error):
        self.futures.pop(index)._set(answer, error)
