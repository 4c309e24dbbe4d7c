#!/usr/bin/env python3
"""Each call of the C library that a run with a state makes is made to go wrong: nothing that was found is lost."""

import errno
import functools
import os
import tempfile
import unittest

import injection
import program

# What may go wrong without a word, for nothing is lost by it: the call, how the file's name ends, and why.
HARMLESS = (
    ("fcntl", "", "a descriptor is closed only where that is what fcntl says"),
    ("close", "", "of what was only read; of output, state and statistics it is told"),
    ("open", "/dev/urandom", "the clock seeds the tables instead"),
    ("read", "/dev/urandom", "the clock seeds the tables instead"),
    ("stat", "/out", "what is printed is then not gathered"),
    ("stat", "/in/grows.ndjson", "of the open file: the readers only ask whether it may have to wait"),
    ("stat", "/in/c.ndjson", "of the open file: the readers only ask whether it may have to wait"),
    ("unlink", "/state.new", "it most often is not there, and if it is its opening fails"),
    ("link", "/state.prev", "where there are no links the state is renamed"),
)
TOLD_WHEN_CLOSED = ("/out", "/state.new", "/stats")

# Functions that do without what they asked for, and why that is right.
CAN_DO_WITHOUT = {
    "grow_ring": "what is not watched stays in the address book",
    "libc": "sorts in place; starts no thread where another works",
    "ld-linux-x86-64": "starts no thread where another works",
    "ld-linux-aarch64": "starts no thread where another works",
}
WORKERS_CAN_DO_WITHOUT = {
    **dict.fromkeys(("reader_new", "stream_new", "inflate_new", "slice_new"), "the other workers read all"),
    "readahead_new": "a file is then read and judged by one thread",
    **dict.fromkeys(("lanes_lend", "take_block", "take_batch"), "records then stay with the thread that read them"),
    # Compilers may put one of these into the other.
    **dict.fromkeys(("lanes_new", "run_crew", "pipeline_run"), "all is then read and judged by one thread"),
}


def is_harmless(call, name):
    if call == "close" and name.endswith(TOLD_WHEN_CLOSED):
        return False
    if call == "open" and os.path.isdir(name):
        return True  # of the state's directory, by the sandbox, which then does without Landlock
    if call == "stat" and name == "in":
        return True  # an operand that the statistics are held against; it is looked at again to be read
    return any(call == harmless and name.endswith(end) for harmless, end, _ in HARMLESS)


def is_sound(state):
    return state.endswith(b"}\n") and state.splitlines()[-1].startswith(b'{"type":"end"')


@unittest.skipIf(injection.THREAD_SANITIZED, "the thread sanitizer's own calls would go wrong")
class InjectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="ctlock-")
        cls.addClassCleanup(folder.cleanup)
        cls.scenes = injection.Scenes(folder.name)

    def count(self, calls, *options, **how):
        """How often these are called in a run."""
        done = self.scenes.one(lambda scene: scene.go_on(*options, inject=f"{calls} 0 0 nothing", **how))
        self.assertEqual((done.status, done.errors), (0, ""))
        return done.hits

    def next_run(self, scene, first):
        """The next run works, and both together print every alert. Where a file was left to it, what is in that
        is late by now, and late calls change nothing that another would be held against."""
        second = scene.go_on("--flush")
        self.assertEqual((second.status, second.errors), (0, ""))
        self.assertTrue(is_sound(second.state))
        wanted = set(scene.clean.alerts()) if first.status == 3 else scene.wanted
        self.assertEqual(wanted - set(first.alerts() + second.alerts()), set())

    def state_is_old_or_new(self, scene, done):
        self.assertIn(done.state, (scene.old["state"], scene.clean.state))
        self.assertIn(done.previous, (scene.old["state.prev"], scene.old["state"], None))
        if done.previous is None:
            self.assertEqual(done.state, scene.old["state"])

    def is_as_clean(self, scene, done):
        self.assertEqual((done.status, done.errors), (0, ""))
        self.assertEqual(done.out, scene.clean.out)
        self.assertEqual(done.state, scene.clean.state)
        self.assertEqual(done.previous, scene.old["state"])
        without_time = [stats.split(b',"elapsed_ms"')[0] for stats in (done.stats, scene.clean.stats)]
        self.assertEqual(*without_time)

    def each(self, check, numbers, inject, *options, **how):
        """check(scene, outcome) for runs in which call n goes wrong."""

        def work(scene, n):
            with self.subTest(inject=inject.format(n)):
                done = scene.go_on(*options, inject=inject.format(n), **how)
                check(scene, done)
                return len(done.hits)
            return 0

        hits = self.scenes.each(work, numbers)
        # Which calls there are depends on addresses a little.
        self.assertGreater(sum(1 for n in hits if n), 0.9 * len(hits))


