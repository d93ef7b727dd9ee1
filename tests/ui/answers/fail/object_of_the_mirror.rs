use djstripe_core::models::IssuingAuthorization;
use djstripe_core::receiver::Reply;
use djstripe_core::{Object, stripe_receiver};

#[stripe_receiver("issuing_authorization.request")]
fn decide(_asked: Object<IssuingAuthorization>) -> Result<Reply, std::io::Error> {
    Ok(Reply::approve())
}

fn main() {}
