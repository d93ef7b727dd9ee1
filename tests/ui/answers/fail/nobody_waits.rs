use djstripe_core::receiver::Reply;
use djstripe_core::{Event, stripe_receiver};

#[stripe_receiver("issuing_authorization.request", "issuing_authorization.created")]
fn decide(_event: &Event) -> Reply {
    Reply::approve()
}

fn main() {}
