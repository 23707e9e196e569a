//! One file per subcommand; this one only chooses.

mod against;
mod check;
mod explain;
mod fakes;
mod gate;
mod gateway;
mod init;
mod list;
mod load;
mod parity;
mod products;
mod robust;
mod run;
mod scenario;
mod schema;
mod series;
mod supervise;
mod validate;

use crate::args::{Cli, Command};
use crate::exit::Outcome;

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Gate(args) => gate::gate(&args),
        Command::Check(args) => check::check(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Init(args) => init::init(&args),
        Command::Gateway(args) => gateway::gateway(&args),
        Command::Fakes(args) => fakes::fakes(&args),
        Command::Load(args) => load::load(&args),
        Command::Parity(args) => parity::parity(&args),
        Command::List(args) => list::list(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Supervise(args) => supervise::supervise(&args),
        Command::Become(args) => supervise::become_program(&args),
    }
}
