//! Recovery, exposure and crediting: cases in which a report once said something that misleads, by name.

use record::run::{ActsOn, EventInfo, EventKind, FaultInfo, ReachInfo};
use record::{DecisionKind, DecisionRow, TargetRow};
use reports::report::Measured::{Known, Never, NotApplicable, NotObserved, TooFew};
use reports::report::{Contender, FaultKind, FaultResult, Measured};
use vocab::FailureKind;

use crate::support::{MS, RunDir, S, Tables};

/// A request that a case decides on: its number and its intended instant in milliseconds.
#[derive(Clone, Copy)]
struct Asked {
    n: u64,
    at_ms: u64,
}

impl Asked {
    fn is_in(self, (from_s, to_s): (u64, u64)) -> bool {
        (from_s * 1000..to_s * 1000).contains(&self.at_ms)
    }
}

/// What becomes of a request.
enum Fate {
    /// Served by west, which named these faults.
    Good(&'static str),
    /// Failed at west, which named these faults.
    Failed(&'static str),
    /// Failed, and no provider saw it.
    Lost,
}

/// `per_s` requests a second for `seconds`, each open for 100 ms if it is good and for 20 ms if not.
fn tables(per_s: u64, seconds: u64, fate: impl Fn(Asked) -> Fate) -> Tables {
    let mut tables = Tables::default();
    for n in 0..per_s * seconds {
        let at = n * S / per_s;
        match fate(Asked { n, at_ms: at / MS }) {
            Fate::Good(faults) => {
                tables.success(at, 90, 2, "west");
                let met = (!faults.is_empty()).then(|| faults.to_owned());
                tables.attempts.last_mut().expect("just pushed").fault = met;
            }
            Fate::Failed(faults) => {
                let request = tables.failure(at, 20, FailureKind::ServerError);
                tables.failed_attempt(request, at, "west", faults);
            }
            Fate::Lost => {
                tables.failure(at, 20, FailureKind::ServerError);
            }
        }
    }
    tables
}

fn run(seconds: u64, tables: Tables) -> RunDir {
    let mut dir = RunDir::new(seconds);
    dir.slo("success", "rate > 0.99");
    dir.contender("who", tables);
    dir
}

fn who(dir: &RunDir) -> Contender {
    dir.analyse().report.contenders.remove(0)
}

fn recovered(dir: &RunDir) -> Vec<Measured<f64>> {
    who(dir).faults.iter().map(|fault| fault.time_to_recover_s).collect()
}

fn on_instance(fault: &mut FaultInfo, instance: Option<u32>) {
    (fault.acts_on, fault.instance) = (ActsOn::Instances, instance);
    fault.deployments.clear();
}

fn event(kind: EventKind, at_s: u64) -> EventInfo {
    EventInfo {
        id: "e1".to_owned(),
        kind,
        summary: "rollout of the same config by restart".to_owned(),
        at_ns: at_s * S,
        every_ns: None,
        down_ns: None,
    }
}

fn decided(tables: &mut Tables, request: u64, at_ns: u64, gateway: &str) {
    tables.decisions.push(DecisionRow {
        at_ns,
        request: Some(request),
        gateway: gateway.to_owned(),
        kind: DecisionKind::Pick,
        deployment: None,
        detail: String::new(),
    });
}

#[test]
fn a_fault_that_overlaps_another_does_not_hide_how_long_that_was_felt() {
    // All of 120 to 163 s fails: 40 s of the fault, 3 s of its aftermath.
    let fate = |asked: Asked| match asked {
        _ if asked.is_in((120, 160)) => Fate::Failed("f2"),
        _ if asked.is_in((160, 163)) => Fate::Lost,
        _ => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("slow", "east", (60, 180)).only_slows = true;
    dir.fault("error", "west", (120, 160));
    // The last failure is at 162.8 s; the window that ends the spell begins with it.
    assert_eq!(recovered(&dir), [Known(0.0), Known(42.6)]);
    dir.run.faults.remove(0);
    dir.run.faults[0].id = "f2".to_owned();
    assert_eq!(recovered(&dir), [Known(42.6)], "as if it were alone");
}

#[test]
fn a_harmless_fault_that_everybody_met_before_is_not_the_one_that_is_felt() {
    let fate = |asked: Asked| match asked {
        _ if asked.is_in((120, 160)) => Fate::Failed("f1+f2"),
        _ if asked.is_in((60, 180)) => Fate::Good("f1"),
        _ => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("slow", "west", (60, 180)).only_slows = true;
    dir.fault("error", "west", (120, 160));
    assert_eq!(recovered(&dir), [Known(0.0), Known(39.6)]);
    // The other way round: what began earlier harms, and the later one is met by the same requests.
    let fate = |asked: Asked| match asked {
        _ if asked.is_in((100, 101)) => Fate::Failed("f1"),
        _ if asked.is_in((101, 140)) => Fate::Failed("f1+f2"),
        _ if asked.is_in((140, 200)) => Fate::Good("f2"),
        _ => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("error", "west", (100, 140));
    dir.fault("slow", "west", (101, 200)).only_slows = true;
    assert_eq!(recovered(&dir), [Known(39.6), Known(0.0)]);
}

#[test]
fn a_fault_does_not_end_the_recovery_of_the_one_before_it() {
    let fate = |asked: Asked| match asked.is_in((60, 120)) {
        true => Fate::Failed("f1"),
        false => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("error", "west", (60, 120));
    dir.fault("slow", "east", (110, 115)).only_slows = true;
    assert_eq!(recovered(&dir), [Known(59.6), Known(0.0)]);
}

#[test]
fn a_spell_that_is_under_way_is_also_the_faults_that_a_request_met_first() {
    let fate = |asked: Asked| match asked {
        _ if asked.is_in((60, 120)) => Fate::Failed("f1"),
        _ if asked.is_in((120, 180)) => Fate::Failed("f2"),
        _ => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("error", "west", (60, 120));
    dir.fault("error", "west", (110, 180));
    assert_eq!(recovered(&dir), [Known(119.6), Known(69.6)]);
}

#[test]
fn trouble_that_began_in_calm_time_is_listed_and_no_faults() {
    let fate = |asked: Asked| match asked.is_in((100, 110)) {
        true => Fate::Lost,
        false => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("comments", "west", (200, 220));
    let who = who(&dir);
    assert_eq!(who.faults[0].time_to_recover_s, Known(0.0));
    let [spell] = &who.spells_of_nobody[..] else { panic!("{:?}", who.spells_of_nobody) };
    // 50 of 1,600 are not good, so that a window of chance may hold some; the sixth of ten makes it bad.
    assert!((100.0..102.0).contains(&spell.from_s), "{spell:?}");
    assert_eq!(spell.to_s, Known(109.6));
}

#[test]
fn what_is_still_felt_at_the_end_never_recovered_whatever_came_later() {
    let fate = |asked: Asked| match asked.at_ms >= 60_000 {
        true => Fate::Failed("f1"),
        false => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("error", "west", (60, 120));
    dir.fault("slow", "east", (200, 210)).only_slows = true;
    assert_eq!(recovered(&dir)[0], Never);
}

#[test]
fn requests_that_a_kill_cuts_at_its_start_belong_to_it() {
    let mut tables = tables(5, 320, |_| Fate::Good(""));
    // Three long answers, asked 2 s before, and cut when the process dies.
    for request in 5 * 118..5 * 118 + 3 {
        let row = &mut tables.requests[request as usize];
        row.outcome = vocab::Outcome::Failed;
        row.failure = Some(FailureKind::Reset);
        row.end_ns = Some(120 * S);
    }
    let mut dir = run(320, tables);
    let fault = dir.fault("gateway", "gateway", (120, 130));
    on_instance(fault, None);
    let fault = &who(&dir).faults[0];
    // 50 were meant for the window; with those that were open when it began there are three more.
    assert_eq!(
        (fault.exposed, fault.victims, fault.met_requests),
        (Known(53), Known(3), Known(53))
    );
    assert_eq!(fault.success_rate, Known(50.0 / 53.0));
    assert!((fault.error_budget_burn.known().expect("promised") - 3.0 / 53.0 / 0.01).abs() < 1e-9);
    assert_eq!(fault.victim_examples, [590, 591, 592]);
    assert_eq!(fault.time_to_recover_s, Known(0.0), "they were cut at its start");
    assert_eq!((fault.time_to_detect_s, fault.failback_s), (NotApplicable, NotApplicable));
}

#[test]
fn streams_that_a_refusing_host_drops_at_its_start_belong_to_the_refusal() {
    let mut tables = tables(5, 320, |_| Fate::Good(""));
    for request in 5 * 110..5 * 110 + 4 {
        tables.requests[request as usize].outcome = vocab::Outcome::Failed;
        tables.requests[request as usize].end_ns = Some(120 * S);
        tables.attempts[request as usize].fault = Some("f1".to_owned());
        tables.attempts[request as usize].ended_ns = 120 * S;
        tables.attempts[request as usize].ended = record::AttemptEnd::Reset;
    }
    let mut dir = run(320, tables);
    dir.fault("refuse", "west", (120, 130)).at_connect = true;
    let fault = &who(&dir).faults[0];
    assert_eq!((fault.exposed, fault.victims), (Known(54), Known(4)));
    // An attempt that ends as the fault begins has failed in it.
    assert_eq!(fault.time_to_detect_s, Never);
    assert_eq!(fault.time_to_recover_s, Known(0.0));
}

/// Two instances, five requests a second each in turn; of the second's, those in `cut` fail.
fn two_instances(cut: (u64, u64)) -> RunDir {
    let mut tables = tables(10, 320, |asked| match asked.n % 2 == 1 && asked.is_in(cut) {
        true => Fate::Lost,
        false => Fate::Good(""),
    });
    for request in 0..3_200 {
        let at_ns = request * S / 10;
        let gateway = if request % 2 == 0 { "gateway[1]" } else { "gateway[2]" };
        decided(&mut tables, request, at_ns, gateway);
        for row in tables.attempts.iter_mut().filter(|row| row.request == Some(request)) {
            gateway.clone_into(&mut row.gateway);
        }
    }
    let mut dir = run(320, tables);
    dir.run.contenders[0].instances = 2;
    dir
}

#[test]
fn a_rollout_and_a_kill_own_what_they_cut_at_the_instance_that_they_act_on() {
    let mut dir = two_instances((130, 135));
    // The first restarts from 100 s to 105 s, the second 30 s later; in between a slow link, and a kill of the first.
    dir.run.events.push(EventInfo {
        every_ns: Some(30 * S),
        down_ns: Some(5 * S),
        ..event(EventKind::Rollout, 100)
    });
    dir.run.events.push(EventInfo { id: "e2".to_owned(), ..event(EventKind::Mark, 200) });
    dir.fault("link", "west", (120, 140)).only_slows = true;
    on_instance(dir.fault("gateway", "gateway[1]", (128, 136)), Some(1));
    let faults = who(&dir).faults;
    let told: Vec<_> = faults.iter().map(|row| (&*row.id, row.kind, row.victims)).collect();
    assert_eq!(
        told,
        [
            ("f1", FaultKind::Fault, Known(0)),
            ("f2", FaultKind::Fault, Known(0)),
            ("e1", FaultKind::Event, Known(25)),
        ]
    );
    assert_eq!((faults[2].from_s, faults[2].to_s), (100.0, 135.0));
    let recovered: Vec<_> = faults.iter().map(|row| row.time_to_recover_s).collect();
    assert_eq!(recovered[..2], [Known(0.0), Known(0.0)]);
    assert!(recovered[2].known().is_some_and(|s| (34.0..35.0).contains(&s)), "{recovered:?}");
}

#[test]
fn a_request_that_no_instance_is_known_for_is_at_all_of_them() {
    let mut dir = two_instances((130, 135));
    let tables = dir.tables.get_mut("who").expect("there");
    tables.decisions.retain(|row| row.at_ns < 130 * S || row.at_ns >= 135 * S);
    on_instance(dir.fault("gateway", "gateway[1]", (128, 136)), Some(1));
    assert_eq!(who(&dir).faults[0].victims, Known(25));
}

#[test]
fn a_fault_of_an_instance_that_a_contender_does_not_have_is_no_row_to_judge() {
    let mut dir = run(320, tables(5, 320, |_| Fate::Good("")));
    on_instance(dir.fault("gateway", "gateway[2]", (60, 120)), Some(2));
    dir.fault("slow", "west", (130, 140)).only_slows = true;
    let who = who(&dir);
    let row = &who.faults[0];
    let absent = [row.success_rate.is_absent(), row.time_to_recover_s.is_absent()];
    assert_eq!(absent, [true, true]);
    assert_eq!(
        (row.exposed, row.met_requests, row.victims),
        (NotApplicable, NotApplicable, NotApplicable)
    );
    assert_eq!(who.tested, Known(false));
    assert_eq!(who.faults[1].good_rate_before, Known(1.0), "its window is not open here");
}

#[test]
fn a_change_at_once_meets_who_is_open_at_its_instant() {
    let mut tables = tables(5, 320, |_| Fate::Good(""));
    for request in 5 * 110..5 * 110 + 25 {
        tables.requests[request as usize].end_ns = Some(120 * S);
    }
    let mut dir = run(320, tables);
    dir.run.events.push(event(EventKind::Apply, 120));
    let row = &who(&dir).faults[0];
    // These, and one that is meant for that very instant.
    assert_eq!((row.met_requests, row.exposed, row.victims), (Known(26), Known(26), Known(0)));
    assert_eq!((row.success_rate, row.time_to_recover_s), (Known(1.0), Known(0.0)));
    assert_eq!(who(&dir).met_fault, Known(0), "an event is no fault");
}

#[test]
fn a_row_is_not_judged_on_fewer_than_twenty_requests() {
    let exposed = |per_s: u64| -> FaultResult {
        let mut dir = run(320, tables(per_s, 320, |_| Fate::Good("")));
        dir.fault("error", "west", (200, 210));
        who(&dir).faults.remove(0)
    };
    assert_eq!((exposed(1).exposed, exposed(1).success_rate), (Known(10), TooFew));
    assert!(exposed(1).error_budget_burn.is_absent());
    assert_eq!((exposed(2).exposed, exposed(2).success_rate), (Known(20), Known(1.0)));
}

#[test]
fn a_fault_that_hits_nobody_the_traffic_can_reach_has_nobody_exposed() {
    let fate = |asked: Asked| match asked.is_in((60, 62)) {
        true => Fate::Failed("f1"),
        false => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("error", "east", (60, 120));
    let west = |deployments: &[&str]| ReachInfo {
        model: "gpt-4o".to_owned(),
        deployments: deployments.iter().map(|id| (*id).to_owned()).collect(),
    };
    dir.run.contenders[0].reach = vec![west(&["west"])];
    let row = who(&dir).faults.remove(0);
    // Only those who met it all the same.
    assert_eq!((row.exposed, row.victims, row.success_rate), (Known(10), Known(10), TooFew));
    assert_eq!(row.time_to_recover_s, TooFew);
    dir.run.contenders[0].reach = vec![west(&["west", "east"])];
    assert_eq!(who(&dir).faults[0].exposed, Known(300), "a fallback can be reached");
}

#[test]
fn targets_that_depend_on_the_contender_are_read_from_its_table() {
    let mut dir = run(320, tables(5, 320, |_| Fate::Good("")));
    dir.fault("error", "favourite", (60, 120)).deployments.clear();
    let reach = ReachInfo { model: "gpt-4o".to_owned(), deployments: vec!["west".to_owned()] };
    dir.run.contenders[0].reach = vec![reach];
    assert_eq!(who(&dir).faults[0].exposed, Known(0));
    for (deployments, exposed) in [("west", 300), ("east+west", 300), ("east", 0)] {
        let (fault, deployments) = ("f1".to_owned(), deployments.to_owned());
        let resolved = TargetRow { fault, at_ns: 60 * S, deployments };
        dir.tables.get_mut("who").expect("there").targets = vec![resolved];
        assert_eq!(who(&dir).faults[0].exposed, Known(exposed));
    }
}

#[test]
fn dials_that_nobody_can_attribute_leave_open_who_met_a_fault() {
    let fate = |asked: Asked| match asked.is_in((60, 120)) {
        true => Fate::Failed("f1"),
        false => Fate::Good(""),
    };
    let mut dir = run(320, tables(5, 320, fate));
    dir.fault("refuse", "west", (60, 120));
    dir.fault("error", "east", (200, 210));
    let attempts = &mut dir.tables.get_mut("who").expect("there").attempts;
    let dial = attempts.iter_mut().find(|row| row.fault.is_some()).expect("met");
    (dial.request, dial.stage) = (None, record::Stage::Connect);
    let who = who(&dir);
    let row = &who.faults[0];
    assert_eq!(
        (row.met_requests, row.victims, row.first_victims),
        (NotObserved, NotObserved, NotObserved)
    );
    assert_eq!(row.exposed, Known(300));
    assert_eq!((who.faults[1].met_requests, who.faults[1].victims), (Known(0), Known(0)));
    assert_eq!((who.tested, who.rescued), (Known(true), NotObserved));
    assert_eq!((who.met_fault, who.rescued_requests), (NotObserved, NotObserved));
}

#[test]
fn a_lull_in_bursty_traffic_is_no_detection() {
    // Twenty requests in the first two seconds of every twenty, all at west; nine of ten fail while it is ill.
    let mut tables = Tables::default();
    for n in 0..320 {
        let at = n / 20 * 20 * S + n % 20 * S / 10;
        let ill = (121..239).contains(&(at / S));
        if ill && n % 10 != 0 {
            let request = tables.failure(at, 20, FailureKind::ServerError);
            tables.failed_attempt(request, at, "west", "f1");
        } else {
            tables.success(at, 90, 2, "west");
            let met = ill.then(|| "f1".to_owned());
            tables.attempts.last_mut().expect("just pushed").fault = met;
        }
    }
    let mut dir = run(320, tables);
    dir.fault("error", "west", (121, 239));
    let row = who(&dir).faults.remove(0);
    assert_eq!((row.time_to_detect_s, row.first_victims), (Never, row.victims));
    assert!(row.victims.known().is_some_and(|victims| victims > 90), "{:?}", row.victims);
}

#[test]
fn nobody_fails_back_to_a_target_whose_fault_was_not_met() {
    // West has half of the traffic before, nothing while the fault lasts, and everything 58 s after it.
    let mut tables = tables(5, 320, |_| Fate::Good(""));
    for (n, row) in tables.attempts.iter_mut().enumerate() {
        let at_s = row.arrived_ns / S;
        if (100..178).contains(&at_s) || at_s < 100 && n % 2 == 0 {
            "east".clone_into(&mut row.deployment);
        }
    }
    let mut dir = run(320, tables);
    dir.fault("error", "west", (110, 120));
    assert_eq!(who(&dir).faults[0].failback_s, NotApplicable);
}

#[test]
fn a_missing_price_leaves_a_bound_and_the_share_without_one() {
    let mut dir = run(320, tables(5, 320, |_| Fate::Good("")));
    let exact = who(&dir);
    assert_eq!((exact.cost_usd, exact.unpriced_share), (exact.cost_usd_at_least, Known(0.0)));
    for row in dir.tables.get_mut("who").expect("there").attempts.iter_mut().take(400) {
        "east".clone_into(&mut row.deployment);
    }
    dir.run.deployments[1].usd_per_million_in = None;
    let known = who(&dir);
    assert!(known.cost_usd.is_absent() && known.cost_per_1k_good_usd.is_absent());
    let west = exact.cost_usd.known().expect("priced") * 1_200.0 / 1_600.0;
    assert!((known.cost_usd_at_least.known().expect("a bound") - west).abs() < 1e-9);
    assert_eq!(known.unpriced_share, Known(0.25));
}
