use djstripe_core::{Checkpoint, Db, stripe_receiver};

#[stripe_receiver("invoice.paid", transaction = own)]
fn ship(_checkpoint: Checkpoint, _db: Db<'_>) {}

fn main() {}
