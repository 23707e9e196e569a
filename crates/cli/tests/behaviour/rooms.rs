//! Inside a crate imports run one way, too: every room reads only rooms of the floors below its own.
//!
//! A room is a folder of `src` with the file of its name, or a file; what it imports is read from the
//! paths in its text that begin with `crate::` or `super::`. `docs/ARCHITECTURE.md` prints the floors.

use std::collections::BTreeSet;

use crate::architecture::sources;

/// The rooms of a crate, floor by floor, the lowest first.
struct House {
    name: &'static str,
    src: &'static str,
    floors: &'static [&'static [&'static str]],
}

const HOUSES: &[House] = &[
    House {
        name: "plan",
        src: "crates/plan/src",
        floors: &[&["text"], &["resolve"], &["out"], &["load"]],
    },
    House {
        name: "gateway",
        src: "gateway/src",
        floors: &[
            &["concurrency", "config", "endpoint", "http1", "keyed_rng", "pools"],
            &["upstream"],
            &["credentials", "policy", "shutdown"],
            &["door"],
            &["admission", "observer"],
            &["routing"],
            &["config/litellm", "metrics"],
            &["instance"],
            &["failover"],
            &["front"],
            &["balancer", "gateway"],
        ],
    },
    House {
        name: "fake-providers",
        src: "fake-providers/src",
        floors: &[
            &["action", "body_limits", "config", "index", "journal", "lateness", "script"],
            &["attempt_record", "capacity", "fault", "limits"],
            &["error", "permit", "persona"],
            &["schedule"],
            &["connection", "latency", "ledger", "standing"],
            &["state", "token_schedule"],
            &["answer"],
            &["in_flight"],
            &["dispatch"],
            &["listener"],
            &["admin"],
        ],
    },
    House {
        name: "loadgen",
        src: "loadgen/src",
        floors: &[
            &["arrival", "integrity", "lag", "live", "verdict"],
            &["config"],
            &["reply", "stream", "workload"],
            &["schedule"],
            &["body", "observation"],
            &["client"],
            &["drive"],
        ],
    },
    House {
        name: "runner",
        src: "crates/runner/src",
        floors: &[
            &[
                "descriptors",
                "directory",
                "lifecycle",
                "loopback",
                "machine",
                "places",
                "recorder",
                "target_error",
                "way",
            ],
            &["decision_log"],
            &["stand", "stand_clock", "subject", "options", "parallel", "calibrate", "process"],
            &["stand_fakes", "watch"],
            &["stand_run"],
            &["error"],
            &["load", "product_contender", "world_parts"],
            &["link_faults"],
            &["servers"],
            &["memory_world"],
            &["virtual_world", "wall_world"],
            &["oracle", "preflight", "probe"],
            &["run", "variant"],
        ],
    },
    House {
        name: "reports",
        src: "reports/src",
        floors: &[
            &["report"],
            &["reading", "words"],
            &["explain", "seeds", "summary", "tables", "verdict", "why"],
            &["numbers", "terminal"],
            &["examples", "plot", "validity"],
            &["analysis", "files"],
        ],
    },
    House {
        name: "judge",
        src: "crates/judge/src",
        floors: &[&["parity", "pool", "split", "variations"], &["gate", "robust"], &["baseline"]],
    },
];

/// Types that a lower room names and a higher one owns: a config says which of a closed set it wants.
const TYPES: &[(&str, &str, &str)] = &[
    ("gateway", "config", "policy::Personality"),
    ("gateway", "config", "routing::strategy::Entry"),
    ("gateway", "config", "upstream::failure::ErrorClass"),
];

/// Most nested braces and segments of one import; ours have four.
const DEPTH_MAX: usize = 32;

impl House {
    fn rooms(&self) -> impl Iterator<Item = &'static str> {
        self.floors.iter().copied().flatten().copied()
    }

    fn floor(&self, room: &str) -> Option<usize> {
        self.floors.iter().position(|floor| floor.contains(&room))
    }

    /// The innermost room that a module path leads into.
    fn room(&self, path: &[String]) -> Option<&'static str> {
        let lies_in = |room: &&str| {
            let segments: Vec<&str> = room.split('/').collect();
            path.len() >= segments.len() && segments.iter().zip(path).all(|(a, b)| a == b)
        };
        self.rooms().filter(lies_in).max_by_key(|room| room.len())
    }

    /// What is wrong with the imports of one file; `module` is its path below `src`.
    fn wrong_arrows(&self, module: &str, text: &str) -> Vec<String> {
        let place: Vec<String> = module.split('/').map(str::to_owned).collect();
        let Some(from) = self.room(&place) else {
            return vec![format!("{}: `{module}` stands on no floor", self.name)];
        };
        let mut wrong = Vec::new();
        for path in imports(&place, text) {
            let Some(to) = self.room(&path) else { continue };
            let path = path.join("::");
            let below = self.floor(to) < self.floor(from);
            if to != from && !below && !TYPES.contains(&(self.name, from, &path)) {
                wrong.push(format!("{}: `{module}` must not import `{path}`", self.name));
            }
        }
        wrong
    }
}

