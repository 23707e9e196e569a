import tempfile
import unittest

from recompute import clients, money, promise, stats
from recompute.missing import NA
from recompute.tests.hand_made import attempt, request, world
from recompute.verdict import Standing, verdict


class Statistics(unittest.TestCase):
    def test_a_percentile_needs_as_many_values_as_the_page_says(self):
        for p, least in ((95, 72), (99, 368), (99.9, 3688)):
            self.assertTrue(stats.enough(least, p))
            self.assertFalse(stats.enough(least - 1, p))

    def test_intervals_are_those_of_tables(self):
        self.assertEqual(stats.order_ranks(368, 99)[1], 368)
        self.assertEqual(stats.order_ranks(100, 50), (40, 61))
        low, high = stats.wilson(3, 1000)
        self.assertAlmostEqual(low, 0.00102, 5)
        self.assertAlmostEqual(high, 0.00878, 5)

    def test_a_failure_is_infinite(self):
        self.assertIsNone(stats.nearest_rank([1.0, stats.INF], 99))


class Promise(unittest.TestCase):
    def judge(self, expr, metric="success", ok=100, bad=0, deployment="a"):
        with tempfile.TemporaryDirectory() as folder:
            requests = [request(n, 30 + n / 10, ok=n < ok) for n in range(ok + bad)]
            told = world(folder, requests, [attempt(r, deployment=deployment) for r in requests], slo=[(metric, expr)])
        numbers = clients.numbers(told)
        numbers |= money.numbers(told, numbers)
        bound = promise.bounds(told.run)[0]
        return bound, promise.judge(bound, told, numbers, {}, set())

    def test_a_bound_is_kept_broken_or_without_data(self):
        self.assertTrue(self.judge("rate > 0.9")[1].kept)
        self.assertFalse(self.judge("rate > 90%", bad=50)[1].kept)
        self.assertIsNone(self.judge("p99.9 < 10s", "ttft")[1].kept)
        self.assertIsNone(self.judge("max <= 30s", "recover")[1].kept)

    def test_a_value_beside_its_bound_is_too_close_to_call(self):
        bound, judgement = self.judge("rate > 0.96", ok=95, bad=5)
        self.assertFalse(judgement.kept)
        self.assertTrue(judgement.close(bound))

    def test_a_missing_price_breaks_nothing_that_the_known_part_keeps(self):
        self.assertIsNone(self.judge("rate <= 1", "cost", deployment="unpriced")[1].kept)
        self.assertIsNotNone(self.judge("rate <= 1", "cost")[1].kept)


class Verdict(unittest.TestCase):
    def lead(self, *standings):
        return verdict([Standing(*standing) for standing in standings], True)

    def test_the_cheapest_of_the_tested_leads(self):
        told = self.lead(
            ("dear", promise.KEEPS, 2.0, 1.0), ("cheap", promise.KEEPS, 1.0, 0.9), ("idle", promise.UNTESTED, 0.1, 1.0)
        )
        self.assertEqual((told["winner"], told["basis"]), ("cheap", "cost"))
        self.assertEqual(self.lead(("one", promise.KEEPS, 2.0, 1.0))["basis"], "only_keeper")

    def test_nobody_leads_where_nobody_was_tested(self):
        told = self.lead(("idle", promise.UNTESTED, 1.0, 1.0), ("bad", promise.BREAKS, 1.0, 0.5))
        self.assertEqual((told["winner"], told["basis"]), (None, "only_untested"))

    def test_equals_are_equal(self):
        told = self.lead(("one", promise.KEEPS, 1.0, 1.0), ("two", promise.KEEPS, 1.0, 1.0))
        self.assertEqual((told["winner"], told["basis"]), (None, "equal"))

    def test_an_unknown_cost_ties(self):
        told = self.lead(("one", promise.KEEPS, NA, 0.9), ("two", promise.KEEPS, 1.0, 1.0))
        self.assertEqual((told["winner"], told["basis"]), ("two", "goodput"))


if __name__ == "__main__":
    unittest.main()
