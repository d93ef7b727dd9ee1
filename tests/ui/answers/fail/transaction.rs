use djstripe_core::receiver::Reply;
use djstripe_core::{Db, stripe_receiver};

#[stripe_receiver("issuing_authorization.request")]
async fn decide(_db: Db<'_>) -> Reply {
    Reply::approve()
}

fn main() {}
