//! Tables and `run.json`, written and read, one module per behaviour.

mod tables_come_back_as_written;
