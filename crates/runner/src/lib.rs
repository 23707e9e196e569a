//! Plan to World to run directory.
//!
//! Builds a world for each contender (fakes, gateways, balancer, clients over one network and one
//! clock), lets the schedule play, and writes down what everybody saw. It joins the gateway's
//! observer and the fakes' ledger to the recorder, because only it knows all of them. It must never
//! know a percentile, a verdict or a terminal: `reports` reads what it wrote.

mod calibrate;
mod decision_log;
mod descriptors;
mod directory;
mod error;
mod lifecycle;
mod link_faults;
mod load;
mod loopback;
mod machine;
mod memory_world;
mod options;
mod oracle;
mod parallel;
mod places;
mod preflight;
mod probe;
mod process;
mod product_contender;
mod recorder;
mod run;
mod servers;
mod stand;
mod stand_clock;
mod stand_fakes;
mod stand_run;
mod subject;
mod target_error;
mod variant;
mod virtual_world;
mod wall_world;
mod watch;
mod way;
mod world_parts;

pub use decision_log::{LogForm, Logged};
pub use directory::{Claim, DirectoryError, Settled, hash_of_file, read_run};
pub use error::RunError;
pub use fake_providers::config::FakesConfig;
pub use load::{REMOTE, Standing, load, target_of};
pub use loadgen::config::Secret;
pub use loadgen::live::Counts;
pub use machine::{machine_in_words, utc_date, utc_stamp, utc_today};
pub use options::{ProductOptions, RunOptions, RunOutcome};
pub use probe::{
    ProbeAnswer, ProbeAsk, ProbeEnd, ProbeError, ProbePace, ProbeScript, ProbeSeen, ProbeTiming,
    ProbedFake, ProbedFault, ProbedSpeed, Probing, REQUESTS_PER_SCRIPT_MAX, StartGateway,
    probe_virtual, probe_wall,
};
pub use process::{
    FoundProduct, PRODUCT_READY_WITHIN, ProductError, ProductLaunch, ProductSearch, RunningProduct,
    Supervision, Usage, become_program, find_product, start_product, supervise,
};
pub use recorder::RecordError;
pub use run::run;
pub use stand::{
    Door, Drain, GatewayConfig, GatewayPlace, Hosts, Keyless, Limits, News, Pem, StandError,
    StandingGateway, stand_gateway,
};
pub use stand_fakes::{Journal, Place, Spread, StandingFakes, Tls, stand_fakes};
pub use stand_run::StandRunError;
pub use target_error::TargetError;
pub use variant::{VariantOptions, run_variant};
pub use watch::{Watch, WatchedContender};
pub use way::Way;
pub use world::{Authority, Exceptions, Proxies, Proxy};

/// Directory and name of the mark without a gateway.
pub const DIRECT: &str = "direct";
