use djstripe_core::stripe_effect;

#[stripe_effect("customer.created", schedul = ["1s"], timeout = 5, retries = 3)]
fn greet(_name: String) {}

#[stripe_effect(schedule = ["1s", "soon"])]
fn leave(_name: String) {}

fn main() {}
