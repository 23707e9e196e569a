//! The configs of contenders: of their own, under an overlay, after each change of the run.

use std::sync::Arc;

use vocab::{At, ContenderName};

use super::Loader;
use crate::out::run_info::config_hash;
use crate::resolve::config::{self, Loaded};
use crate::resolve::contenders::{
    ChangedConfig, ContenderConfig, ContenderSpec, OwnConfig, of_config, personality,
};
use crate::resolve::events::Change;
use crate::resolve::finding::{Finding, Level};
use crate::resolve::fleet::Fleet;
use crate::resolve::ignored::ignored;
use crate::text::changes::{applied, changes};
use crate::text::diagnostic::{Problem, SourceId};
use crate::text::node::Node;
use crate::text::reading;
use crate::text::request::{Arm, Compared, Request, Taken, Text};

impl Loader {
    /// Reads the configs that contenders have for themselves, and takes their deployments into the fleet. Where two configs
    /// are compared, these are the contenders, whatever the scenario says.
    pub(super) fn with_own_configs(
        &mut self,
        specs: Vec<ContenderSpec>,
        request: &Request<'_>,
        (tree, fleet): (&Node, &mut Fleet),
    ) -> Option<Vec<ContenderSpec>> {
        let mut specs = match request.compared {
            Some(compared) => self.arms(compared, request, (tree, fleet))?,
            None => specs,
        };
        for spec in &mut specs {
            if let Some(path) = &spec.config {
                let found = (request.find_config)(&path.value).map_err(|reason| {
                    let help = "the path is relative to the scenario";
                    Problem::new(reason).help(help).at(path.at)
                });
                let text = self.kept(|_| found)?;
                spec.own = Some(self.own_config(&text)?);
            }
            let Some(own) = &spec.own else { continue };
            let Loaded { config, findings } = self.read_config(&own.tree, None)?;
            fleet.admit(&config);
            let mistakes = findings.iter().filter(|finding| finding.level == Level::Warning);
            let told =
                mistakes.filter(|one| !self.findings.iter().any(|known| known.about == one.about));
            let told: Vec<Finding> = told.cloned().collect();
            self.findings.extend(told);
        }
        Some(specs)
    }

    /// The contenders of a comparison of two configs.
    fn arms(
        &mut self,
        Compared { proposed, arms }: Compared<'_>,
        request: &Request<'_>,
        (tree, fleet): (&Node, &mut Fleet),
    ) -> Option<Vec<ContenderSpec>> {
        let whole = self.own_config(proposed)?;
        let edits = changes(tree, &whole.tree);
        // Everybody's fakes are the same, whichever of the changes an arm has.
        let Loaded { config, .. } = self.read_config(&whole.tree, None)?;
        fleet.admit(&config);
        let mut specs = Vec::with_capacity(arms.len());
        for Arm { name, taken } in arms {
            let Some(name) = ContenderName::new(name) else {
                self.problems.push(Problem::new(format!("`{name}` cannot name a contender")));
                return None;
            };
            let tree = match taken {
                Taken::Nothing => None,
                Taken::Everything => Some(whole.tree.clone()),
                Taken::Only(which) => {
                    let some = edits.iter().enumerate().filter(|(at, _)| which.contains(at));
                    Some(applied(tree, some.map(|(_, edit)| edit)))
                }
                Taken::Valued(which, number) => {
                    let mut edits = edits.clone();
                    edits.iter_mut().skip(*which).take(1).for_each(|edit| edit.value(*number));
                    Some(applied(tree, &edits))
                }
            };
            let own = tree.map(|tree| OwnConfig { tree, file: whole.file.clone() });
            let mut spec = of_config(name, own);
            if let Some(name) = request.personality {
                spec.personality = Some(self.kept(|_| personality(name))?);
            }
            specs.push(spec);
        }
        Some(self.chosen(specs, request.contenders))
    }

    fn own_config(&mut self, text: &Text) -> Option<OwnConfig> {
        let document = self.kept(|sources| reading::config(sources, text))?;
        let name = text.name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let file = record::run::ConfigFile { name, hash: config_hash(text) };
        Some(OwnConfig { tree: document.tree, file })
    }

