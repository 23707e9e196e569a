//! How long outages last and how long the calm between them does, as published: log-normal fits to
//! the status pages of OpenAI and Anthropic until 31 August 2024 (ICPE'25 data set of
//! atlarge-research/llm-service-analysis; fits as in the project's reference, section 4.3).
//!
//! What nobody published is marked as ours. The gap of the data is from start to start; here it is
//! the calm from an end to the next start, which makes incidents rarer by one mean outage per mean
//! gap (154 minutes in 133 hours: 2 %).

use vocab::Lognormal;

use crate::text::diagnostic::suggest;

/// One service's incidents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// Its name in `fit:`.
    pub name: &'static str,
    /// The vendor whose incidents a run takes from it where nobody chooses a fit.
    vendor: Option<&'static str>,
    /// Mean of the logarithm of an outage's minutes.
    duration_mu: f64,
    /// Its standard deviation.
    duration_sigma: f64,
    /// Mean of the logarithm of the calm's hours.
    gap_mu: f64,
    /// Its standard deviation. At 1.77 a tenth of all gaps is shorter than 4 hours: incidents
    /// cluster.
    gap_sigma: f64,
    /// Share of incidents that hit everybody: major minutes over all outage minutes of the data.
    /// That incidents are as often major as their minutes are is ours.
    pub major: f64,
}

/// Every fit, the default last.
pub(crate) const FITS: &[Fit] = &[
    Fit {
        name: "openai-api",
        vendor: Some("openai"),
        duration_mu: 4.32,
        duration_sigma: 1.17,
        gap_mu: 3.70,
        gap_sigma: 1.77,
        major: 0.17,
    },
    Fit {
        name: "anthropic-api",
        vendor: Some("anthropic"),
        duration_mu: 3.92,
        duration_sigma: 1.39,
        gap_mu: 3.71,
        gap_sigma: 1.75,
        major: 0.0,
    },
    Fit {
        name: "chatgpt",
        vendor: None,
        duration_mu: 4.43,
        duration_sigma: 1.27,
        gap_mu: 3.72,
        gap_sigma: 1.51,
        major: 0.33,
    },
    Fit {
        name: "claude-ai",
        vendor: None,
        duration_mu: 3.96,
        duration_sigma: 1.46,
        gap_mu: 3.38,
        gap_sigma: 1.94,
        major: 0.04,
    },
    // Of vendors without published data and of several at once: the mean of
    // the two APIs, ours.
    POOLED,
];

const POOLED: Fit = Fit {
    name: "pooled",
    vendor: None,
    duration_mu: 4.12,
    duration_sigma: 1.28,
    gap_mu: 3.705,
    gap_sigma: 1.76,
    major: 0.085,
};

impl Fit {
    /// The fit called `name`.
    ///
    /// # Errors
    /// The remedy, with the nearest name.
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        let names: Vec<&str> = FITS.iter().map(|fit| fit.name).collect();
        FITS.iter()
            .find(|fit| fit.name == name)
            .copied()
            .ok_or_else(|| suggest(name, &names, "fits"))
    }

    /// The fit of some deployments' vendors.
    pub(crate) fn of(vendors: &[&str]) -> Self {
        let published =
            |fit: &&Self| fit.vendor.is_some_and(|vendor| vendors.iter().all(|one| *one == vendor));
        FITS.iter().find(published).copied().unwrap_or(POOLED)
    }

    /// Outages in minutes.
    pub(crate) fn minutes(self) -> Lognormal {
        Lognormal { median: libm::exp(self.duration_mu), sigma: self.duration_sigma }
    }

    /// The calm in hours.
    pub(crate) fn hours(self) -> Lognormal {
        Lognormal { median: libm::exp(self.gap_mu), sigma: self.gap_sigma }
    }
}