class Scene(InjectionTest):
    def test_is_worth_it(self):
        """The run meets what it is to meet."""
        calls = {call for _, call, _ in self.count("files")}
        wanted = "read pread write open close fsync stat rename link unlink ftruncate lseek realpath opendir readdir"
        self.assertEqual(set(wanted.split()) - calls, set())

        def check(scene):
            self.assertGreater(len(scene.clean.alerts()), 2)
            self.assertGreater(len(scene.wanted), len(scene.clean.alerts()) + 2)
            types = {line.split(b'"')[3] for line in scene.clean.state.splitlines()}
            self.assertGreater(len(types), 10)

        self.scenes.one(check)


class Kill(InjectionTest):
    def test_at_every_call(self):
        def check(scene, done):
            self.assertEqual((done.status, done.errors), (-9, ""))
            self.state_is_old_or_new(scene, done)
            self.next_run(scene, done)

        self.each(check, range(1, len(self.count("files")) + 1), "files {} 0 kill")


class Failing(InjectionTest):
    def fail_each(self, error, calls="files"):
        def check(scene, done):
            [(_, call, name)] = done.hits
            if call == "message":
                # The warning of late events has nowhere else to go but into the status.
                self.assertEqual((done.status, done.errors), (1, ""))
                self.assertEqual((done.out, done.state), (scene.clean.out, scene.clean.state))
                return
            if is_harmless(call, name) and done.status == 0:
                self.assertEqual((done.errors, done.out, done.state), ("", scene.clean.out, scene.clean.state))
                return
            self.assertIn(done.status, (1, 2, 3), done.hits)
            self.assertEqual(len(done.lines()), 1, done.errors)
            self.assertIn(os.strerror(error), done.errors)
            # One is held against another: either may be named.
            said = "standard output" if name.endswith("/out") else os.path.basename(name)
            if name.startswith("pipe:"):
                said = "standard error" if call == "stat" else "signals"
            own = ("state", "stats", ".lock", ".new", ".prev", ".reset")
            if call != "stat" or not name.endswith(own):
                self.assertIn(said, done.errors)
            if done.status == 3:
                # A file is left to the next run, which goes on in it.
                self.assertNotIn(b'"damaged"', done.state)
                self.assertTrue(is_sound(done.state))
                self.assertEqual(done.previous, scene.old["state"])
            else:
                self.state_is_old_or_new(scene, done)
            self.next_run(scene, done)

        self.each(check, range(1, len(self.count(calls)) + 1), f"{calls} {{}} 0 {errno.errorcode[error]}")

    def test_io_error_at_every_call(self):
        self.fail_each(errno.EIO)

    def test_flushing_of_the_state(self):
        """Before the new state has its name the old one stays; afterwards the new one does, as the message says."""
        names = [name for _, _, name in self.count("fsync")]
        self.assertTrue(any(os.path.isdir(name) for name in names))

        def check(scene, done):
            [(_, _, name)] = done.hits
            self.assertEqual(done.status, 1)
            if os.path.isdir(name):
                self.assertIn(f"{name}: Input/output error: the state is saved, but may not outlive a crash", done.errors)
                self.assertEqual((done.out, done.state), (scene.clean.out, scene.clean.state))
                self.assertEqual(done.previous, scene.old["state"])
            else:
                self.assertRegex(done.errors, "the state is not saved|this run is not complete")
                self.assertEqual(done.state, scene.old["state"])
            self.next_run(scene, done)

        self.each(check, range(1, len(names) + 1), "fsync {} 0 EIO")

    def test_full_disk_at_every_call(self):
        self.fail_each(errno.ENOSPC, "write,open,close,fsync,rename,link,unlink,ftruncate")

    def test_quota_at_every_write(self):
        self.fail_each(errno.EDQUOT, "write,fsync,close")

    def test_disk_that_stays_full(self):
        """All writes from one on: of alerts, of the state, of the statistics."""

        def check(scene, done):
            self.assertEqual(done.status, 1)
            self.assertIn("No space left on device", done.errors)
            self.state_is_old_or_new(scene, done)
            self.next_run(scene, done)

        self.each(check, range(1, len(self.count("write")) + 1), "write {} 1 ENOSPC")


