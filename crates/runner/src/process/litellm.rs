//! The LiteLLM proxy, from PyPI, in a Python environment.
//!
//! It is started as its console script is, by the environment's Python. No database, no cache, no
//! callbacks, no telemetry, prices from the package itself; `LITELLM_MODE=PRODUCTION` keeps it from
//! reading a `.env` file above its environment. Checked against 1.106.2. It must never know what is
//! measured.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command as System, Stdio};

use serde_json::{Map, Value, json};
use vocab::Protocol;

use super::warm_up::WarmUp;
use super::{Command, Product, Setting};

/// The row of the table.
pub(super) const PRODUCT: Product = Product {
    title: "LiteLLM",
    pinned: "1.106.2",
    program: "bin/python",
    version,
    config,
    command,
    // One worker, one event loop.
    cores: 1,
    ready: "/health/liveliness",
    warm_up,
};

/// What the environment says is installed, with what the proxy needs besides; to import the package itself takes
/// seconds.
const ASK_VERSION: &str = "import importlib.metadata as m, importlib.util as u\n\
     assert u.find_spec('uvicorn') and u.find_spec('fastapi'), 'litellm without [proxy]'\n\
     print(m.version('litellm'))";

/// Longest version that is believed, in characters.
const VERSION_LENGTH_MAX: usize = 40;

fn version(python: &Path) -> Result<String, String> {
    let asked = System::new(python)
        .args(["-I", "-B", "-c", ASK_VERSION])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    let plausible = !said.is_empty()
        && said.len() <= VERSION_LENGTH_MAX
        && said.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
    if asked.status.success() && plausible {
        return Ok(said);
    }
    let error = String::from_utf8_lossy(&asked.stderr);
    let last = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    Err(vocab::visible_line(last.trim()).chars().take(200).collect())
}

/// The settings, with a key of their own and the deployments of the warm-up. JSON is YAML.
fn config(setting: &Setting<'_>) -> String {
    let mut config = setting.settings.as_object().cloned().unwrap_or_default();
    let list = config.entry("model_list").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.extend(setting.warm_up.iter().map(entry));
    }
    let general = config.entry("general_settings").or_insert_with(|| json!({}));
    if let Some(general) = general.as_object_mut() {
        general.insert("master_key".to_owned(), json!(setting.key));
    }
    let text = serde_json::to_string_pretty(&Value::Object(config));
    // A value always has a text.
    format!("{}\n", text.unwrap_or_default())
}

fn entry(one: &WarmUp<'_>) -> Value {
    let mut params = Map::new();
    let model = match one.protocol {
        Protocol::OpenAi => format!("openai/{}", one.model),
        Protocol::Azure
        | Protocol::Anthropic
        | Protocol::Gemini
        | Protocol::Bedrock
        | Protocol::Ollama => {
            format!("{}/{}", one.protocol, one.model)
        }
    };
    params.insert("model".to_owned(), json!(&model));
    if one.protocol == Protocol::Azure {
        params.insert("api_version".to_owned(), json!("2024-08-01-preview"));
    }
    let mut entry = json!({
        "model_name": one.group,
        "litellm_params": params,
    });
    plan::point_entry(&mut entry, one.fake, &one.base_url);
    // Three groups share a fake: each has an id of its own, and one a name that asks the fake for an error.
    if let Some(entry) = entry.as_object_mut() {
        entry["litellm_params"]["model"] = json!(model);
        entry.insert("model_info".to_owned(), json!({ "id": one.group }));
    }
    entry
}

fn command(_: &Path, setting: &Setting<'_>) -> Command {
    let (host, port) = (setting.address.ip().to_string(), setting.address.port().to_string());
    let mut arguments: Vec<OsString> =
        ["-m", "litellm.proxy.proxy_cli", "--config"].map(OsString::from).into();
    arguments.push(setting.config.into());
    arguments.extend(["--host", &host, "--port", &port, "--num_workers", "1"].map(OsString::from));
    let environment = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONNOUSERSITE", "1"),
        ("LITELLM_MODE", "PRODUCTION"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LITELLM_TELEMETRY", "False"),
        ("DISABLE_ADMIN_UI", "True"),
        ("NO_DOCS", "True"),
        ("NO_COLOR", "1"),
    ];
    let environment = environment.map(|(name, value)| (name, OsString::from(value))).into();
    Command { arguments, environment }
}

/// LiteLLM takes these two from the body, whatever the config says.
fn warm_up(one: &WarmUp<'_>) -> Value {
    json!({
        "model": one.group,
        "stream": one.stream,
        "max_tokens": 4,
        "num_retries": 0,
        "disable_fallbacks": true,
        "messages": [{ "role": "user", "content": "warm up [[answer:4]]" }],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::json;
    use vocab::Protocol;

    use super::super::Setting;
    use super::super::warm_up::WarmUpFakes;
    use super::{command, config};

    #[test]
    fn its_config_has_a_key_of_its_own_and_warm_up_groups_beside_the_runs_deployments() {
        let runtime = crate::loopback::runtime("bo-warm-up").expect("a runtime");
        let protocols = BTreeSet::from([Protocol::OpenAi, Protocol::Azure, Protocol::Anthropic]);
        let fakes = WarmUpFakes::serve(&protocols, &runtime).expect("serves");
        let mut warm_up = fakes.deployments();
        warm_up.iter_mut().for_each(|one| one.base_url = "http://127.0.0.1:1".to_owned());
        let settings = json!({
            "model_list": [{ "model_name": "gpt-4o", "litellm_params": { "model": "gpt-4o" } }],
            "general_settings": { "max_parallel_requests": 9, "master_key": "another" },
        });
        let path = Path::new("/run/config.json");
        let address = ([127, 0, 0, 1], 4567).into();
        let setting = Setting {
            settings: &settings,
            config: path,
            key: "sk-random",
            address,
            warm_up: &warm_up,
        };
        insta::assert_snapshot!(config(&setting));
        insta::assert_debug_snapshot!(command(path, &setting));
    }
}
