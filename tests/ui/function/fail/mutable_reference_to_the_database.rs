use djstripe_core::{Db, stripe_receiver};

#[stripe_receiver("invoice.paid")]
async fn ship(database: &mut Db<'_>) {
    let _ = database.backend();
}

fn main() {}
