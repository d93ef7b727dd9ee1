use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver(unchecked("basket.filled"), on_backfill = true)]
fn count(_event: &Event) {}

fn main() {}
