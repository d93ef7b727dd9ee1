use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("invoice.paid")]
fn ship(_event: impl std::fmt::Debug) {}

fn unused(_: Event) {}

fn main() {
    let _ = unused;
}
