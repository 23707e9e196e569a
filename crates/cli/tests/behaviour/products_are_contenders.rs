//! A product as a contender: real sockets, a real process, the fakes' ledger, and nothing left behind. A script
//! stands in for the product; the real one has its own check in `scripts/test`.

use record::machine::MachineInfo;
use record::{AttemptRow, RequestRow, RowReader, RunInfo};
use vocab::Outcome;

use crate::products_become_ready::{serving, stand_in};
use crate::standing::{Running, wait_for};
use crate::support::{Ran, Scratch};

/// Two quick deployments, one dark for a second, and a product beside our own gateway.
const SCENARIO: &str = r#"
scenario: beside-a-product
seed: 3
config: config.yaml
deployments: { "*": { ttft: { constant: 40ms }, itl: { constant: 2ms } } }
traffic:
  - { for: 1s, arrivals: { constant: 10/s }, workload: { stream: 50%, prompt_tokens: 20, answer_tokens: 10 }, warmup: true }
  - { for: 4s, arrivals: { constant: 10/s }, workload: { stream: 50%, prompt_tokens: 20, answer_tokens: 10 } }
faults:
  - { at: 3s, for: 1s, target: first, inject: { error: 503 } }
contenders:
  - { name: real, process: litellm }
  - { name: ours, router_settings: { routing_strategy: priority } }
slo: { success: "rate > 0.5" }
"#;

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("scenario.yaml", SCENARIO);
    scratch
}

fn run(scratch: &Scratch, serve: &str, more: &[&str]) -> Ran {
    stand_in(scratch, serve);
    let run = ["run", "scenario.yaml", "--clock", "wall", "--python", "python", "--out", "ran"];
    scratch.run(&[&run, more].concat())
}

fn read<T: serde::de::DeserializeOwned>(scratch: &Scratch, name: &str) -> T {
    let text = std::fs::read_to_string(scratch.path(name)).expect("a file");
    serde_json::from_str(&text).expect("what it should be")
}

/// Processes in whose command line the folder of a test stands: it is nobody else's.
fn left_with_pids(scratch: &Scratch) -> Vec<(u32, String)> {
    let folder = scratch.path("").display().to_string();
    let entries = std::fs::read_dir("/proc").expect("a list").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let line = |pid: u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    };
    pids.filter_map(line).filter(|(_, line)| line.contains(folder.trim_end_matches('/'))).collect()
}

fn left(scratch: &Scratch) -> Vec<String> {
    left_with_pids(scratch).into_iter().map(|(_, line)| line).collect()
}

fn nothing_is_left(scratch: &Scratch) {
    let gone = wait_for(|| left(scratch).is_empty().then_some(()));
    assert!(gone.is_some(), "{:?}", left(scratch));
}

#[test]
fn a_product_is_measured_by_the_fakes_and_the_client_alone() {
    let scratch = scratch();
    let ran = run(&scratch, &serving(), &[]);
    // 3: a busy machine starves whatever runs on it, and that is said.
    assert!([0, 3].contains(&ran.code), "{}", ran.err);
    let info: RunInfo = read(&scratch, "ran/run.json");
    let real = &info.contenders[0];
    let product = real.product.as_ref().expect("a product");
    assert_eq!((real.kind.word(), &*product.name), ("process", "LiteLLM"));
    assert_eq!(product.version.as_deref(), Some("9.9.9"));
    let machine: MachineInfo = read(&scratch, "ran/machine.json");
    let [used] = machine.processes.as_slice() else { unreachable!("{:?}", machine.processes) };
    assert!(used.contender == "real" && used.cpu_share.is_some() && used.resident_mb_max.is_some());
    // Its warm-up is in nobody's books, and nobody tells what it decided.
    assert!(!scratch.path("ran/real/decisions.csv").exists());
    assert!(scratch.path("ran/real/process.log").is_file());
    let rows = RowReader::<AttemptRow>::open(&scratch.path("ran/real/attempts.csv"));
    let rows: Vec<AttemptRow> = rows.expect("a ledger").map(|row| row.expect("a row")).collect();
    assert!(
        rows.iter().all(|row| row.request.is_some() && row.gateway == "gateway[1]"),
        "{rows:?}"
    );
    let requests = RowReader::<RequestRow>::open(&scratch.path("ran/real/requests.csv"));
    let answered = requests.expect("a table").map(|row| row.expect("a row"));
    // Its luck is its own: how many a fault costs is not ours to say.
    assert!(answered.filter(|row| row.outcome == Outcome::Success).count() > 40);
    assert!(ran.out.contains("process LiteLLM 9.9.9"), "{}", ran.out);
    assert!(ran.out.contains("draws its own luck"), "{}", ran.out);
    let told = scratch.run(&["explain", "ran", "30", "--contender", "real"]);
    assert!(told.out.contains("not observed: what the gateway decided, and why"), "{}", told.out);
    nothing_is_left(&scratch);
}

