//! The deployments of a config, seen as what they are for a scenario: members of a group, a
//! provider, a region, behind a host. Everything that selects deployments selects from here.

use std::sync::Arc;

use gateway::config::{Config, Familiarity};
use vocab::{DeploymentId, Protocol};

/// Every deployment of the config, in its order.
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
        let members = config
            .deployments
            .iter()
            .map(|deployment| {
                let host = deployment.authority.host.to_string();
                Member {
                    id: deployment.id.clone(),
                    group: Arc::clone(&deployment.group),
                    protocol: deployment.protocol,
                    familiarity: deployment.familiarity,
                    vendor: Arc::clone(&deployment.vendor),
                    base_path: Arc::clone(&deployment.base_path),
                    model: Arc::clone(&deployment.model),
                    model_as_written: Arc::clone(&deployment.model_as_written),
                    base_model: deployment.base_model.clone(),
                    usd_per_token: (
                        deployment.input_cost_per_token,
                        deployment.output_cost_per_token,
                    ),
                    port: deployment.authority.port,
                    region: deployment
                        .region
                        .as_deref()
                        .map_or_else(|| region_of_host(&host), str::to_owned),
                    host,
                }
            })
            .collect();
        Self { members }
    }

    /// Position of the first deployment of a group.
    pub(crate) fn first_of(&self, group: &str) -> Option<usize> {
        self.members.iter().position(|member| &*member.group == group)
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
