use djstripe_core::receiver::Reply;
use djstripe_core::{Checkpoint, stripe_receiver};

#[stripe_receiver("issuing_authorization.request", transaction = own)]
async fn decide(_checkpoint: Checkpoint) -> Reply {
    Reply::approve()
}

fn main() {}
