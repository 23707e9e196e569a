//! What the user typed. Validated by clap as far as it goes without reading a file.

mod gate;
mod gateway;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use gate::Gate;
pub(crate) use gateway::{Gateway, Log};

/// Prove, before the outage, which LLM gateway and which routing strategy survives it.
#[derive(Debug, Parser)]
#[command(name = "brownout", version, max_term_width = 100, after_help = FIRST_STEPS)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const FIRST_STEPS: &str = "First steps:
  brownout run scenarios/regional-brownout.yaml
  brownout run regional-brownout --config litellm_config.yaml   your own deployments
  brownout list scenarios                                       what is shipped

Exit codes: 0 done, 1 a required promise was missed, 2 usage or scenario or config error,
3 measurement invalid or a required promise without data or untested, 4 internal error,
130 interrupted.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play scenarios against every contender and say who keeps the promise.
    #[command(before_help = "Example: brownout run scenarios/regional-brownout.yaml --seeds 5")]
    Run(Run),
    /// Say whether a changed config does worse, and which change does it.
    #[command(
        before_help = "Example: brownout gate ci --config litellm_config.yaml --against git:origin/main"
    )]
    Gate(Gate),
    /// Check scenarios (and the config they use) without running anything.
    #[command(
        before_help = "Example: brownout validate scenarios/*.yaml --config litellm_config.yaml"
    )]
    Validate(Validate),
    /// Tell what a LiteLLM config really does, and what it says in vain.
    #[command(before_help = "Example: brownout check litellm_config.yaml")]
    Check(Check),
    /// Tell everything that happened to one request, as a timeline.
    #[command(
        before_help = "Example: brownout explain runs/regional-brownout/42-3f2a6c01b9d4 1811"
    )]
    Explain(Explain),
    /// Write a commented scenario for your own deployments.
    #[command(before_help = "Example: brownout init --config litellm_config.yaml > mine.yaml")]
    Init(Init),
    /// Serve the failover gateway on real sockets.
    #[command(before_help = "Example: brownout gateway --config litellm_config.yaml")]
    Gateway(Gateway),
    /// Serve fake providers on real sockets, with the faults of a scenario.
    #[command(before_help = "Example: brownout fakes regional-brownout --port 4100")]
    Fakes(Fakes),
    /// Replay a scenario's traffic against a gateway that already stands.
    #[command(
        before_help = "Example: brownout load regional-brownout --target http://127.0.0.1:4000"
    )]
    Load(Load),
    /// Hold the emulation of LiteLLM against LiteLLM itself, case by case, and count.
    #[command(before_help = "Example: brownout parity --quick")]
    Parity(Parity),
    /// List what can be named in a scenario, and what is shipped.
    #[command(before_help = "Example: brownout list faults")]
    List(List),
    /// Print the JSON schema of scenarios, for editors.
    #[command(before_help = "Example: brownout schema > scenario.schema.json")]
    Schema(Schema),
    /// Hold a program until our stdin ends; then end it and everybody who descends from it. `run` starts
    /// itself so.
    #[command(
        hide = true,
        before_help = "Example: brownout supervise --log program.log -- sleep 60"
    )]
    Supervise(Supervise),
    /// Become a program that dies with whoever supervises it.
    #[command(hide = true, before_help = "Example: brownout become --supervisor 1 -- sleep 60")]
    Become(Become),
}

