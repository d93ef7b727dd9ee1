use djstripe_core::{Event, stripe_receiver};

use std::rc::Rc;

#[stripe_receiver("invoice.paid")]
async fn ship(_event: Event) {
    let basket = Rc::new(7);
    std::future::ready(()).await;
    drop(basket);
}

fn main() {}
