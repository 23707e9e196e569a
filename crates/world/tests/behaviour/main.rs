//! One world in memory and one on sockets, one module per behaviour.

mod goes_through_proxies_and_believes_whom_it_is_told;
mod http2_is_served;
mod keeps_a_port_while_nobody_listens;
mod links_do_harm_alike_in_both_worlds;
mod pool_reuses_connections;
mod streams_behave_alike_in_both_worlds;
mod tasks_are_bounded;
mod time_is_told_alike;
