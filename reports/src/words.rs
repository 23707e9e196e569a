//! Numbers and facts as people read them: one way for each, whoever prints it.
//!
//! It knows the types of the record and of the report, and nothing of how a text is laid out, wrapped or coloured.

pub(crate) mod assumed;
pub(crate) mod bound;
pub(crate) mod contender;
pub(crate) mod fault;
pub(crate) mod figures;
pub(crate) mod gate;
pub(crate) mod promise;
pub(crate) mod reach;
pub(crate) mod robust;
pub(crate) mod rule;
pub(crate) mod run;
pub(crate) mod terms;
pub(crate) mod text;
pub(crate) mod windows;
