use djstripe_core::models::Balance;
use djstripe_core::store::Timestamp;
use djstripe_core::{Db, Object, stripe_receiver};

#[stripe_receiver("balance.available")]
fn keep(balance: Object<Balance>, mut db: Db<'_>) {
    let _ = db.save(&balance.into_inner(), None, false, Timestamp::now());
}

fn main() {}
