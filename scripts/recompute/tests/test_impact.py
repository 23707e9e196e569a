import json
import tempfile
import unittest

from recompute import impact
from recompute.missing import NA
from recompute.tests.hand_made import request, world

COSTS = {"failed_request": 0.5, "bad_minute": 20.0}


class Impact(unittest.TestCase):
    def impact(self, minutes, costs=COSTS, promised=None):
        """Of minutes after 20 s of warm-up with (requests, of these failed)."""
        duration = 20 + 60 * len(minutes)
        requests = [request(n, n / 2, ok=False, warmup="true", phase="warmup") for n in range(30)]
        for minute, (count, failed) in enumerate(minutes):
            for n in range(count):
                requests.append(request(len(requests), 20 + 60 * minute + n * 60 / count, ok=n >= failed))
        with tempfile.TemporaryDirectory() as folder:
            told = world(folder, requests, duration=duration)
            told.run.json |= json.loads(json.dumps({"impact": costs} if costs else {}))
        found = impact.numbers(told, promised)
        return tuple(found[name] for name in ("impact_usd", "bad_minutes", "minutes_judged", "minutes_not_judged"))

    def test_failed_requests_and_bad_minutes_are_added_up(self):
        self.assertEqual(self.impact([(60, 0), (60, 10)]), (25.0, 1, 2, 0))

    def test_a_minute_is_bad_under_the_promise_and_not_at_it(self):
        self.assertEqual(self.impact([(60, 6)], promised=0.9)[1], 0)
        self.assertEqual(self.impact([(60, 7)], promised=0.9)[1], 1)
        self.assertEqual([self.impact([(100, n)])[1] for n in (1, 2)], [0, 1])

    def test_minutes_with_few_requests_are_not_judged(self):
        self.assertEqual(self.impact([(20, 20), (19, 19), (0, 0)]), (39.5, 1, 1, 2))
        self.assertEqual(self.impact([(19, 19)]), (NA, NA, 0, 1))
        self.assertEqual(self.impact([(19, 19)], COSTS | {"bad_minute": 0.0})[0], 9.5)

    def test_without_impact_there_is_nothing_to_tell(self):
        self.assertEqual(self.impact([(60, 60)], None), (NA, NA, NA, NA))


if __name__ == "__main__":
    unittest.main()
