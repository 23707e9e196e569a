//! A plan's link faults and pauses as rules of the world: who dials over which link, and what the
//! far end never hears of.

use std::sync::Arc;
use std::time::Duration;

use fake_providers::Fakes;
use plan::{ContenderPlan, Destination, LinkFault, Plan, Source};
use vocab::At;
use world::{Clock, Connector, Dial, LinkRule, Links, Premises, Stream, Toxic, Witness};

use crate::lifecycle::ListenerRules;
use crate::places::GATEWAY_PORT;
use crate::subject::Subject;
use crate::world_parts::WorldParts;

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialler {
    /// Clients: a gateway, or, of the mark, a deployment.
    Client,
    /// The balancer, which stands for clients before several instances.
    Balancer,
    /// A gateway instance, from 1.
    Gateway(u32),
}

impl Dialler {
    fn name(self) -> String {
        match self {
            Self::Client => "client".to_owned(),
            Self::Balancer => "balancer".to_owned(),
            Self::Gateway(number) => record::instance_name(number),
        }
    }

    fn is(self, source: Source) -> bool {
        match (self, source) {
            (_, Source::Anybody) | (Self::Client | Self::Balancer, Source::Client) => true,
            (Self::Gateway(number), Source::Gateway(wanted)) => {
                wanted.is_none_or(|wanted| wanted == number)
            }
            (Self::Client | Self::Balancer, Source::Gateway(_))
            | (Self::Gateway(_), Source::Client) => false,
        }
    }
}

/// `inner`, over the links that `dialler` has in this world. Without fakes of our own nobody keeps
/// the book of what their links do.
pub(crate) fn over_links(
    parts: WorldParts<'_>,
    dialler: Dialler,
    fakes: Option<&Fakes>,
    inner: Arc<dyn Connector>,
) -> Arc<dyn Connector> {
    let instances = parts.subject.instances();
    let faults = parts.plan.link_faults.iter().filter(|fault| dialler.is(fault.source));
    let mut rules: Vec<LinkRule> = faults.map(|fault| rule(fault, instances)).collect();
    if let (Dialler::Gateway(number), Subject::Contender(contender)) = (dialler, parts.subject) {
        let hosts = parts.plan.fakes.deployments.iter();
        let hosts = hosts.map(|fake| (Arc::from(fake.host.as_str()), fake.port));
        let hosts: Arc<[_]> = hosts.collect();
        rules.extend(
            holds(contender, number).map(|hold| LinkRule { hosts: Arc::clone(&hosts), ..hold }),
        );
    }
    let links = links((parts.plan, parts.clock), rules, (dialler.name(), fakes));
    links.over(inner)
}

/// `inner`, over the links that all gateways have in common, whoever has how many: what lies between
/// a deployment and whoever might have sent a request to it.
pub(crate) fn from_all_gateways(
    plan: &Plan,
    clock: Clock,
    fakes: &Fakes,
    inner: Arc<dyn Connector>,
) -> Arc<dyn Connector> {
    let of_all = |source: Source| match source {
        Source::Anybody | Source::Gateway(None) => true,
        Source::Client | Source::Gateway(Some(_)) => false,
    };
    let faults = plan.link_faults.iter().filter(|fault| of_all(fault.source));
    let rules = faults.map(|fault| rule(fault, 0)).collect();
    links((plan, clock), rules, (Dialler::Client.name(), Some(fakes))).over(inner)
}

fn links(
    (plan, clock): (&Plan, Clock),
    rules: Vec<LinkRule>,
    (name, fakes): (String, Option<&Fakes>),
) -> Links {
    Links {
        rules: Arc::from(rules),
        clock,
        seed: plan.load.seed,
        witness: Arc::new(Bookkeeper { fakes: fakes.cloned(), name }),
        passages: fakes.map(|fakes| fakes.passages().clone()).unwrap_or_default(),
    }
}

/// What connections meet at instance `number` while it is stopped, and at its next death.
pub(crate) fn listener_rules(
    clock: Clock,
    contender: &ContenderPlan,
    number: u32,
) -> ListenerRules {
    let holds: Vec<LinkRule> = holds(contender, number).collect();
    Box::new(move |death| {
        let dies = death.map(|at| LinkRule {
            toxic: Toxic::ResetPeer { after: Duration::ZERO },
            from: at,
            to: At::NEVER,
            ..blank("death")
        });
        Premises::new(holds.iter().chain(&dies), clock)
    })
}

fn holds(contender: &ContenderPlan, number: u32) -> impl Iterator<Item = LinkRule> {
    let pauses = contender.pauses.iter().filter(move |pause| pause.instance == number);
    pauses.map(|pause| LinkRule {
        toxic: Toxic::Hold,
        from: pause.from,
        to: pause.to,
        ..blank(&pause.id)
    })
}

fn rule(fault: &LinkFault, instances: u32) -> LinkRule {
    let hosts: Vec<(Arc<str>, u16)> = match &fault.destination {
        Destination::Hosts(hosts) => {
            hosts.iter().map(|(host, port)| (Arc::from(host.as_str()), *port)).collect()
        }
        Destination::Gateways(wanted) => (1..=instances)
            .filter(|number| wanted.is_none_or(|wanted| wanted == *number))
            .map(|number| (Arc::from(record::instance_name(number)), GATEWAY_PORT))
            .collect(),
    };
    LinkRule {
        id: Arc::from(fault.id.as_str()),
        toxic: fault.toxic,
        stream: fault.stream,
        from: fault.from,
        to: fault.to,
        ramp: fault.ramp,
        share: fault.share,
        hosts: Arc::from(hosts),
    }
}

/// A rule for everybody and nowhere, to be filled in.
fn blank(id: &str) -> LinkRule {
    LinkRule {
        id: Arc::from(id),
        toxic: Toxic::Hold,
        stream: Stream::Downstream,
        from: At::START,
        to: At::START,
        ramp: Duration::ZERO,
        share: 1.0,
        hosts: Arc::from([]),
    }
}

/// Tells the fakes' book of dials that did not arrive.
#[derive(Debug)]
struct Bookkeeper {
    fakes: Option<Fakes>,
    name: String,
}

impl Witness for Bookkeeper {
    fn turned_away(&self, dial: Dial<'_>, rule: &Arc<str>) {
        if let Some(fakes) = &self.fakes {
            fakes.turned_away(dial, &self.name, rule);
        }
    }
}