class Memory(InjectionTest):
    """Wherever memory runs out the run says so in one line, or does not need it."""

    def check_state(self, scene, done, harmless=CAN_DO_WITHOUT):
        if done.status == 0:
            if done.hits:
                function = injection.function_of(done.hits[0][2])
                self.assertIn(function, [None, *harmless])
            self.is_as_clean(scene, done)
            return
        # 3: the C library could not open a directory or find a name; the next run can.
        self.assertIn(done.status, (1, 2, 3), done.errors)
        self.assertRegex(done.errors, "Cannot allocate memory" if done.status == 3 else "out of memory|Cannot allocate")
        # Where all fail, so do the statistics and the saving.
        self.assertLessEqual(len(done.lines()), 1 if len(done.hits) == 1 else 3, done.errors)
        self.assertGreater(len(done.lines()), 0)
        if done.status == 3:
            self.assertTrue(is_sound(done.state))
        else:
            self.state_is_old_or_new(scene, done)
        self.next_run(scene, done)

    def numbers(self, *options, step=1, **how):
        hits = self.count("memory", *options, **how)
        if not hits:
            self.skipTest("the memory is the sanitizer's")
        return range(1, len(hits) + 1, step)

    def test_each_fails(self):
        self.each(self.check_state, self.numbers(), "memory {} 0 ENOMEM")

    def test_all_fail_from_one_on(self):
        self.each(self.check_state, self.numbers(step=3), "memory {} 1 ENOMEM")

    @unittest.skipIf(injection.SANITIZED, "the sanitizer stops where a thread has no memory")
    def test_with_workers(self):
        def check(scene, done):
            self.check_state(scene, done, {**CAN_DO_WITHOUT, **WORKERS_CAN_DO_WITHOUT})

        self.each(check, self.numbers(jobs=2, step=4), "memory {} 0 ENOMEM", jobs=2)
        self.each(check, self.numbers(jobs=2, step=15), "memory {} 1 ENOMEM", jobs=2)

    @unittest.skipIf(injection.SANITIZED, "the sanitizer stops where a thread has no memory")
    def test_of_a_reader(self):
        """A worker that gets no reader is not needed: those that have one read everything."""
        function_of = functools.lru_cache(None)(injection.function_of)

        def is_of_a_reader(hit):
            return function_of(hit[2]) in ("reader_new", "stream_new", "slice_new")

        # The first reader puts the inputs in order and has to be.
        numbers = [int(hit[0]) for hit in self.count("memory", jobs=2) if is_of_a_reader(hit)][3:]
        if not numbers:
            self.skipTest("which functions ask for memory is not known")
        failed = []

        def work(scene, n):
            with self.subTest(n=n):
                done = scene.go_on(inject=f"memory {n} 0 ENOMEM", jobs=2)
                # Workers run side by side, so it may be another call.
                if done.hits and is_of_a_reader(done.hits[0]):
                    failed.append(n)
                    self.is_as_clean(scene, done)

        self.scenes.each(work, numbers)
        self.assertGreater(len(failed), 0)

    @unittest.skipIf(injection.SANITIZED, "the sanitizer stops where a thread has no memory")
    def test_one_long_input(self):
        """Whose records are extracted in blocks, by whoever has time."""
        theft = injection.program.ndjson(injection.program.theft())
        other = b'{"eventTime":"2024-03-01T00:00:00Z","eventName":"DescribeTags"}\n' * 200 + b"junk\n"
        wanted = {}

        def check(scene, done):
            self.assertIn(done.status, (1, 3), done.errors)
            if done.status == 1:
                self.assertRegex(done.errors, "out of memory|Cannot allocate memory")
            else:
                self.assertEqual(done.out, wanted["out"])

        def work(scene, inject):
            scene.write("long.ndjson", theft[:400] + b"\n" + other * 100 + theft)
            with self.subTest(inject=inject):
                done = scene.run("-q", inject=inject, jobs=3, inputs=("long.ndjson",), state=False)
                if inject:
                    check(scene, done)
                return done

        wanted["out"] = self.scenes.one(lambda scene: work(scene, None)).out
        self.assertEqual(wanted["out"].count(b"\n"), 3)
        counted = self.scenes.one(lambda scene: work(scene, "memory 0 0 nothing"))
        self.scenes.each(work, [f"memory {n} 0 ENOMEM" for n in range(1, len(counted.hits) + 1, 2)])

    OUTPUTS = (
        ("-q", "--table"),
        ("-q", "--table", "-f", "json"),
        ("-q", "--list-user-agents"),
        ("--color=always", "--info", "--show-suppressed"),
        ("-q", "-f", "json", "--info", "--show-suppressed"),
    )

    def test_of_other_outputs(self):
        """Without a state, and what else is printed: all of it, or a message."""

        def work(scene, item):
            options, n, step = item
            inputs = ("--user-agents=agents.txt", "--exceptions=rules.txt", "in")
            done = scene.run(*options, state=False, inputs=inputs, inject=f"memory {n} {step} ENOMEM")
            if not n:
                return done
            with self.subTest(options=options, n=n, step=step):
                if done.status == 0:
                    self.assertEqual(done.out, plain[options].out)
                    if done.hits:
                        self.assertIn(injection.function_of(done.hits[0][2]), [None, *CAN_DO_WITHOUT])
                else:
                    self.assertIn(done.status, (1, 2, 3), done.errors)
                    self.assertRegex(done.errors, "out of memory|Cannot allocate memory")
            return None

        results = self.scenes.each(work, [(options, 0, 0) for options in self.OUTPUTS])
        plain = dict(zip(self.OUTPUTS, results))
        for options, done in plain.items():
            self.assertEqual(done.status, 0, done.errors)
            if not done.hits:
                self.skipTest("the memory is the sanitizer's")
            # What is asked for before the first record is the same for all.
            numbers = range(len(done.hits), 0, -2)
            self.scenes.each(work, [(options, n, 0) for n in numbers] + [(options, n, 1) for n in numbers[::9]])


class Patience(InjectionTest):
    """What a signal interrupts, or comes in pieces, is as if it had not."""

    def test_each_is_interrupted_once(self):
        for calls in ("read", "pread", "write", "open", "fsync"):
            self.each(self.is_as_clean, [1, 2], calls + " {} 2 EINTR")
        for calls in ("opendir", "ftruncate"):
            self.each(self.is_as_clean, [1], calls + " {} 2 EINTR")

    def test_each_close_is_interrupted(self):
        self.each(self.is_as_clean, [1], "close {} 1 EINTR")

    def test_single_bytes(self):
        self.each(self.is_as_clean, [1], "read,pread {} 1 short")
        self.each(self.is_as_clean, [1], "write {} 1 short")
        self.each(self.is_as_clean, [1], "read,pread,write {} 1 short", jobs=2)

    def test_single_bytes_between_interruptions(self):
        self.each(self.is_as_clean, [1, 2], "read,pread,write {} 3 short")


if __name__ == "__main__":
    unittest.main()
