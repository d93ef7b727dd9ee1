use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("*", when(changed("status")))]
async fn react(_event: Event) {}

fn main() {}