#[test]
fn a_product_lives_in_real_time_alone() {
    let scratch = scratch();
    let ran = scratch.run(&["run", "scenario.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("run with --clock wall, or leave real out"), "{}", ran.err);
    let ran = scratch.run(&["run", "scenario.yaml", "--contender", "ours", "--out", "ran"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_product_that_is_not_installed_costs_no_run() {
    let scratch = scratch();
    let mut command = scratch.command(&["run", "scenario.yaml", "--clock", "wall", "--out", "ran"]);
    let ran = Ran::of(&command.env("BROWNOUT_PEERS", "nowhere").output().expect("started"));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("nowhere/litellm-1.106.2/bin/python"), "{}", ran.err);
    assert!(ran.err.contains("scripts/peers litellm"), "{}", ran.err);
    assert!(!scratch.path("ran").exists());
}

#[test]
fn what_only_a_gateway_of_ours_can_do_is_refused_before_the_run() {
    let wrong = [
        ("instances: 2", "is started once"),
        ("personality: brownout", "plays no personality"),
        ("router_settings: { routing_strategy: priority }", "has no routing strategy `priority`"),
        ("version: ../..", "is no version"),
    ];
    for (more, told) in wrong {
        let scratch = scratch();
        scratch.change("process: litellm", &format!("process: litellm, {more}"));
        let ran = scratch.run(&["run", "scenario.yaml", "--clock", "wall"]);
        assert!(ran.code == 2 && ran.err.contains(told), "{more}: {}", ran.err);
    }
    let happens = [
        (
            "events: [{ at: 2s, apply: { router_settings: { num_retries: 1 } } }]",
            "reads its config once",
        ),
        (
            "faults: [{ at: 2s, for: 1s, target: gateway, inject: kill }]",
            "acts on a gateway of ours",
        ),
        (
            "faults: [{ at: 2s, for: 1s, target: \"link:gateway->first\", inject: { latency: { latency: 200ms } } }]",
            "dials by itself",
        ),
    ];
    for (more, told) in happens {
        let scratch = scratch();
        let text = SCENARIO.split("faults:").next().expect("a head");
        let rest = "contenders: [{ name: real, process: litellm }]\n";
        scratch.write("scenario.yaml", &format!("{text}{more}\n{rest}"));
        let ran = scratch.run(&["run", "scenario.yaml", "--clock", "wall"]);
        assert!(ran.code == 2 && ran.err.contains(told), "{more}: {}", ran.err);
    }
}

#[test]
fn a_product_that_refuses_its_config_is_told_in_its_own_words() {
    let ran = run(&scratch(), "echo 'I will not' >&2; exit 3", &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("exit code 3") && ran.err.contains("I will not"), "{}", ran.err);
}

/// Whether the product of a run is measured: the fakes of its warm-up are gone, and not before.
fn is_measured(scratch: &Scratch) -> Option<()> {
    let (_, config) =
        scratch.files(".").into_iter().find(|(name, _)| name.ends_with("process-config.json"))?;
    let config: serde_json::Value = serde_json::from_slice(&config).ok()?;
    let list = config["model_list"].as_array()?;
    let warm_up = |entry: &&serde_json::Value| {
        entry["model_name"].as_str().is_some_and(|name| name.starts_with("brownout-warm-up"))
    };
    let url = list.iter().find(warm_up)?["litellm_params"]["api_base"].as_str()?;
    let address = url.trim_start_matches("http://").trim_end_matches("/v1");
    std::net::TcpStream::connect(address).is_err().then_some(())
}

/// Whether the product of a run is there, ready or not.
fn is_starting(scratch: &Scratch) -> Option<()> {
    left(scratch).iter().any(|line| line.contains("gateway --config")).then_some(())
}

/// A run of the product alone, in the background.
fn running(scratch: &Scratch) -> Running {
    stand_in(scratch, &serving());
    let run = ["run", "scenario.yaml", "--clock", "wall", "--contender", "real", "--out", "ran"];
    Running::start(scratch.command(&run).args(["--python", "python"]))
}

#[test]
fn a_product_that_ends_while_it_is_measured_has_no_result() {
    let scratch = scratch();
    scratch.change("for: 4s", "for: 8s");
    let mut running = running(&scratch);
    wait_for(|| is_measured(&scratch)).expect("it is measured");
    let gateways = left_with_pids(&scratch).into_iter();
    let gateway = gateways
        .filter(|(_, line)| line.contains("gateway --config ") && !line.contains(" supervise "));
    for (pid, _) in gateway {
        let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
    let told = running.says("ended while it was measured");
    assert!(told.contains("signal 9 ended it"), "{told}");
    let ended = wait_for(|| running.ended()).expect("it ends");
    assert_eq!(ended.code(), Some(3));
    assert!(!scratch.path("ran/report.json").exists());
    nothing_is_left(&scratch);
}

#[test]
fn nothing_is_left_of_a_product_when_its_run_is_interrupted_or_killed() {
    type Moment = fn(&Scratch) -> Option<()>;
    let cases: [(&str, Option<i32>, Moment); 3] = [
        ("-INT", Some(130), is_starting),
        ("-INT", Some(130), is_measured),
        ("-KILL", None, is_measured),
    ];
    for (signal, code, when) in cases {
        let scratch = scratch();
        let running = running(&scratch);
        wait_for(|| when(&scratch)).expect("it comes so far");
        running.signal(signal);
        assert_eq!(running.end().0, code);
        nothing_is_left(&scratch);
    }
}
