//! `brownout parity`: finds the product, keeps the record, and prints what comes of the cases.

mod product;
mod record;
mod told;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use judge::parity::{
    Against, Cases, Emulation, ParityError, Playing, Product, Published, Recorded, Results, Source,
    page, parity as play,
};

use runner::ProbeError;

use crate::args::{PINNED_LITELLM, Parity};
use crate::cmd::parity::product::{Found, Running};
use crate::cmd::parity::record::Record;
use crate::exit::{Ended, Failure, Outcome};
use crate::progress::Counted;
use crate::{files, screen, signals};

/// Plays what is missing, judges, and says it.
pub(crate) fn parity(args: &Parity) -> Outcome {
    let cases = chosen(args)?;
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let found = if args.recorded { None } else { Some(Found::search(args)?) };
    let version = found.as_ref().map_or(args.litellm.clone(), |found| found.version().to_owned());
    let emulation = emulation(&version);
    let record = Record::named(&version, &args.record)?;
    if args.fresh {
        record.rewrite(&Recorded::without(&record.text()?, &cases.keys(&emulation)))?;
    }
    let mut recorded = match published(&version)?.filter(|_| args.record == PUBLISHED) {
        Some(published) => published.recorded(),
        None => Recorded::read(&record.text()?),
    };
    announce(&cases, &emulation, found.as_ref(), &record);
    let results = {
        let mut running =
            found.map(|found| Running::new(found, record.process_dir(), Arc::clone(&stop)));
        let mut appending = record.append()?;
        let progress = Counted::show();
        let mut playing = Playing {
            emulation: &emulation,
            plays: usize::from(args.plays),
            at_a_time: args.at_a_time,
            stop: &stop,
            stuck: &stuck(),
            record: &mut |line| appending.line(line),
            progress: &mut |what, done, of| progress.set(what, done, of),
        };
        let product = running.as_mut().map(|running| running as &mut dyn Product);
        let played = play(&cases, &mut recorded, product, &mut playing);
        appending.check()?;
        match played {
            Ok(results) => results,
            // What was under way when it ended is an error of nobody.
            Err(_) if stop.load(Ordering::Relaxed) => return Ok(interrupted(&record)),
            Err(error) => return Err(failed(&error)),
        }
    };
    let cut = stop.load(Ordering::Relaxed);
    say(args, &results, &emulation);
    if cut {
        return Ok(interrupted(&record));
    }
    if let Some(dir) = &args.publish {
        publish(dir, results, &emulation, args)?;
        return Ok(Ended::Done);
    }
    ended(&cases, &results, &version)
}

/// Name of the record that the published table holds.
const PUBLISHED: &str = "published";

/// The published table about a version.
fn published(version: &str) -> Result<Option<Published>, Failure> {
    let text = plan::embedded::parity_results(version);
    let read = text.map(Published::read).transpose();
    read.map_err(|error| Failure::Internal(format!("the published results: {error}")))
}

fn interrupted(record: &Record) -> Ended {
    let path = record.shown();
    screen::remark(&format!(
        "interrupted; what was played is in {path}, the same command goes on from there"
    ));
    Ended::Interrupted
}

/// A product that does not start is the user's to mend, everything else is not.
fn failed(error: &ParityError) -> Failure {
    match error {
        ParityError::Probe(ProbeError::Gateway(why)) => Failure::User(format!("error: {why}")),
        ParityError::Probe(ProbeError::Run(_))
        | ParityError::Cases(_)
        | ParityError::Config(_)
        | ParityError::Published(_) => Failure::Internal(error.to_string()),
    }
}

