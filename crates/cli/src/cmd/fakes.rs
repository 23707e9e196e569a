//! `brownout fakes`: the providers of a scenario, standing alone until Ctrl-C.

mod environment;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use plan::{ClockKind, ContenderPlan, Text};
use record::AttemptRow;
use runner::{Journal, Place, Spread, StandingFakes, Tls};
use vocab::{Protocol, Seed};

use crate::args::Fakes;
use crate::cmd::gateway::stand_failure;
use crate::cmd::scenario::{self, Reading};
use crate::exit::{Ended, Failure, Outcome};
use crate::{files, screen, signals};

/// Serves until told to stop.
pub(crate) fn fakes(args: &Fakes) -> Outcome {
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let place = place(args)?;
    let token = place.token.clone();
    let (standing, config) = match (&args.persona, &args.scenario) {
        (Some(persona), _) => (persona_alone(args, persona, place)?, None),
        (None, Some(scenario)) => of_scenario(args, scenario, place)?,
        (None, None) => return Err(Failure::User("error: name a scenario or a --persona".into())),
    };
    present(args, &standing, token.as_deref())?;
    if let (Some(path), Some(config)) = (&args.write_config, &config) {
        let url = public_url(args, &standing);
        write_config(path, config, (standing.config(), &url))?;
    }
    screen::remark(&format!("admin API on {}", standing.admin_url()));
    screen::remark(&format!("fakes listen on {}", standing.url()));
    let journal: Journal = if args.journal { Arc::new(print_attempt) } else { Arc::new(|_| {}) };
    standing.serve(!args.start_now, journal, &stop).map_err(|error| stand_failure(&error))?;
    Ok(Ended::Done)
}

/// Says who stands here, and how to reach them.
fn present(args: &Fakes, standing: &StandingFakes, token: Option<&str>) -> Result<(), Failure> {
    // A token is known to whoever wrote its file, and to nobody who reads this screen.
    let shown = |key: &str| match token.and_then(|token| key.strip_prefix(token)) {
        Some(rest) => format!("<token>{rest}"),
        None => key.to_owned(),
    };
    for fake in &standing.config().deployments {
        let key = shown(&fake.key);
        screen::remark(&format!("  {}  {}  {}  key {key}", fake.id, fake.protocol, fake.model));
    }
    for Spread { id, name, others } in standing.spread() {
        let others: Vec<&str> = others.iter().map(|id| id.as_str()).collect();
        screen::remark(&format!(
            "warning: {id}: {name} acts on connections, and all fakes stand at one port: also {} {} it",
            others.join(", "),
            if others.len() == 1 { "has" } else { "have" }
        ));
    }
    for line in environment::variables(standing.config(), &public_url(args, standing), shown) {
        screen::remark(&format!("  {line}"));
    }
    let authority = args.guarded.tls_dir.join("ca.pem");
    let written = standing.write_authority(&authority).map_err(|error| {
        Failure::User(format!(
            "error: cannot write {}: {error}; choose another place with --tls-dir",
            authority.display()
        ))
    })?;
    if written {
        let file = authority.display();
        screen::remark(&format!(
            "  clients trust {file}: SSL_CERT_FILE (Python httpx), \
            REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, AWS_CA_BUNDLE, curl --cacert"
        ));
    }
    Ok(())
}

/// The URL that clients are told.
fn public_url(args: &Fakes, standing: &StandingFakes) -> String {
    let url = args.public_url.clone().unwrap_or_else(|| standing.url());
    url.trim_end_matches('/').to_owned()
}

/// Where to stand; beyond loopback only as guarded as somebody must have meant it.
fn place(args: &Fakes) -> Result<Place, Failure> {
    let guarded = &args.guarded;
    let token = guarded.token_file.as_deref().map(token).transpose()?;
    let tls = match (&guarded.tls_cert, &guarded.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls::Given(files::read_pem(certificate, key)?)),
        (Some(_), None) | (None, Some(_)) | (None, None) => guarded.tls.then_some(Tls::SelfSigned),
    };
    let beyond = [("--listen", args.listen), ("--admin-listen", args.admin.admin_listen)];
    for (flag, address) in beyond.into_iter().filter(|(_, address)| !address.is_loopback()) {
        let missing = match (&token, &tls) {
            _ if guarded.trust_network => continue,
            (Some(_), Some(_)) => continue,
            (None, Some(_)) => "--token-file FILE",
            (Some(_), None) => "--tls",
            (None, None) => "--token-file FILE and --tls",
        };
        return Err(Failure::User(format!(
            "error: {flag} {address} can be reached from other machines\n  help: add {missing}, or \
             --trust-network if everybody on that network may call"
        )));
    }
    Ok(Place {
        address: SocketAddr::new(args.listen, args.port),
        admin: SocketAddr::new(args.admin.admin_listen, args.admin.admin_port),
        tls,
        names: guarded.tls_names.clone(),
        token,
    })
}

