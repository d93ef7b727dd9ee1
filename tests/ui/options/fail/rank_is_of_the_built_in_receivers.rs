use djstripe_core::stripe_receiver;

#[stripe_receiver("invoice.paid", rank = handler)]
fn ship() {}

fn main() {}