/// The paths from the crate's root that a module imports. Names of the root itself have one segment.
fn imports(place: &[String], text: &str) -> BTreeSet<Vec<String>> {
    let text = code(text);
    let mut found = BTreeSet::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            for path in branches(&mut Words::of(&text[at..]), 0) {
                let mut from = match start {
                    "crate::" => Vec::new(),
                    _ => place.to_vec(),
                };
                for segment in path.iter().filter(|segment| *segment != "crate") {
                    match segment.as_str() {
                        "super" => drop(from.pop()),
                        other => from.push(other.to_owned()),
                    }
                }
                found.insert(from);
            }
        }
    }
    found
}

/// The text without comments, strings and its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut last = ' ';
        for c in line.chars() {
            match c {
                '"' if last != '\\' => quoted = !quoted,
                '/' if !quoted && last == '/' => {
                    code.pop();
                    break;
                }
                _ if !quoted => code.push(c),
                _ => {}
            }
            last = c;
        }
        code.push('\n');
    }
    code
}

/// Names, `::`, `{`, `}`, `,` and anything else, one by one.
struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text }
    }

    fn peek(&self) -> &'t str {
        let rest = self.rest.trim_start();
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let end = match name {
            0 if rest.starts_with("::") => 2,
            0 => rest.chars().next().map_or(0, char::len_utf8),
            name => name,
        };
        &rest[..end]
    }

    fn take(&mut self) -> &'t str {
        let word = self.peek();
        self.rest = &self.rest.trim_start()[word.len()..];
        word
    }
}

/// The paths of a tree of imports: `a::{b, c::d}` has two.
fn branches(words: &mut Words<'_>, depth: usize) -> Vec<Vec<String>> {
    if depth > DEPTH_MAX {
        return Vec::new();
    }
    if words.peek() == "{" {
        words.take();
        let mut all = Vec::new();
        while !matches!(words.peek(), "}" | "") {
            match words.peek() {
                "," => drop(words.take()),
                "as" => {
                    words.take();
                    words.take();
                }
                _ => all.extend(branches(words, depth + 1)),
            }
        }
        words.take();
        return all;
    }
    let segment = words.take().to_owned();
    if words.peek() != "::" {
        return vec![vec![segment]];
    }
    words.take();
    let rest = branches(words, depth + 1);
    rest.into_iter().map(|path| [vec![segment.clone()], path].concat()).collect()
}

#[test]
fn every_room_reads_only_the_floors_below() {
    let sources = sources();
    for house in HOUSES {
        let mut seen = BTreeSet::new();
        for (name, text) in &sources {
            let Some(module) = name.strip_prefix(house.src) else { continue };
            let module = module.trim_start_matches('/').trim_end_matches(".rs");
            // The root is everybody's front door.
            if module == "lib" {
                continue;
            }
            assert_eq!(house.wrong_arrows(module, text), Vec::<String>::new(), "{name}");
            let place: Vec<String> = module.split('/').map(str::to_owned).collect();
            seen.extend(house.room(&place));
        }
        let rooms: BTreeSet<&str> = house.rooms().collect();
        assert_eq!(seen, rooms, "{} has no such room", house.name);
    }
}

#[test]
fn the_map_prints_the_same_floors() {
    let page = include_str!("../../../../docs/ARCHITECTURE.md");
    for house in HOUSES {
        let floors: Vec<String> = house.floors.iter().map(|floor| floor.join(", ")).collect();
        let row = format!("{}: {}", house.name, floors.join(" < "));
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(page).contains(&words(&row)), "`{row}` is not in docs/ARCHITECTURE.md");
    }
}

#[test]
fn a_wrong_arrow_is_found_however_it_is_written() {
    let plan = HOUSES.iter().find(|house| house.name == "plan").expect("plan");
    for text in [
        "use crate::out::plan::Plan;",
        "use crate::{text::node::Node, out::hash};",
        "use crate::text::{self, node};\nuse crate::{\n    resolve::fleet as f,\n    out::{self, hash},\n};",
        "use super::super::super::out::hash;",
        "use super::{node, super::super::out};",
        "fn f() -> crate::out::plan::Plan {}",
        "let text = \"//\"; crate::out::hash::sha256(text)",
    ] {
        let wrong = plan.wrong_arrows("text/raw/fault", text);
        assert!(!wrong.is_empty(), "{text}");
    }
    for text in [
        "use crate::text::node::Node;",
        "use super::entry;\nuse super::super::read::read;",
        "// crate::out::plan is not ours",
        "let text = \"crate::out::plan\";",
        "use other_crate::out::plan;",
        "#[cfg(test)]\nmod tests { use crate::out::plan; }",
        "use crate::BYTES_MAX;",
    ] {
        assert_eq!(plan.wrong_arrows("text/raw/fault", text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(plan.wrong_arrows("out/hash", "use crate::resolve::fleet;").len(), 0);
    assert_eq!(plan.wrong_arrows("elsewhere", "").len(), 1, "a file on no floor");
}

#[test]
fn a_type_may_be_named_from_below_and_nothing_else_of_its_room() {
    let gateway = HOUSES.iter().find(|house| house.name == "gateway").expect("gateway");
    assert_eq!(gateway.wrong_arrows("config", "use crate::policy::Personality;").len(), 0);
    assert_eq!(gateway.wrong_arrows("config", "use crate::policy::{Personality, ALL};").len(), 1);
    // A room inside a folder may stand higher than the folder.
    assert_eq!(gateway.wrong_arrows("config/litellm/settings", "use crate::policy::ALL;").len(), 0);
}
