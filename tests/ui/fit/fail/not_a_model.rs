use djstripe_core::{Object, stripe_receiver};

struct Basket;

#[stripe_receiver("customer.updated")]
async fn greet(_basket: Object<Basket>) {}

fn main() {}
