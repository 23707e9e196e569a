//! `gate --baseline`: reads what is written down of a config, holds what it does now against it, and writes it down anew.

use std::path::Path;

use plan::Text;
use reports::report::{
    BASELINE_SCHEMA, Baseline, ENGINE, GATE_SCHEMA, Gate as Found, GateConfig, GateRow, GateVerdict,
};

use crate::args::Gate;
use crate::cmd::scenario::Scenario;
use crate::exit::{Ended, Failure, Outcome};
use crate::{files, screen, signals};

/// Compares with baselines, or makes them.
pub(super) fn gate(args: &Gate, scenarios: &[Scenario], path: &Path) -> Outcome {
    let (config, text) = super::config(args)?;
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let hashes: Vec<String> = scenarios.iter().map(|one| plan::config_hash(&one.text)).collect();
    let name =
        config.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let now = super::playing(args, scenarios, (&text, &text), &stop, |playing| {
        judge::baselines(&playing, (&name, &hashes))
    })?;
    let Some(now) = now else { return Ok(Ended::Interrupted) };
    let whole = path.is_dir() || now.len() > 1 || path.extension().is_none();
    let place = |one: &Baseline| match whole {
        true => path.join(format!("{}.json", one.scenario)),
        false => path.to_owned(),
    };
    if args.update {
        for one in &now {
            write(&place(one), one)?;
        }
        return Ok(Ended::Done);
    }
    let mut rows = Vec::with_capacity(now.len());
    for (one, scenario) in now.iter().zip(scenarios) {
        let before = read(&place(one))?;
        comparable(&before, one, &place(one))?;
        let command = |seed: u64| {
            format!(
                "brownout run {} --config {} --seed {seed}",
                super::quoted(&scenario.called()),
                super::quoted(&config.display().to_string())
            )
        };
        rows.push(judge::against_baseline(&before, one, &command));
    }
    super::tell(args, &found(args, (path, &config, &text), rows))
}

fn found(args: &Gate, (path, config, text): (&Path, &Path, &Text), rows: Vec<GateRow>) -> Found {
    let different = rows.iter().filter(|row| row.verdict == GateVerdict::Different).count();
    let verdict = rows.iter().map(|row| row.verdict).min().unwrap_or(GateVerdict::NoData);
    let line = match different {
        0 if verdict == GateVerdict::Same => "every request as it is written down".to_owned(),
        0 => "what is written down does not tell".to_owned(),
        number => format!(
            "{number} of {} scenarios are not as written down; --update writes them down anew",
            rows.len()
        ),
    };
    Found {
        schema: GATE_SCHEMA.to_owned(),
        build: env!("CARGO_PKG_VERSION").to_owned(),
        verdict,
        pass: rows.iter().all(|row| row.pass),
        line,
        base: GateConfig { name: path.display().to_string(), hash: format!("engine {ENGINE}") },
        proposed: GateConfig { name: config.display().to_string(), hash: plan::config_hash(text) },
        from_baseline: true,
        seeds: args.seeds,
        changes: Vec::new(),
        unseen: Vec::new(),
        notes: Vec::new(),
        scenarios: rows,
    }
}

fn read(path: &Path) -> Result<Baseline, Failure> {
    let wrong = |why: String| {
        Failure::User(format!(
            "error: cannot use the baseline {}: {why}\n  help: `--update` writes it",
            path.display()
        ))
    };
    if !path.exists() {
        return Err(wrong("there is no such file".to_owned()));
    }
    let text = files::read_named_text(path)?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// Whether both tell of the same: else there is nothing to compare.
fn comparable(before: &Baseline, now: &Baseline, path: &Path) -> Result<(), Failure> {
    let remedy = "look at the change, and write the baseline down anew with `--update`";
    let unlike = |what: String| {
        Err(Failure::Unmeasured(format!("error: {}: {what}\n  help: {remedy}", path.display())))
    };
    if before.schema != BASELINE_SCHEMA || before.engine != now.engine {
        return unlike(format!(
            "it was written by engine {} of {}, and this is engine {} of {BASELINE_SCHEMA}: its numbers moved on purpose",
            before.engine, before.schema, now.engine
        ));
    }
    if before.scenario != now.scenario || before.hash != now.hash {
        return unlike(format!("the scenario `{}` is not the one that it tells of", now.scenario));
    }
    Ok(())
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(baseline)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    text.push('\n');
    files::write(path, text.as_bytes())?;
    screen::remark(&format!("wrote {}", path.display()));
    Ok(())
}
