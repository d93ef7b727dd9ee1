use djstripe_core::stripe_receiver;

struct Shop;

#[stripe_receiver("invoice.paid")]
impl Shop {}

fn main() {}
