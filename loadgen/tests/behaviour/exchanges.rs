//! The generator against servers: one module per behaviour, all on one [`stage`].

mod failure_kinds;
mod integrity_classes;
mod measures;
mod open_loop;
mod stage;
mod wall_clock;
