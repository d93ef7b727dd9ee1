//! The command `redact customer`.

use super::*;
use crate::operate::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn the_command_counts_asks_and_blanks() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let operator = Operator::new(&database).await;
        let run = async |more: &[&str]| {
            let arguments = [&["redact", "customer"], more].concat();
            operator.run(&arguments).await
        };

        let unknown = run(&["cus_9", "--yes"]).await;
        assert_eq!((unknown.code, &*unknown.out), (1, ""));
        assert!(
            unknown.err.contains("the database has no customer `cus_9`"),
            "{}",
            unknown.err
        );
        let wrong_mode = run(&[FORGOTTEN, "--live", "--dry-run"]).await;
        assert!(
            wrong_mode.code == 1 && wrong_mode.err.contains("in live mode"),
            "{}",
            wrong_mode.err
        );

        let before = shop.dump().await;
        let counted = run(&[FORGOTTEN, "--dry-run", "--json"]).await;
        let counted = &counted.json()[0];
        assert_eq!(
            (&counted["dry_run"], &counted["events"]),
            (&json!(true), &json!(5))
        );
        assert_eq!(counted["rows"]["stripe_charge"], 1);
        let text = run(&[FORGOTTEN, "--dry-run"]).await;
        assert!(
            text.out.contains("stripe_charge: 1\n")
                && text.out.contains("cus_1 (test): would blank "),
            "{}",
            text.out
        );

        let asked = run(&[FORGOTTEN]).await;
        assert_eq!((asked.code, &*asked.out), (2, ""));
        assert!(
            asked.err.contains("can't be undone") && asked.err.contains("--yes"),
            "{}",
            asked.err
        );
        assert_eq!(shop.dump().await, before, "nothing was changed");

        let done = run(&[FORGOTTEN, "--test", "--yes", "--json"]).await;
        let done = &done.json()[0];
        for field in ["rows", "versions", "events", "deliveries", "effects"] {
            assert_eq!(done[field], counted[field], "{field}");
        }
        assert_eq!(
            (&done["dry_run"], &done["livemode"]),
            (&json!(false), &json!(false))
        );
        assert_eq!(
            shop.dump().await.lines_with(SECRETS[0]),
            Vec::<String>::new()
        );

        let verify = run(&[FORGOTTEN, "--dry-run"]).await;
        assert!(
            verify.out.contains("would blank 0 fields"),
            "{}",
            verify.out
        );
    })
    .await;
}
