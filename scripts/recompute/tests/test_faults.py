import tempfile
import unittest
from pathlib import Path

from recompute.missing import NA
from recompute.tests.hand_made import S, attempt, fault, judged, request, world


def steady(until, bad=lambda at: False, rate=5):
    """A request every 1/rate seconds from 20 s on."""
    count = round((until - 20) * rate)
    return [request(n, 20 + n / rate, ok=not bad(20 + n / rate)) for n in range(count)]


def play(requests, names=lambda at: "", **other):
    with tempfile.TemporaryDirectory() as folder:
        attempts = [attempt(r, names(r["intended_ns"] / S)) for r in requests]
        return judged(world(folder, requests, other.pop("attempts", attempts), **other))


class Recovery(unittest.TestCase):
    def test_a_harmless_fault_around_another_hides_nothing(self):
        requests = steady(320, lambda at: 120 <= at < 160)
        other = [fault("a", 60, 180, ["z"], only_slows=True)]
        for rows in (other, []):
            found, _, _ = play(requests, lambda at: "b" if 120 <= at < 160 else "", rows=[*rows, fault("b", 120, 160)])
            # The window that begins at the last failure is within five points: the spell ends at the one before.
            self.assertAlmostEqual(found["b"]["time_to_recover_s"], 39.6)

    def test_a_harmless_fault_within_another_is_not_blamed(self):
        requests = steady(320, lambda at: 60 <= at < 120)
        rows = [fault("a", 60, 120), fault("b", 110, 115, ["z"], only_slows=True)]
        found, wanting, together = play(requests, lambda at: "a" if 60 <= at < 120 else "", rows=rows)
        self.assertAlmostEqual(found["a"]["time_to_recover_s"], 59.6)
        self.assertIs(found["b"]["time_to_recover_s"], NA)
        self.assertEqual((wanting, together["spells_of_nobody"]), (set(), []))

    def test_noise_is_no_spell(self):
        requests = steady(320, lambda at: round(at * 5) % 50 == 0)
        found, _, _ = play(requests, rows=[fault("f", 100, 120)])
        self.assertEqual(found["f"]["time_to_recover_s"], 0)

    def test_what_never_gets_better_has_no_end(self):
        requests = steady(320, lambda at: at >= 100)
        found, _, _ = play(requests, lambda at: "f" if at >= 100 else "", rows=[fault("f", 100, 120)])
        self.assertIsNone(found["f"]["time_to_recover_s"])

    def test_a_spell_in_calm_time_is_nobodys(self):
        requests = steady(320, lambda at: 200 <= at < 220)
        found, _, together = play(requests, rows=[fault("f", 100, 120)])
        self.assertEqual(found["f"]["time_to_recover_s"], 0)
        self.assertEqual(len(together["spells_of_nobody"]), 1)

    def test_without_enough_calm_requests_there_is_nothing_to_tell(self):
        found, wanting, _ = play(steady(320), rows=[fault("f", 22, 60)])
        self.assertIs(found["f"]["good_rate_before"], NA)
        self.assertIs(found["f"]["time_to_recover_s"], NA)
        self.assertEqual(wanting, {"recover"})


class Meeting(unittest.TestCase):
    def test_what_is_open_when_an_instance_dies_belongs_to_the_kill(self):
        requests = steady(320)
        requests[400] |= {"outcome": "failed", "end_ns": 120 * S, "intended_ns": 99 * S, "sent_ns": 99 * S}
        other = {"gateway": "gateway[2]"}
        attempts = [attempt(r) | (other if r["request"] == 400 else {}) for r in requests]
        rows = [
            fault("one", 120, 140, (), acts_on="instances", instance=1),
            fault("two", 120, 140, (), acts_on="instances", instance=2),
            fault("three", 120, 140, (), acts_on="instances", instance=3),
        ]
        found, _, _ = play(requests, attempts=attempts, rows=rows, instances=2)
        self.assertEqual((found["one"]["victims"], found["two"]["victims"]), (0, 1))
        self.assertIs(found["three"]["exposed"], NA)

    def test_dials_that_nobody_can_attribute_hide_who_met_it(self):
        requests = steady(320)
        dial = attempt(requests[600], "f", stage="connect", request="", ended="refused")
        found, _, together = play(requests, attempts=[*map(attempt, requests), dial], rows=[fault("f", 130, 150)])
        self.assertIs(found["f"]["met_requests"], NA)
        self.assertIs(found["f"]["victims"], NA)
        self.assertTrue(together["tested"])
        self.assertIs(together["rescued"], NA)

    def test_who_met_none_is_untested(self):
        _, _, together = play(steady(320), rows=[fault("f", 100, 120)])
        self.assertFalse(together["tested"])


class Whom(unittest.TestCase):
    def test_a_target_is_whom_the_contender_used_and_no_instance_is_a_deployment(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = [fault("f", 100, 120, ()), fault("g", 130, 140, ("a",), acts_on="instances")]
            (Path(folder) / "c").mkdir()
            (Path(folder) / "c" / "targets.csv").write_text("fault,at_ns,deployments\nf,100,b+a\n")
            found, _, _ = judged(world(folder, steady(320), rows=rows))
        self.assertEqual((found["f"]["acts_on"], found["f"]["deployments"]), ("deployments", ["a", "b"]))
        self.assertEqual((found["g"]["acts_on"], found["g"]["deployments"]), ("instances", []))

    def test_fallbacks_are_what_another_group_adds(self):
        with tempfile.TemporaryDirectory() as folder:
            told = world(folder, steady(320))
        told.run.json["deployments"] = [{"id": "a", "group": "m"}, {"id": "b", "group": "other"}]
        self.assertEqual(told.reached(), [{"model": "m", "deployments": ["a"], "fallbacks": ["b"]}])


class Detection(unittest.TestCase):
    def test_whoever_goes_on_sending_noticed_nothing(self):
        requests = steady(320, lambda at: 100 <= at < 120)
        found, _, _ = play(requests, lambda at: "f" if 100 <= at < 120 else "", rows=[fault("f", 100, 120)])
        self.assertIsNone(found["f"]["time_to_detect_s"])
        self.assertEqual(found["f"]["first_victims"], 100)

    def test_it_was_noticed_at_the_last_attempt_before_silence(self):
        requests = steady(320, lambda at: 100 <= at < 106)
        attempts = [
            attempt(r, "f" if 100 <= at < 106 else "", "b" if 106 <= at < 120 else "a")
            for r, at in ((r, r["intended_ns"] / S) for r in requests)
        ]
        found, _, _ = play(requests, attempts=attempts, rows=[fault("f", 100, 120)])
        self.assertAlmostEqual(found["f"]["time_to_detect_s"], 5.8)
        self.assertEqual((found["f"]["flaps"], found["f"]["first_victims"]), (0, 29))
        self.assertEqual(found["f"]["failback_s"], 0)

    def test_a_fault_that_only_slows_cannot_be_detected(self):
        rows = [fault("f", 100, 120, only_slows=True)]
        found, wanting, _ = play(steady(320), lambda at: "f" if 100 <= at < 120 else "", rows=rows)
        self.assertIs(found["f"]["time_to_detect_s"], NA)
        self.assertEqual(wanting, set())


if __name__ == "__main__":
    unittest.main()
