//! Answers within the request, with and without a result.

use djstripe_core::models::IssuingAuthorization;
use djstripe_core::receiver::Reply;
use djstripe_core::{Event, Snapshot, stripe_receiver};

#[stripe_receiver("issuing_authorization.request", id = "answers::decide")]
async fn decide(_asked: Snapshot<IssuingAuthorization>) -> Result<Reply, String> {
    Ok(Reply::decline())
}

#[stripe_receiver(
    "issuing_authorization.request",
    timeout = "1s",
    id = "answers::approve"
)]
fn approve(_event: &Event) -> Reply {
    Reply::approve().amount(100)
}

fn main() {}
