use djstripe_core::{Event, stripe_receiver};

struct Shop;

impl Shop {
    #[stripe_receiver("invoice.paid")]
    fn ship(&self, _event: &Event) {}
}

fn main() {}
