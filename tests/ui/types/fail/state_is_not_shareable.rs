use std::cell::Cell;

use djstripe_core::{State, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship(_counter: State<Cell<u32>>) {}

fn main() {}
