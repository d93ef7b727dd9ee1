//! Secrets where they don't belong, and keys that can't be used.

use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::TestDatabase;
use serde_json::Value;

use super::{Place, SECRET};

/// The findings of `check` at one point: severity, what and fix.
fn findings(out: &str, point: &str) -> Vec<[String; 3]> {
    let found = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    found
        .filter(|it| it["point"] == point)
        .map(|it| [text(&it["severity"]), text(&it["what"]), text(&it["fix"])])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_place_of_a_signing_secret_is_named_and_not_shown() {
    let database = TestDatabase::sqlite();
    let place = Place::of(&database).await;
    for (variable, value, expected) in [
        (
            "STRIPE_WEBHOOK_SECRET",
            "sk_live_abc",
            "an API key (`sk_…`) was given as signing secret",
        ),
        (
            "STRIPE_WEBHOOK_SECRET",
            "rk_live_abc",
            "an API key (`rk_…`) was given as signing secret",
        ),
        (
            "STRIPE_WEBHOOK_SECRET",
            "whsec_1,sk_live_abc",
            "an API key (`sk_…`)",
        ),
        (
            "STRIPE_SECRET_KEY",
            "whsec_abc",
            "a webhook's signing secret (`whsec_…`), not an API key",
        ),
    ] {
        let mut variables = vec![(variable, value)];
        if variable == "STRIPE_SECRET_KEY" {
            variables.push(("STRIPE_WEBHOOK_SECRET", SECRET));
        }
        let (code, _, err) = place
            .run(&["serve", "--listen", "127.0.0.1:0"], &variables)
            .await;
        assert_eq!(code, 1, "{err}");
        assert!(err.contains(expected) && !err.contains("abc"), "{err}");

        let (code, out, err) = place.run(&["check", "--json"], &variables).await;
        assert!(code == 1 && out.contains(expected), "{out}");
        assert!(!out.contains("_abc") && !err.contains("_abc"), "{out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_key_is_not_sent_in_clear_to_another_machine() {
    let database = TestDatabase::sqlite();
    let mut place = Place::of(&database).await;
    place.set("STRIPE_WEBHOOK_SECRET", SECRET);
    place.set("STRIPE_API_BASE", "http://stripe-proxy.example");
    let live = [("STRIPE_LIVE_SECRET_KEY", "sk_live_abc")];
    let message = "a live key is sent over `https://` only, and the base URL of the API is \
                   http://stripe-proxy.example";

    let (code, _, err) = place
        .run(&["serve", "--listen", "127.0.0.1:0"], &live)
        .await;
    assert_eq!(code, 1, "{err}");
    assert!(err.contains(message) && !err.contains("abc"), "{err}");
    let (_, out, _) = place.run(&["check", "--json"], &live).await;
    let keys = findings(&out, "keys");
    assert!(
        keys.iter()
            .any(|it| it[0] == "error" && it[1].contains(message)),
        "{out}"
    );
    assert!(!out.contains("there is no secret key"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_wrong_with_a_key_and_whom_it_asked() {
    let database = TestDatabase::sqlite();
    let stripe = FakeStripe::start().await.unwrap();
    let mut place = Place::of(&database).await;
    place.set("STRIPE_WEBHOOK_SECRET", "whsec_1,whsec_2");
    let unreachable = "http://127.0.0.1:9";
    stripe.fail_next(Fault::status(401).times(100));
    for (key, base, expected) in [
        ("pk_test_1", unreachable, "a publishable key"),
        ("sk_test_1", unreachable, unreachable),
        ("sk_test_1", stripe.base_url(), stripe.base_url()),
    ] {
        let variables = [("STRIPE_SECRET_KEY", key), ("STRIPE_API_BASE", base)];
        let (code, out, _) = place.run(&["check", "--json"], &variables).await;
        assert_eq!(code, 1, "{out}");
        let keys = findings(&out, "keys");
        let is_named = |it: &[String; 3]| {
            it[0] == "error" && (it[1].contains(expected) || it[2].contains(expected))
        };
        assert!(keys.iter().any(is_named), "{out}");
        for wrong in ["no secret key", "without a key", "api.stripe.com"] {
            assert!(!out.contains(wrong), "{wrong}: {out}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_a_finding_from_a_stripe_that_it_can_t_reach() {
    let database = TestDatabase::sqlite();
    let stripe = FakeStripe::start().await.unwrap();
    let mut place = Place::of(&database).await;
    let key = stripe.api_key();
    place.set("STRIPE_SECRET_KEY", &key);
    place.set("STRIPE_API_BASE", stripe.base_url());
    let check = async |place: &Place, base: &str, expected: i32, message: &str| {
        let variables = [("STRIPE_API_BASE", base)];
        let (code, out, err) = place.run(&["endpoints", "doctor"], &variables).await;
        assert_eq!(code, expected, "{out}{err}");
        assert!(err.contains(message), "{err}");
    };

    check(&place, stripe.base_url(), 0, "").await;
    let unreached = "the endpoints at Stripe were not all checked";
    check(&place, "http://127.0.0.1:9", 2, unreached).await;

    let create = [
        "endpoints",
        "create",
        "--url",
        "https://shop.example",
        "--validation",
        "none",
    ];
    let (code, out, err) = place.run(&create, &[]).await;
    assert_eq!(code, 0, "{err}");
    let id = out.split(' ').next().unwrap().to_owned();
    check(&place, stripe.base_url(), 1, "").await;
    check(&place, "http://127.0.0.1:9", 2, unreached).await;

    // Nothing at Stripe makes an endpoint safe that checks nothing.
    let (_, out, _) = place.run(&["check", "--json"], &[]).await;
    let endpoints = findings(&out, "endpoints");
    let finding = endpoints
        .iter()
        .find(|it| it[1].contains("it checks nothing"))
        .unwrap();
    let fix = format!("then run `endpoints delete {id}`");
    assert!(
        finding[2].contains(&fix) && !finding[2].contains("sync"),
        "{finding:?}"
    );
}