    /// Every contender's gateway: the config under its overlay, with dummies for secrets.
    pub(super) fn contender_configs(
        &mut self,
        specs: &[ContenderSpec],
        (tree, scenario): (&Node, SourceId),
        (fleet, known): (&Fleet, config::Known<'_>),
    ) -> Vec<ContenderConfig> {
        let (mut configs, mut unheard) = (Vec::new(), Vec::new());
        for spec in specs {
            let mut merged = spec.own.as_ref().map_or(tree, |own| &own.tree).clone();
            if let Some(overlay) = &spec.overlay {
                merged.merge(overlay);
            }
            let Some(mut loaded) = self.read_config(&merged, Some(scenario)) else { continue };
            if spec.own.is_some() {
                fleet.rename(&mut loaded.config);
            }
            let told = loaded.findings.iter().map(Finding::line);
            self.notes.extend(told.map(|note| format!("contender {}: {note}", spec.name)));
            match config::with_dummies(loaded.config, fleet) {
                Ok(mut gateway) => {
                    config::with_known(&mut gateway, known);
                    gateway.personality = spec.personality.unwrap_or(gateway.personality);
                    if spec.process.is_none() {
                        let ignored = ignored(&merged, &gateway, &self.sources);
                        unheard.extend(ignored.into_iter().map(|one| (one.line(), &spec.name)));
                    }
                    let settings = merged.to_json();
                    configs.push(ContenderConfig { spec: spec.clone(), gateway, settings });
                }
                Err(strangers) => {
                    let message = format!(
                        "contender `{}` has deployments that the config has not: {}",
                        spec.name,
                        strangers.join(", ")
                    );
                    let problem = Problem::new(message)
                        .help("an overlay's `model_list` may only choose from the config's");
                    self.problems.push(match spec.at {
                        Some(at) => problem.at(at),
                        None => problem,
                    });
                }
            }
        }
        self.notes.extend(by_contenders(&unheard));
        configs
    }

    /// The config of every contender after each change: what was changed stays changed, and whose
    /// gateway it is never changes.
    pub(super) fn changed(
        &mut self,
        contenders: &[ContenderConfig],
        changes: &[Change],
        (tree, scenario): (&Node, SourceId),
        (fleet, known): (&Fleet, config::Known<'_>),
    ) -> Vec<Vec<ChangedConfig>> {
        let mut all = Vec::new();
        for ContenderConfig { spec, gateway, .. } in contenders {
            let personality = gateway.personality;
            let mut merged = spec.own.as_ref().map_or(tree, |own| &own.tree).clone();
            spec.overlay.iter().for_each(|overlay| merged.merge(overlay));
            let (mut configs, mut busy_until) = (Vec::new(), At::START);
            for change in changes {
                if change.begins() < busy_until {
                    let message =
                        format!("a rollout of contender `{}` is still under way", spec.name);
                    let help = "let it end first: its last instance would undo this change";
                    self.problems.push(Problem::new(message).help(help).at(change.at));
                }
                busy_until = change.ends(spec.instances);
                merged.merge(&change.overlay);
                let Some(mut loaded) = self.read_config(&merged, Some(scenario)) else {
                    return all;
                };
                if spec.own.is_some() {
                    fleet.rename(&mut loaded.config);
                }
                match config::with_dummies(loaded.config, fleet) {
                    Ok(mut config) => {
                        config::with_known(&mut config, known);
                        config.personality = personality;
                        let (gateway, settings) = (Arc::new(config), merged.to_json());
                        configs.push(ChangedConfig { gateway, settings });
                    }
                    Err(strangers) => {
                        let message =
                            format!("the config has no such deployments: {}", strangers.join(", "));
                        let help = "an event's `model_list` may only choose from the config's";
                        self.problems.push(Problem::new(message).help(help).at(change.at));
                        return all;
                    }
                }
            }
            all.push(configs);
        }
        all
    }
}

/// Lines about contenders, each once, with those whom it is about.
fn by_contenders(lines: &[(String, &ContenderName)]) -> Vec<String> {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for (line, name) in lines {
        match told.iter_mut().find(|(known, _)| known == line) {
            Some((_, names)) => names.push(name.as_str()),
            None => told.push((line, vec![name.as_str()])),
        }
    }
    told.into_iter().map(|(line, names)| format!("{line} ({})", names.join(", "))).collect()
}