/// The first line of a token's file.
fn token(path: &Path) -> Result<Arc<str>, Failure> {
    let text = files::read_text(path)?;
    let token = text.lines().next().unwrap_or_default().trim();
    let fits = TOKEN_LENGTH.contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(Arc::from(token));
    }
    Err(Failure::User(format!(
        "error: {} holds no token\n  help: its first line must be {} to {} visible ASCII characters, \
         such as `openssl rand -hex 24` prints",
        path.display(),
        TOKEN_LENGTH.start(),
        TOKEN_LENGTH.end()
    )))
}

/// Characters of a token: too many to guess, few enough for a header.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 16..=200;

fn of_scenario(
    args: &Fakes,
    name: &str,
    place: Place,
) -> Result<(StandingFakes, Option<Written>), Failure> {
    let scenario = scenario::find(name)?;
    let contenders: Vec<String> = args.contender.iter().cloned().collect();
    let reading = Reading::plain(ClockKind::Wall, &contenders, None);
    let (plan, config) = scenario::plan_with_config(&scenario, &args.plan, reading)?;
    scenario::print_notes(&plan, scenario::Detail::Full);
    let contender = args.contender.as_ref().and_then(|_| plan.contenders.into_iter().next());
    let standing = runner::stand_fakes(plan.fakes, place).map_err(|error| stand_failure(&error))?;
    Ok((standing, config.map(|config| Written { config, contender })))
}

/// What `--write-config` writes: the config, and who lays something over it.
struct Written {
    config: Text,
    contender: Option<ContenderPlan>,
}

fn write_config(
    path: &Path,
    Written { config, contender }: &Written,
    (fakes, url): (&plan::FakesConfig, &str),
) -> Result<(), Failure> {
    let plan::Served { config, left_out, master_key } =
        plan::served_config(config, contender.as_ref(), (fakes, url), &environment::has)
            .map_err(|report| scenario::mistakes(&report))?;
    let text = serde_json::to_string_pretty(&config)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    files::write_private(path, format!("{text}\n").as_bytes())?;
    screen::remark(&format!("  {} points here", path.display()));
    if let Some(key) = master_key {
        screen::remark(&format!("  clients of a gateway on it show the key {key}"));
    }
    if !left_out.is_empty() {
        let left_out = screen::line(&left_out.join(", ")).to_owned();
        screen::remark(&format!("  left out of it, as secret or reaching out: {left_out}"));
    }
    Ok(())
}

fn persona_alone(args: &Fakes, name: &str, place: Place) -> Result<StandingFakes, Failure> {
    let (protocol, model) = match name {
        "openai" => (Protocol::OpenAi, "gpt-4o"),
        "azure" => (Protocol::Azure, "gpt-4o"),
        "anthropic" => (Protocol::Anthropic, "claude-3-5-sonnet-20241022"),
        "gemini" => (Protocol::Gemini, "gemini-2.5-flash"),
        "bedrock" => (Protocol::Bedrock, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        "ollama" => (Protocol::Ollama, "llama3.1:8b"),
        _ => {
            return Err(Failure::User(format!(
                "error: no persona `{name}`\n  help: there are openai, azure, anthropic, gemini, \
                 bedrock and ollama"
            )));
        }
    };
    let seed = Seed(args.plan.seed.unwrap_or(42));
    let config = plan::persona(protocol, model, ("fakes", 80), seed)
        .map_err(|report| scenario::mistakes(&report))?;
    runner::stand_fakes(config, place).map_err(|error| stand_failure(&error))
}

fn print_attempt(row: &AttemptRow) {
    // A row is plain data: what fails here is the reader's pipe.
    if let Ok(line) = serde_json::to_string(row) {
        screen::print_json(&line);
    }
}
