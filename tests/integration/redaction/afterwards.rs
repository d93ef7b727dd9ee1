//! Nothing brings back what was blanked.

use djstripe_core::AccountScope;
use djstripe_core::reconcile::ReconcileOptions;
use djstripe_core::store::Rerun;
use djstripe_core::sync::SyncOptions;
use djstripe_core::verify::VerifyOptions;

use super::*;

impl Shop {
    async fn verify(&self, repair: bool) -> djstripe_core::verify::VerifySummary {
        let options = VerifyOptions {
            objects: ["customer", "charge", "invoice", "payment_method"]
                .map(str::to_owned)
                .into(),
            accounts: AccountScope::Platform,
            recheck_after: Duration::from_millis(10),
            repair,
            ..VerifyOptions::default()
        };
        self.app.verify(&options, |_| {}).await.unwrap()
    }

    async fn sync(&self) {
        let mut options = SyncOptions::default();
        options.objects = [
            "customer",
            "charge",
            "dispute",
            "refund",
            "invoice",
            "subscription",
            "balance_transaction",
        ]
        .map(str::to_owned)
        .into();
        let summary = self.app.sync(&options, |_| {}).await.unwrap();
        assert!(summary.is_complete());
    }

    async fn is_gone(&self, after: &str) {
        let places = self.dump().await.lines_with(SECRETS[0]);
        assert_eq!(places, Vec::<String>::new(), "after {after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_replays_syncs_and_verifications_leave_it_as_it_is() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        shop.redact().await;
        let row = |dump: &dump::Dump| {
            dump.lines_with("cus_1|")
                .into_iter()
                .filter(|it| it.starts_with("stripe_"))
                .collect::<Vec<_>>()
        };
        let before = row(&shop.dump().await);
        assert!(!before.is_empty());

        // The same events again, and one that reconciling finds.
        for event in events(1) {
            shop.deliver(&event).await;
        }
        shop.is_gone("a second delivery").await;
        let mut missing = events(1)[1].clone();
        (missing["id"], missing["created"]) =
            (json!("evt_missing"), json!(shop.stripe.now() - 7_200));
        shop.stripe.insert(missing);
        shop.app
            .reconcile(&ReconcileOptions::default())
            .await
            .unwrap();
        shop.app.work_until_idle().await.unwrap();
        assert!(shop.dump().await.has("djstripe_event", "evt_missing"));
        shop.is_gone("reconciling").await;

        // A new event with a new email address of the customer.
        let secret = SECRETS[0];
        shop.stripe.update(
            "customer",
            "cus_1",
            json!({ "email": format!("{secret}-new@example.com"), "balance": 1 }),
        );
        let mut changed = events(1)[0].clone();
        changed["id"] = json!("evt_changed");
        changed["data"]["object"] = shop.stripe.get("customer", "cus_1").unwrap();
        shop.deliver(&changed).await;
        assert!(shop.dump().await.has("djstripe_event", "evt_changed"));
        shop.is_gone("a new event").await;

        let ids = ["evt_customer_1", "evt_charge_1", "evt_dispute_1"];
        let due = shop
            .app
            .store()
            .rerun(&ids, Rerun::All, Timestamp::now())
            .await
            .unwrap();
        assert_eq!(due.len(), 3);
        shop.app.work_until_idle().await.unwrap();
        shop.is_gone("a replay").await;

        shop.sync().await;
        shop.is_gone("a sync").await;
        for repair in [false, true] {
            let summary = shop.verify(repair).await;
            assert_eq!(summary.found(), 0, "{summary:?}");
            for object in ["customer", "charge", "invoice"] {
                assert_eq!(summary.types[object].redacted, 1, "{object}: {summary:?}");
            }
        }
        shop.is_gone("a verification").await;
        assert_eq!(row(&shop.dump().await), before, "the rows stay as they are");
        assert_eq!(
            shop.count("SELECT balance AS count FROM stripe_customer WHERE id = 'cus_1'")
                .await,
            4_201
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn later_objects_are_mirrored_without_what_is_personal() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        shop.redact().await;

        let mut charge = objects(1)[1].clone();
        (charge["id"], charge["amount"], charge["status"]) = (json!("ch_later"), json!(77), json!("pending"));
        let charge = shop.stripe.insert(charge);
        let event = |id: &str, name: &str, object: &Value| {
            json!({ "id": id, "object": "event", "type": name, "created": 1_800_000_000, "livemode": false,
                "api_version": djstripe_core::API_VERSION, "data": { "object": object } })
        };
        shop.deliver(&event("evt_later", "charge.pending", &charge)).await;
        let amount = "SELECT amount AS count FROM stripe_charge WHERE id = 'ch_later' AND status = ";
        assert_eq!(shop.count(&format!("{amount}'pending'")).await, 77);

        // It is kept up to date, and what names it is theirs.
        let charge = shop.stripe.update("charge", "ch_later", json!({ "status": "succeeded" })).unwrap();
        shop.deliver(&event("evt_succeeded", "charge.succeeded", &charge)).await;
        assert_eq!(shop.count(&format!("{amount}'succeeded'")).await, 77);
        let mut dispute = objects(1)[4].clone();
        (dispute["id"], dispute["charge"]) = (json!("dp_later"), json!("ch_later"));
        let dispute = shop.stripe.insert(dispute);
        shop.deliver(&event("evt_disputed", "charge.dispute.created", &dispute)).await;
        assert!(shop.dump().await.has("stripe_dispute", "dp_later"));
        shop.is_gone("later objects").await;
        let summary = shop.verify(false).await;
        assert_eq!((summary.found(), summary.types["charge"].redacted), (0, 2), "{summary:?}");

        // A reader that works on their payment is not theirs.
        let reader = json!({ "object": "terminal.reader", "id": "tmr_1", "label": "Counter", "livemode": false,
            "action": { "type": "refund_payment", "refund_payment": { "charge": charge } } });
        shop.write(&reader).await;
        assert!(shop.dump().await.has("stripe_terminal_reader", "Counter"));
        shop.is_gone("a reader's action").await;

        // A deletion marks the row, which stays as it is.
        shop.stripe.remove("customer", "cus_1");
        let deleted = json!({ "id": "cus_1", "object": "customer", "deleted": true });
        shop.deliver(&event("evt_deleted", "customer.deleted", &deleted)).await;
        let live = "SELECT count(*) AS count FROM stripe_customer WHERE deleted_at IS NULL AND id = 'cus_1'";
        assert_eq!(shop.count(live).await, 0);
        assert_eq!(shop.count("SELECT balance AS count FROM stripe_customer WHERE id = 'cus_1'").await, 4_201);
        shop.is_gone("a deletion").await;
    })
    .await;
}