/// In which time to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Clock {
    /// Deterministic virtual time, in memory: minutes in seconds, bit for bit.
    Virtual,
    /// Real time, over loopback sockets.
    Wall,
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Scenario files, or names of shipped scenarios.
    #[arg(required = true, value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Virtual time, or real time over loopback sockets.
    #[arg(long, value_enum, default_value = "virtual")]
    pub(crate) clock: Clock,
    /// Run only these contenders.
    #[arg(long = "contender", value_name = "NAME")]
    pub(crate) contenders: Vec<String>,
    /// Whose behaviour contenders play that name none; see `brownout list personalities`.
    #[arg(long, value_name = "NAME")]
    pub(crate) personality: Option<String>,
    /// Compare the config with this one (a file, or `git:REV` for the same file at a revision) under the same luck: the two
    /// are the contenders, `base` and `proposed`.
    #[arg(long, value_name = "git:REV|FILE", requires = "config")]
    pub(crate) compare_config: Option<String>,
    /// Run with so many seeds, from the scenario's seed (or --seed) upwards; of each the verdict is printed, then what
    /// all say together.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) seeds: Option<u32>,
    /// Where to write the run [default: runs/SCENARIO/SEED-HASH].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Play N variants too (50 if no number is given), with other seeds, assumed latencies ±30 %, fault starts ±30 s and
    /// severity ±20 %, and say how often the leader stays first.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "50",
        value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with = "seeds")]
    pub(crate) robust: Option<u32>,
    /// Python in whose environment contenders with `process:` are installed, instead of what scripts/peers installed.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// Exit with 1 if this contender misses a promise, and with 3 if nobody can tell.
    #[arg(long = "require", value_name = "NAME")]
    pub(crate) required: Vec<String>,
    /// Say nothing before the run, not even what is run.
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print all notes and warnings before the run, not only the first five, and of several seeds each first screen.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Open the HTML report when done.
    #[arg(long)]
    pub(crate) open: bool,
    /// Print report.json on stdout instead of the screen.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What makes a plan out of a scenario.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    /// LiteLLM proxy config to use instead of the scenario's.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Seed to use instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Let all traffic call this model of the config.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Change a value of the scenario, such as traffic.1.for=2m.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) sets: Vec<(String, String)>,
    /// Faults to play instead of the scenario's: the run.json of an earlier run, or an edited copy.
    #[arg(long, value_name = "FILE")]
    pub(crate) timeline: Option<PathBuf>,
    /// Shorten the schedule to this length; faults that no longer fit are left out, by name.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) length: Option<Duration>,
    /// Refuse a config with mistakes that LiteLLM would ignore: unknown and misplaced keys, names that nobody has.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// `validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Scenario files, or names of shipped scenarios.
    #[arg(required = true, value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// The clock that the run would have.
    #[arg(long, value_enum, default_value = "virtual")]
    pub(crate) clock: Clock,
    /// Whose behaviour contenders play that name none; see `brownout list personalities`.
    #[arg(long, value_name = "NAME")]
    pub(crate) personality: Option<String>,
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// LiteLLM proxy config.
    #[arg(value_name = "CONFIG")]
    pub(crate) config: PathBuf,
    /// Whose behaviour to describe [default: that of the routing strategy].
    #[arg(long, value_name = "NAME")]
    pub(crate) personality: Option<String>,
    /// Exit with 2 if there is a warning.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print what was found as JSON; see `brownout schema check`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Run directory.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Number of the request.
    #[arg(value_name = "REQUEST")]
    pub(crate) request: u64,
    /// Only this contender.
    #[arg(long, value_name = "NAME")]
    pub(crate) contender: Option<String>,
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Your LiteLLM proxy config.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The model of the config that the traffic calls [default: the first].
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// `fakes`.
#[derive(Debug, Args)]
pub(crate) struct Fakes {
    /// Scenario file, or name of a shipped scenario; its config says which deployments to fake.
    #[arg(value_name = "SCENARIO", required_unless_present = "persona")]
    pub(crate) scenario: Option<String>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// One healthy fake of this provider, without a scenario: openai, azure, anthropic, gemini,
    /// bedrock or ollama.
    #[arg(long, value_name = "PROVIDER", conflicts_with = "scenario")]
    pub(crate) persona: Option<String>,
    /// Address to listen on; beyond loopback only with --token-file and --tls, or --trust-network.
    #[arg(long, visible_alias = "host", value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) listen: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 4100)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) admin: Admin,
    #[command(flatten)]
    pub(crate) guarded: Guarded,
    /// Write a copy of the config whose deployments point here, with the keys to use.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_config: Option<PathBuf>,
    /// Lay what this contender of the scenario changes over the config that is written.
    #[arg(long, value_name = "NAME", requires = "write_config")]
    pub(crate) contender: Option<String>,
    /// URL under which gateways reach these fakes, for --write-config [default: http://HOST:PORT].
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Let the timeline of faults begin now and not with the first client.
    #[arg(long)]
    pub(crate) start_now: bool,
    /// Print every attempt as a line of JSON.
    #[arg(long)]
    pub(crate) journal: bool,
}

/// The admin API of `fakes`.
#[derive(Debug, Args)]
pub(crate) struct Admin {
    /// Port of the admin API; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) admin_port: u16,
    /// Address of the admin API; beyond loopback as for --listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) admin_listen: IpAddr,
}

/// Who may call `fakes`, and how.
#[derive(Debug, Args)]
pub(crate) struct Guarded {
    /// Speak TLS with a certificate made on the spot; its authority is written to --tls-dir.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Host name under which the fakes are called, for the certificate and the admin API; repeatable.
    #[arg(long = "tls-name", value_name = "NAME")]
    pub(crate) tls_names: Vec<String>,
    /// Where to write ca.pem, for clients to trust.
    #[arg(long, value_name = "DIR", default_value = "brownout-tls")]
    pub(crate) tls_dir: PathBuf,
    /// Speak TLS with this certificate, PEM with its chain.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "tls")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of --tls-cert, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// File whose first line clients must show as their key.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Listen beyond loopback without TLS, and without a token if there is none: everybody who
    /// reaches the port may call. For networks of containers.
    #[arg(long)]
    pub(crate) trust_network: bool,
}

