//! Receivers that write the row of their event's object.

use super::*;

/// Saves a newer state of its object itself.
#[stripe_receiver("customer.created", id = "current::saves")]
async fn saves(
    object: Object<Customer>,
    mut db: Db<'_>,
    seen: State<Seen>,
) -> Result<(), MirrorError> {
    seen.lock().unwrap().push(format!("{:?}", object.email));
    db.save(&customer("own@example.com"), None, false, Timestamp::now())
        .await?;
    let saved = db.load::<Customer>("cus_1").await?.unwrap();
    seen.lock().unwrap().push(format!("{:?}", saved.email));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_may_save_its_own_object() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["current::saves"], |builder| builder).await;
        let object = json!({ "id": "cus_1", "object": "customer", "email": "a@example.com" });
        shop.deliver(0, "customer.created", &object).await;
        let seen = ["a@example.com", "own@example.com"];
        assert_eq!(
            shop.take_seen(),
            seen.map(|email| format!("Some({email:?})"))
        );
    })
    .await;
}

/// Saves what it has read, although the rival may have written something newer.
#[stripe_receiver("customer.deleted", id = "current::saves_what_it_read")]
async fn saves_what_it_read(
    object: Object<Customer>,
    mut db: Db<'_>,
    seen: State<Seen>,
    rival: State<Rival>,
) -> Result<(), MirrorError> {
    seen.lock().unwrap().push(format!("{:?}", object.email));
    let is_first = std::mem::take(&mut *rival.left.lock().unwrap()) > 0;
    if is_first {
        let mut session = rival.store.session().await?;
        let newer = customer("newer@example.com");
        let mut other = session.db()?;
        other.save(&newer, None, false, Timestamp::now()).await?;
    }
    db.save(&object.into_inner(), None, false, Timestamp::now())
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_saves_what_is_outdated_runs_again() {
    // On SQLite nobody writes while the transaction of a receiver is open.
    let database = TestDatabase::postgres().await;
    let shop = Shop::open(&database, &["current::saves_what_it_read"], |builder| {
        builder
    })
    .await;
    *shop.app.state::<Rival>().unwrap().left.lock().unwrap() = 1;
    let object = json!({ "id": "cus_1", "object": "customer", "email": "a@example.com" });
    shop.deliver(0, "customer.deleted", &object).await;
    let seen = ["a@example.com", "newer@example.com"];
    assert_eq!(
        shop.take_seen(),
        seen.map(|email| format!("Some({email:?})"))
    );
}
