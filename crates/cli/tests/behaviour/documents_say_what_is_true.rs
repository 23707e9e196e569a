//! What the documents show works: the examples load, the tables name what there is, and the compose
//! file calls commands that exist.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generated;
use crate::support::Scratch;

const README: &str = include_str!("../../../../README.md");
/// The fakes' handbook.
const FAKES: &str = include_str!("../../../../docs/fakes.md");
const CHANGELOG: &str = include_str!("../../../../CHANGELOG.md");
const GUIDE: &str = include_str!("../../../../docs/guide.md");
const COMPOSE: &str = include_str!("../../../../docker-compose.yml");
const NGINX: &str = include_str!("../../../../deploy/nginx.conf");
const DOCKERFILE: &str = include_str!("../../../../Dockerfile");

/// The fenced YAML of a page, without the indentation of its fence.
fn yaml_blocks(page: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None::<(usize, String)>);
    for line in page.lines() {
        let indent = line.len() - line.trim_start().len();
        match &mut open {
            None if line.trim() == "```yaml" => open = Some((indent, String::new())),
            None => {}
            Some((_, text)) if line.trim() == "```" => {
                blocks.push(std::mem::take(text));
                open = None;
            }
            Some((fence, text)) => {
                text.push_str(line.get(*fence..).unwrap_or_default());
                text.push('\n');
            }
        }
    }
    blocks
}

/// The first cells of the table below a heading, without their quotes.
fn first_cells(page: &str, heading: &str) -> BTreeSet<String> {
    page.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("## ") && !line.starts_with("### On "))
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(cell, _)| cell.to_owned())
        .collect()
}

#[test]
fn the_examples_of_readme_and_guide_are_valid() {
    let whole = |page| yaml_blocks(page).into_iter().filter(|text| text.contains("scenario:"));
    let scratch = Scratch::new();
    scratch.write("litellm_config.yaml", crate::support::CONFIG);
    let mut examples = 0;
    for (page, text) in
        whole(README).map(|text| ("README", text)).chain(whole(GUIDE).map(|text| ("guide", text)))
    {
        examples += 1;
        scratch.write("mine.yaml", &text);
        let ran = scratch.run(&["validate", "mine.yaml"]);
        assert_eq!(ran.code, 0, "{page}:\n{text}\n{}", ran.err);
        assert!(text.starts_with("# ") && text.contains('?'), "{page}: no question");
    }
    assert!(examples >= 2, "{examples} examples were found");
}

/// Parts of a scenario that the guide shows fit into one.
#[test]
fn the_fragments_of_the_guide_fit_into_a_scenario() {
    let scratch = Scratch::new();
    let fragments = yaml_blocks(GUIDE).into_iter().filter(|text| !text.contains("scenario:"));
    let mut checked = 0;
    for text in fragments {
        checked += 1;
        let traffic = "traffic: [{ for: 30s, arrivals: { poisson: 5/s } }]";
        let around = format!("scenario: part\nconfig: configs/four-deployments.yaml\n{traffic}\n");
        scratch.write("part.yaml", &format!("{text}{around}"));
        // Products and fakes that stand by themselves live in real time.
        let ran = scratch.run(&["validate", "part.yaml", "--clock", "wall"]);
        assert_eq!(ran.code, 0, "{text}\n{}", ran.err);
    }
    assert!(checked >= 1);
}

/// Faults of one group, as `brownout list` has them.
fn listed(group: &str) -> Vec<(String, String)> {
    let ran = Scratch::new().run(&["list", "faults", "--json"]);
    let lines: Vec<Value> = serde_json::from_str(&ran.out).expect("JSON");
    let text = |line: &Value, key: &str| line[key].as_str().expect("a text").to_owned();
    let of_group = lines.iter().filter(|line| line["group"] == group);
    of_group.map(|line| (text(line, "name"), text(line, "summary"))).collect()
}

#[test]
fn the_guides_tables_of_faults_are_the_catalogue() {
    for (group, head, begin, end) in [
        (
            "links",
            "| toxic | what the connection meets |",
            "<!-- faults of links, as the code has them -->\n",
            "<!-- end of the faults of links -->",
        ),
        (
            "instances",
            "| fault | what the instance does |",
            "<!-- faults of instances, as the code has them -->\n",
            "<!-- end of the faults of instances -->",
        ),
    ] {
        let mut table = format!("{head}\n|---|---|\n");
        for (name, summary) in listed(group) {
            table += &format!("| `{name}` | {} |\n", summary.replace('|', "\\|"));
        }
        generated::hold("docs/guide.md", Some((begin, end)), &table);
    }
}