/// The cases that were asked for.
fn chosen(args: &Parity) -> Result<Cases, Failure> {
    let cases = Cases::shipped().map_err(|error| Failure::Internal(error.to_string()))?;
    let cases = if args.quick { cases.sample() } else { cases };
    let cases = if args.no_load { cases.without_load() } else { cases };
    let Some(pattern) = &args.only else { return Ok(cases) };
    let chosen = cases.only(pattern);
    if chosen.cases() + chosen.cells() == 0 {
        return Err(Failure::User(format!(
            "error: no case has `{pattern}` in its name\n  help: names are SET/PROVIDER/FAULT/MODE, such as \
             probe/openai/error-500/plain, or load/FAULT/STRATEGY/DEPLOYMENTS; * stands for anything"
        )));
    }
    Ok(chosen)
}

/// Whose emulation, and by what.
fn emulation(version: &str) -> Emulation {
    let product = format!("LiteLLM {version}");
    Emulation { product, personality: plan::listing::personality_of_litellm(version).to_owned() }
}

fn announce(cases: &Cases, emulation: &Emulation, found: Option<&Found>, record: &Record) {
    let cells = match cases.cells() {
        0 => String::new(),
        cells => format!(" and {cells} cells under load"),
    };
    let how = match found {
        Some(found) => format!("played by {}", found.shown()),
        None => "as they are recorded".to_owned(),
    };
    screen::remark(&format!(
        "{} beside personality {}: {} cases{cells}, {how}; record {}",
        emulation.product,
        emulation.personality,
        cases.cases(),
        record.shown()
    ));
}

/// Ends the process when a virtual world stands still.
fn stuck() -> Arc<dyn Fn(&str) + Send + Sync> {
    Arc::new(crate::cmd::run::stuck)
}

fn say(args: &Parity, results: &Results, emulation: &Emulation) {
    if args.json {
        let source = source(emulation, args);
        screen::print_json(&Published::new(source, results.clone()).text());
    } else {
        screen::print(&told::told(results));
    }
}

/// How the results stand to the published ones.
fn ended(cases: &Cases, results: &Results, version: &str) -> Outcome {
    let Some(published) = published(version)? else {
        screen::remark(&format!("nothing is published of LiteLLM {version}"));
        return Ok(Ended::Undecided);
    };
    let (against, then) = published.against(results, cases);
    screen::remark(&format!("published: {then}"));
    Ok(match against {
        Against::Kept => Ended::Done,
        Against::Open => Ended::Undecided,
        Against::Missed => Ended::Missed,
    })
}

/// Where the results come from.
fn source(emulation: &Emulation, args: &Parity) -> Source {
    Source {
        product: emulation.product.clone(),
        personality: emulation.personality.clone(),
        record: args.record.clone(),
        date: runner::utc_today(),
        machine: runner::machine_in_words(),
        brownout: env!("CARGO_PKG_VERSION").to_owned(),
        command: match args.litellm == PINNED_LITELLM {
            true => format!("brownout parity --record {}", args.record),
            false => format!("brownout parity --litellm {} --record {}", args.litellm, args.record),
        },
    }
}

/// Writes what is committed: the results, the page, and the scores that reports print from.
fn publish(
    dir: &Path,
    results: Results,
    emulation: &Emulation,
    args: &Parity,
) -> Result<(), Failure> {
    let published = Published::new(source(emulation, args), results);
    let name = published.file_name();
    let results = dir.join("scenarios/parity/results").join(format!("{name}.json"));
    let about = match args.litellm == PINNED_LITELLM {
        true => "parity.md".to_owned(),
        false => format!("parity-{name}.md"),
    };
    let about = dir.join("docs").join(about);
    let scores_path = dir.join("scenarios/parity/scores.json");
    let before = files::read_text(&scores_path)?;
    let scores = published
        .scores(&before)
        .map_err(|error| Failure::User(format!("error: {}: {error}", scores_path.display())))?;
    files::write(&results, published.text().as_bytes())?;
    files::write(&about, page(&published).as_bytes())?;
    files::write(&scores_path, scores.as_bytes())?;
    let written = [&results, &about, &scores_path].map(|path| path.display().to_string());
    screen::remark(&format!("written: {}", written.join(", ")));
    Ok(())
}
