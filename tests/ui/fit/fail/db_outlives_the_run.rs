use djstripe_core::{Db, Event, stripe_receiver};

#[stripe_receiver("balance.available")]
async fn keep(_event: Event, db: Db<'_>) {
    tokio_like_spawn(async move { drop(db) });
}

fn tokio_like_spawn(_future: impl Future + Send + 'static) {}

fn main() {}