#[test]
fn the_handbooks_tables_of_faults_are_the_catalogue() {
    let names =
        |group| listed(group).into_iter().map(|(name, _)| name).collect::<BTreeSet<String>>();
    assert_eq!(first_cells(FAKES, "## Faults"), names("faults"));
    assert_eq!(first_cells(GUIDE, "### On links"), names("links"));
    assert_eq!(first_cells(GUIDE, "### On gateway instances"), names("instances"));
}

/// A number of faults in prose is wrong as soon as there is another one; output that is shown is not
/// prose.
#[test]
fn no_page_counts_the_faults() {
    for (name, page) in
        [("README", README), ("fakes", FAKES), ("guide", GUIDE), ("changelog", CHANGELOG)]
    {
        let mut is_output = false;
        for line in page.lines() {
            is_output ^= line.trim_start().starts_with("```");
            let words: Vec<&str> = line.split_whitespace().collect();
            let counts = words.windows(2).any(|pair| {
                pair[0].parse::<u32>().is_ok_and(|count| count > 2)
                    && ["fault", "failure"].iter().any(|thing| pair[1].starts_with(thing))
            });
            assert!(is_output || !counts, "{name} counts: {line}");
        }
    }
}

fn compose() -> Value {
    serde_yaml::from_str(COMPOSE).expect("docker-compose.yml is YAML")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn compose_has_the_articles_set_up() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["fakes", "gateway-1", "gateway-2", "nginx", "bench"]);
    assert_eq!(texts(&services["bench"]["profiles"]), ["bench"], "only where it is asked for");
    for (name, service) in services.iter().filter(|(name, _)| *name != "bench") {
        assert!(service.get("profiles").is_none(), "{name} stands always");
    }
    for (name, service) in services {
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(service["read_only"], true, "{name}");
        let ports = texts(&service["ports"]);
        assert!(ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{name}: {ports:?}");
        let image = service["image"].as_str().expect("an image");
        assert_eq!(image == "brownout:local", service["build"] == ".", "{name}: {image}");
    }
    let volumes = compose["volumes"].as_object().expect("volumes");
    let mounts = services.values().flat_map(|service| texts(&service["volumes"]));
    for mount in mounts {
        let from = mount.split(':').next().unwrap_or_default();
        let there = match from.strip_prefix("./") {
            Some(path) => {
                std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).exists()
            }
            None => volumes.contains_key(from),
        };
        assert!(there, "{mount}");
    }
}

/// Each command with `--help` behind it: the parser has accepted every word by then.
#[test]
fn compose_calls_commands_that_exist() {
    assert!(DOCKERFILE.contains("ENTRYPOINT [\"brownout\"]") && DOCKERFILE.contains("\nUSER "));
    let compose = compose();
    let scratch = Scratch::new();
    let mut called = Vec::new();
    for service in compose["services"].as_object().expect("services").values() {
        if service["image"] != "brownout:local" {
            continue;
        }
        let mut command = texts(&service["command"]);
        called.push(command[0].to_owned());
        command.push("--help");
        let ran = scratch.run(&command);
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.err);
        assert!(ran.out.starts_with(&format!("Example: brownout {}", command[0])), "{command:?}");
    }
    assert_eq!(called, ["fakes", "gateway", "gateway", "load"]);
    for name in ["fakes", "bench"] {
        let scenario = texts(&compose["services"][name]["command"])[1];
        let ran = scratch.run(&["validate", scenario]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
    }
}

#[test]
fn nginx_stands_in_front_of_the_gateways_of_compose() {
    let compose = compose();
    let servers: Vec<&str> = NGINX
        .lines()
        .filter_map(|line| line.trim().strip_prefix("server ")?.strip_suffix(":4000;"))
        .collect();
    assert_eq!(servers, ["gateway-1", "gateway-2"]);
    assert!(servers.iter().all(|name| compose["services"].get(name).is_some()));
    for line in
        ["least_conn;", "proxy_buffering off;", "proxy_request_buffering off;", "listen 4000;"]
    {
        assert!(NGINX.lines().any(|each| each.trim() == line), "{line}");
    }
    assert_eq!(texts(&compose["services"]["nginx"]["ports"]), ["127.0.0.1:4000:4000"]);
    let bench = texts(&compose["services"]["bench"]["command"]).join(" ");
    assert!(bench.contains("--target=http://nginx:4000 --allow-remote=nginx"), "{bench}");
}
