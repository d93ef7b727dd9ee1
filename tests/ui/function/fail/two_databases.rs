use djstripe_core::{Db, Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
async fn ship(_first: Db<'_>, _event: Event, _second: Db<'_>) {}

fn main() {}
