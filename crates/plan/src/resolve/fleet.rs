//! The deployments of a config, seen as what they are for a scenario: members of a group, a
//! provider, a region, behind a host. Everything that selects deployments selects from here.

use std::sync::Arc;

use gateway::config::{Config, Deployment, Familiarity};
use vocab::{DeploymentId, Protocol};

/// Every deployment of the config, in its order, and those that only another contender's config has.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    /// The members; a deployment's number is its position plus one.
    pub members: Vec<Member>,
}

/// One deployment.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its id.
    pub id: DeploymentId,
    /// `model_name`: the group that clients call.
    pub group: Arc<str>,
    /// What its provider speaks.
    pub protocol: Protocol,
    /// Whether it is known to.
    pub familiarity: Familiarity,
    /// Who runs it: what `provider:` means.
    pub vendor: Arc<str>,
    /// The provider's model.
    pub model: Arc<str>,
    /// `litellm_params.model` as written.
    pub model_as_written: Arc<str>,
    /// What an Azure deployment of any name really is.
    pub base_model: Option<Arc<str>>,
    /// What its config says about the price of a token of the prompt and of the answer, US dollars.
    pub usd_per_token: (Option<f64>, Option<f64>),
    /// Host that the config names.
    pub host: String,
    /// Port that the config names.
    pub port: u16,
    /// Path of its address.
    pub base_path: Arc<str>,
    /// Region, or the host where none is known.
    pub region: String,
    /// The same as the config and the host tell it, whatever the scenario says.
    region_of_config: String,
    /// Whether every contender has it, or another one in its place.
    pub everywhere: bool,
    /// Whose place it takes in another contender's config, as a position.
    pub in_place_of: Option<usize>,
}

impl Member {
    fn of(deployment: &Deployment) -> Self {
        let host = deployment.authority.host.to_string();
        let region = deployment.region.as_deref();
        let region = region.map_or_else(|| region_of_host(&host), str::to_owned);
        Self {
            id: deployment.id.clone(),
            group: Arc::clone(&deployment.group),
            protocol: deployment.protocol,
            familiarity: deployment.familiarity,
            vendor: Arc::clone(&deployment.vendor),
            base_path: Arc::clone(&deployment.base_path),
            model: Arc::clone(&deployment.model),
            model_as_written: Arc::clone(&deployment.model_as_written),
            base_model: deployment.base_model.clone(),
            usd_per_token: (deployment.input_cost_per_token, deployment.output_cost_per_token),
            port: deployment.authority.port,
            region_of_config: region.clone(),
            region,
            host,
            everywhere: true,
            in_place_of: None,
        }
    }

    /// Whether both are the same model at the same address.
    fn leads_where(&self, other: &Self) -> bool {
        let place = |member: &Self| (member.protocol, member.host.clone(), member.port);
        place(self) == place(other)
            && self.vendor == other.vendor
            && self.base_path == other.base_path
            && self.model_as_written == other.model_as_written
            && self.region_of_config == other.region_of_config
    }
}

/// Azure's public regions by their API names: how a region is recognised in a host name. From
/// `az account list-locations`, 2026-10; a missing one only means that the host stands for it.
const AZURE_REGIONS: &str = "\
    australiacentral australiacentral2 australiaeast australiasoutheast austriaeast \
    belgiumcentral brazilsouth brazilsoutheast canadacentral canadaeast centralindia centralus \
    chilecentral chinaeast chinaeast2 chinanorth chinanorth2 chinanorth3 eastasia eastus eastus2 \
    francecentral francesouth germanynorth germanywestcentral indonesiacentral israelcentral \
    italynorth japaneast japanwest jioindiacentral jioindiawest koreacentral koreasouth \
    malaysiawest mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest \
    polandcentral qatarcentral southafricanorth southafricawest southcentralus southeastasia \
    southindia spaincentral swedencentral swedensouth switzerlandnorth switzerlandwest \
    uaecentral uaenorth uksouth ukwest westcentralus westeurope westindia westus westus2 westus3";

impl Fleet {
    /// The deployments of `config`, regions as the config and the host names tell them.
    pub(crate) fn of(config: &Config) -> Self {
        Self { members: config.deployments.iter().map(Member::of).collect() }
    }

    /// Takes in the deployments of another contender's config. What leads where a member of this fleet leads is that
    /// member, whatever it is called there; everybody else becomes a member, in the place of the one that stood there before:
    /// with the same id, else the next of its group whom the other config does not have.
    pub(crate) fn admit(&mut self, config: &Config) {
        let known = self.members.len();
        let found = self.recognised(config);
        let mut replaced: Vec<usize> = found.iter().flatten().copied().collect();
        replaced.extend(found.iter().flatten().filter_map(|at| self.members[*at].in_place_of));
        for (deployment, _) in config.deployments.iter().zip(&found).filter(|(_, at)| at.is_none())
        {
            let mut member = Member::of(deployment);
            let free = |at: &usize| *at < known && !replaced.contains(at);
            let named = self.position(member.id.as_str()).filter(free);
            let alike =
                || (0..known).filter(free).find(|at| self.members[*at].group == member.group);
            member.in_place_of = named.or_else(alike);
            replaced.extend(member.in_place_of);
            member.id = self.unused(&member.id);
            member.everywhere = false;
            self.members.push(member);
        }
        for at in (0..known).filter(|at| !replaced.contains(at)) {
            self.members[at].everywhere = false;
        }
    }

