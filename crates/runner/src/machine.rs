//! What the machine did while a run went on: cores, time, CPU per group of threads. Outside the
//! digest, and never read by anything that runs in virtual time.

use std::fs;
use std::time::Duration;

use loadgen::Summary;
use record::MachineInfo;
use record::machine::GeneratorHealth;
use time::OffsetDateTime;
use world::Clock;

/// Measures one run from outside.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    start: tokio::time::Instant,
    started_unix: u64,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        let clock = world::Clock::wall();
        Self { start: tokio::time::Instant::now(), started_unix: clock.unix_seconds() }
    }

    /// The facts about machine and duration; the caller adds paths, digest and generators.
    pub(crate) fn stop(&self) -> MachineInfo {
        MachineInfo {
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            cores: u32::try_from(cores()).unwrap_or(u32::MAX),
            wall_seconds: self.start.elapsed().as_secs_f64(),
            started_unix: self.started_unix,
            ..MachineInfo::default()
        }
    }
}

/// Cores that this process may use; 1 where the system does not say.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What the machine did while a contender was played on the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workings {
    /// CPU time of the generator's threads.
    pub(crate) generator: Option<Duration>,
    /// Share of all cores that were busy, whoever kept them so.
    pub(crate) machine: Option<f64>,
}

/// Reads what the machine does from now on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    generator: Duration,
    cores: Option<Cores>,
}

impl Meter {
    pub(crate) fn start() -> Self {
        // Threads that were made a moment ago may not bear their names yet: they have done nothing.
        let generator = cpu_of_threads(GENERATOR).unwrap_or_default();
        Self { generator, cores: Cores::now() }
    }

    pub(crate) fn read(&self) -> Workings {
        let generator = cpu_of_threads(GENERATOR);
        let cores = self.cores.zip(Cores::now());
        Workings {
            generator: generator.map(|after| after.saturating_sub(self.generator)),
            machine: cores.and_then(|(before, after)| after.busy_since(&before)),
        }
    }
}

/// What all cores have done since the system started, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cores {
    all: u64,
    idle: u64,
}

impl Cores {
    /// `None` where the system does not tell.
    fn now() -> Option<Self> {
        Self::read(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// The first line of proc(5)'s `stat`: user, nice, system, idle, iowait, irq, softirq, steal, and
    /// two that are in the first two already.
    fn read(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> =
            line.split_ascii_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
        let idle = ticks.get(3)? + ticks.get(4)?;
        Some(Self { all: ticks.iter().sum(), idle })
    }

    /// Share of the time since then that was not idle; `None` if no time has passed.
    fn busy_since(&self, before: &Self) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        let idle = self.idle.saturating_sub(before.idle).min(all);
        Some((all - idle) as f64 / all as f64)
    }
}

/// CPU time of all threads of this process whose name starts with `prefix`; `None` where the system
/// does not account per thread.
fn cpu_of_threads(prefix: &str) -> Option<Duration> {
    let mut ticks = 0u64;
    let mut seen = false;
    for task in fs::read_dir("/proc/self/task").ok()? {
        let stat = fs::read_to_string(task.ok()?.path().join("stat")).unwrap_or_default();
        // `pid (name) state …`: the name may hold spaces and parentheses, so cut at the last one.
        let Some((head, tail)) = stat.rsplit_once(')') else { continue };
        let Some((_, name)) = head.split_once('(') else { continue };
        if !name.starts_with(prefix) {
            continue;
        }
        // Fields 14 and 15 of proc(5), counted from the state as field 3.
        let mut fields = tail.split_ascii_whitespace().skip(11);
        let mut next = || fields.next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        ticks += next() + next();
        seen = true;
    }
    seen.then(|| Duration::from_millis(ticks * MS_PER_TICK))
}

/// Name of the threads of a generator; `/proc` keeps 15 bytes of it.
pub(crate) const GENERATOR: &str = "bo-generator";

/// Linux accounts threads in hundredths of a second (`USER_HZ` is 100 on every common platform).
const MS_PER_TICK: u64 = 10;

/// What `machine.json` says about a generator.
pub(crate) fn generator_health(contender: &str, summary: &Summary) -> GeneratorHealth {
    GeneratorHealth {
        contender: contender.to_owned(),
        sent: summary.sent,
        lag_p50_ms: summary.lag.p50_ns as f64 / 1e6,
        lag_p99_ms: summary.lag.p99_ns as f64 / 1e6,
        in_flight_max: summary.in_flight_max,
        ..GeneratorHealth::default()
    }
}

/// The same on the wall clock, with what the machine did meanwhile.
pub(crate) fn measured_health(
    contender: &str,
    summary: &Summary,
    clock: Clock,
    workings: Workings,
) -> GeneratorHealth {
    let cpu = workings.generator;
    let passed = clock.now().seconds().max(1e-3);
    GeneratorHealth {
        cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
        cpu_share: cpu.map(|cpu| cpu.as_secs_f64() / passed),
        machine_share: workings.machine,
        ..generator_health(contender, summary)
    }
}

/// Now as `20260101T000017Z`, for the name of a directory.
pub fn utc_stamp() -> String {
    stamp(world::Clock::wall().unix_seconds())
}

/// Today as `2026-01-01`, in UTC.
pub fn utc_today() -> String {
    let date = utc_date(world::Clock::wall().unix_seconds());
    date.split(' ').next().unwrap_or_default().to_owned()
}

/// This machine in words: `linux-x86_64, 2 cores`.
pub fn machine_in_words() -> String {
    let MachineInfo { platform, cores, .. } = Stopwatch::start().stop();
    let cores = if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
    format!("{platform}, {cores}")
}

/// A Unix time as `2026-01-01 00:00 UTC`, for people.
pub fn utc_date(unix: u64) -> String {
    let stamp = stamp(unix);
    let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
    format!("{}-{}-{} {}:{} UTC", part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13))
}

/// The UTC date of a Unix time; 1970 where there is none so late.
fn stamp(unix: u64) -> String {
    let at = i64::try_from(unix).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::{Cores, GENERATOR, Meter, stamp};

    #[test]
    fn cores_are_busy_when_they_are_not_idle() {
        let read = |stat: &str| Cores::read(stat);
        let before = read("cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 …\n").expect("a line");
        let after = read("cpu  40 0 20 120 20 0 0 0 9 0\n").expect("a line");
        assert_eq!(after.busy_since(&before), Some(0.4));
        assert_eq!(before.busy_since(&before), None);
        assert_eq!(read("intr 1 2 3"), None);
        assert_eq!(read("cpu  10 0 10"), None);
    }

    /// Threads that have not run yet have no name, and were taken for a system that does not account.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_generator_that_has_just_been_made_is_accounted_for() {
        for _ in 0..20 {
            let generator = crate::loopback::runtime(GENERATOR).expect("a runtime");
            let meter = Meter::start();
            generator.block_on(async { tokio::spawn(async {}).await }).expect("ran");
            let workings = meter.read();
            assert!(workings.generator.is_some() && workings.machine.is_none_or(|s| s <= 1.0));
        }
    }

    #[test]
    fn dates_are_civil() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(951_782_400), "20000229T000000Z");
        assert_eq!(stamp(1_767_225_617), "20260101T000017Z");
    }
}
