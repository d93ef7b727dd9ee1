use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship(_event: &Event) -> u32 {
    7
}

fn main() {}