    /// Gives the deployments of a config the ids that they have here.
    pub(crate) fn rename(&self, config: &mut Config) {
        let found = self.recognised(config);
        for (deployment, at) in config.deployments.iter_mut().zip(found) {
            if let Some(member) = at.and_then(|at| self.members.get(at)) {
                deployment.id = member.id.clone();
            }
        }
    }

    /// Which member each deployment of a config is, nobody twice: by id and address, else by group and address.
    fn recognised(&self, config: &Config) -> Vec<Option<usize>> {
        let mut found: Vec<Option<usize>> = vec![None; config.deployments.len()];
        let strangers: Vec<Member> = config.deployments.iter().map(Member::of).collect();
        let rules: [fn(&Member, &Member) -> bool; 2] =
            [|a, b| a.id == b.id, |a, b| a.group == b.group];
        for rule in rules {
            for (number, stranger) in strangers.iter().enumerate() {
                if found[number].is_some() {
                    continue;
                }
                let fits = |member: &Member| rule(member, stranger) && member.leads_where(stranger);
                let mut fitting = (0..self.members.len()).filter(|at| fits(&self.members[*at]));
                found[number] = fitting.find(|at| !found.contains(&Some(*at)));
            }
        }
        found
    }

    /// `id`, or `id~2`, `id~3`, … where a member is called so.
    fn unused(&self, id: &DeploymentId) -> DeploymentId {
        let mut unused = id.clone();
        let mut number = 1;
        // Ends: there are fewer members than numbers.
        while self.position(unused.as_str()).is_some() {
            number += 1;
            unused = DeploymentId::from(format!("{id}~{number}").as_str());
        }
        unused
    }

    /// These positions, with whoever stands there in another contender's config.
    pub(crate) fn with_stand_ins(&self, mut positions: Vec<usize>) -> Vec<usize> {
        let members = self.members.iter().enumerate();
        let stand_ins = members.filter(|(at, member)| {
            !positions.contains(at) && member.in_place_of.is_some_and(|of| positions.contains(&of))
        });
        let stand_ins: Vec<usize> = stand_ins.map(|(at, _)| at).collect();
        positions.extend(stand_ins);
        positions
    }

    /// Position of the first deployment of a group: of those that every contender has, or has another one in the place of,
    /// else of all.
    pub(crate) fn first_of(&self, group: &str) -> Option<usize> {
        let first = |everywhere: bool| {
            let fits = |member: &Member| &*member.group == group && member.everywhere >= everywhere;
            self.members.iter().position(fits)
        };
        first(true).or_else(|| first(false))
    }

    /// The position of a deployment by its id.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.members.iter().position(|member| member.id.as_str() == id)
    }

    /// The hosts at these positions, with their ports; each once.
    pub(crate) fn hosts(&self, positions: &[usize]) -> Vec<(String, u16)> {
        let mut hosts = Vec::new();
        for member in positions.iter().filter_map(|position| self.members.get(*position)) {
            let host = (member.host.clone(), member.port);
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Everybody behind the hosts at these positions: whom a fault of the host hits.
    pub(crate) fn behind(&self, positions: &[usize]) -> Vec<usize> {
        let hosts = self.hosts(positions);
        let members = self.members.iter().enumerate();
        let hit = |member: &Member| {
            hosts.iter().any(|(host, port)| *host == member.host && *port == member.port)
        };
        members.filter(|(_, member)| hit(member)).map(|(at, _)| at).collect()
    }

    /// The ids at these positions.
    pub(crate) fn ids(&self, positions: &[usize]) -> Vec<String> {
        let id = |position: &usize| self.members.get(*position).map(|member| member.id.to_string());
        positions.iter().filter_map(id).collect()
    }
}

/// A known Azure region as a dash-separated part of the host's first label, else the host.
pub(crate) fn region_of_host(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_region = |part: &&str| AZURE_REGIONS.split(' ').any(|region| region == *part);
    let known = label.split('-').find(is_region);
    known.map_or_else(|| host.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{AZURE_REGIONS, region_of_host};

    #[test]
    fn a_region_is_a_dash_separated_part_of_the_first_label() {
        for (host, region) in [
            ("westus-primary.openai.azure.com", "westus"),
            ("contoso-eastus2.openai.azure.com", "eastus2"),
            ("prod-SwedenCentral-1.openai.azure.com", "swedencentral"),
            ("mywestus.openai.azure.com", "mywestus.openai.azure.com"),
            ("api.openai.com", "api.openai.com"),
            ("x.westus.azure.com", "x.westus.azure.com"),
        ] {
            assert_eq!(region_of_host(host), region, "{host}");
        }
    }

    #[test]
    fn regions_are_sorted_and_lowercase() {
        assert!(AZURE_REGIONS.split(' ').is_sorted());
        assert!(AZURE_REGIONS.bytes().all(|b| matches!(b, b' ' | b'a'..=b'z' | b'0'..=b'9')));
    }
}
