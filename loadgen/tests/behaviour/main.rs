//! The load generator through its public door, one module per behaviour.

#![cfg(test)]

mod exchanges;
mod integrity_properties;
mod other_dialects;
mod prompts;
mod schedule;
