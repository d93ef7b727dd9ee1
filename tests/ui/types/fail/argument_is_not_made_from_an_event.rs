use djstripe_core::{Event, stripe_receiver};

struct Basket;

#[stripe_receiver("invoice.paid", "invoice.voided")]
async fn ship(_event: Event, _basket: Basket) {}

fn main() {}