/// `load`.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Scenario file, or name of a shipped scenario; its traffic, client and promise are used, and with --fakes its
    /// faults.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Admin API of the fakes behind the gateway (`brownout fakes` prints its URL): they play the scenario's faults
    /// from the first request on, and their journal tells attempts, waste and costs.
    #[arg(long, value_name = "URL")]
    pub(crate) fakes: Option<String>,
    /// Exit with 1 if the gateway misses a promise, and with 3 if nobody can tell.
    #[arg(long)]
    pub(crate) require: bool,
    /// Base URL of the gateway.
    #[arg(long, value_name = "URL")]
    pub(crate) target: String,
    /// Environment variable with the key to present; without it a dummy is sent.
    #[arg(long, value_name = "NAME")]
    pub(crate) key_env: Option<String>,
    /// Hosts off loopback that may be called.
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_remote: Vec<String>,
    /// Where to write the run [default: runs/SCENARIO/SEED-HASH-load-UTC].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print report.json on stdout instead of the screen.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The version of LiteLLM that is compared where nobody asks for another.
pub(crate) const PINNED_LITELLM: &str = "1.106.2";

/// `parity`.
#[derive(Debug, Args)]
pub(crate) struct Parity {
    /// A sample of all parts of the table, in at most five minutes.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Version of LiteLLM to compare with.
    #[arg(long, value_name = "VERSION", default_value = PINNED_LITELLM)]
    pub(crate) litellm: String,
    /// Python whose environment has LiteLLM, whatever its version.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// Only cases whose name holds this; * stands for anything.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) only: Option<String>,
    /// Forget what was recorded of these cases, and play them again.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Name of the record that is continued, or `published` for that of the committed table; one that was used to mend
    /// the emulation is not published.
    #[arg(long = "record", value_name = "NAME", default_value = "mending")]
    pub(crate) record: String,
    /// Only judge what is recorded; LiteLLM is not started.
    #[arg(long)]
    pub(crate) recorded: bool,
    /// Leave out the cells under load, which take hours.
    #[arg(long)]
    pub(crate) no_load: bool,
    /// Write the results as the published ones into this checkout.
    #[arg(long, value_name = "DIR")]
    pub(crate) publish: Option<PathBuf>,
    /// How often LiteLLM plays a case in which the two differ; the majority counts.
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) plays: u8,
    /// Requests that LiteLLM answers side by side.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) at_a_time: usize,
    /// Print the results as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// What to list.
    #[arg(value_enum)]
    pub(crate) what: Listed,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Routing strategies.
    Strategies,
    /// Whose behaviour a gateway can play.
    Personalities,
    /// Faults.
    Faults,
    /// Latency presets and workloads.
    Presets,
    /// Shipped scenarios.
    Scenarios,
}

/// `schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which: of scenarios, or of a file that a run writes.
    #[arg(value_enum, default_value = "scenario")]
    pub(crate) of: SchemaOf,
}

/// Which schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// report.json of a run.
    Report,
    /// report.json of a series (`--seeds`).
    Series,
    /// robust.json (`--robust`).
    Robust,
    /// What `check --json` prints.
    Check,
    /// What `gate --json` prints.
    Gate,
}

/// `supervise`.
#[derive(Debug, Args)]
pub(crate) struct Supervise {
    /// Where what the program prints is kept.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: PathBuf,
    /// Milliseconds between SIGTERM and SIGKILL.
    #[arg(long, value_name = "N", default_value_t = 3000,
        value_parser = clap::value_parser!(u64).range(0..=600_000))]
    pub(crate) grace_ms: u64,
    #[command(flatten)]
    pub(crate) command: ProgramArgs,
}

/// `become`.
#[derive(Debug, Args)]
pub(crate) struct Become {
    /// Process id of whoever supervises.
    #[arg(long, value_name = "PID")]
    pub(crate) supervisor: u32,
    #[command(flatten)]
    pub(crate) command: ProgramArgs,
}

/// A program and its arguments.
#[derive(Debug, Args)]
pub(crate) struct ProgramArgs {
    /// The program, and its arguments.
    #[arg(required = true, last = true, value_name = "PROGRAM")]
    pub(crate) words: Vec<std::ffi::OsString>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as traffic.1.for=2m".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    vocab::parse_duration(text).map_err(|error| error.to_string())
}
