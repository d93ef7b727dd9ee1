//! Values and files, of flags and of variables.

use std::time::SystemTime;

use djstripe_core::endpoint::{EncryptionKey, Endpoint, StoredSecret};
use djstripe_core::signature::sign;
use djstripe_core::testing::{FakeStripe, http_client};
use djstripe_tests::TestDatabase;
use serde_json::json;

use super::{Place, Running, SECRET};

const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_all_its_secrets_from_files_and_logs_none() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "account", "id": "acct_shop" }));
    let database = TestDatabase::sqlite();
    Place::of(&database).await;
    let store = database.store().await;
    let mut place = Place::new();
    let sealed = "whsec_sealed_for_an_endpoint";
    let by_file = "whsec_in_a_file_of_an_endpoint";
    let path = place.file("endpoint", by_file);
    let mut endpoints = Vec::new();
    for secret in [None, Some(format!("file:{}", path.display()))] {
        let mut endpoint = Endpoint::new();
        let key = EncryptionKey::parse(KEY).unwrap();
        endpoint.add_secret(
            match secret {
                None => StoredSecret::seal(sealed, endpoint.id, &key).unwrap(),
                Some(reference) => reference.parse().unwrap(),
            },
            None,
        );
        store.insert_endpoint(&endpoint).await.unwrap();
        endpoints.push(endpoint);
    }
    for (variable, content) in [
        ("DATABASE_URL", database.url()),
        ("STRIPE_WEBHOOK_SECRET", &format!("{SECRET},whsec_older")),
        ("STRIPE_SECRET_KEY", &stripe.api_key()),
        ("STRIPE_ACCOUNT_KEYS", "acct_2=sk_test_acct_2"),
        ("DJSTRIPE_ENCRYPTION_KEY", KEY),
    ] {
        let path = place.file(variable, &format!("{content}\n"));
        place.set(&format!("{variable}_FILE"), path.to_str().unwrap());
    }
    place.set("STRIPE_API_BASE", stripe.base_url());
    place.set("RUST_LOG", "trace");

    let serve = place.command(&["serve", "--listen", "127.0.0.1:0"], &[]);
    let server = Running::until(serve, "listening on ");
    let url = server.url().to_owned();
    let client = http_client();
    let paths: Vec<String> = endpoints.iter().map(|it| format!("/{}", it.id)).collect();
    for (path, secret, expected) in [
        ("", SECRET, 200),
        ("", "whsec_older", 200),
        ("", "whsec_of_nobody", 400),
        (&*paths[0], sealed, 200),
        (&*paths[1], by_file, 200),
    ] {
        let body = r#"{"id":"evt_1","type":"customer.levitated"}"#;
        let signature = sign(body.as_bytes(), secret, SystemTime::now());
        let request = client
            .post(format!("{url}{path}"))
            .header("stripe-signature", signature)
            .body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), expected, "{path} {secret}");
    }

    let used = stripe.requests();
    assert!(used.iter().any(|request| request.own_account == "acct_2"));
    let log = server.stop();
    for secret in [
        SECRET,
        sealed,
        by_file,
        KEY,
        &stripe.api_key(),
        "sk_test_acct_2",
    ] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_and_a_file_given_alike_are_incorrect_usage() {
    let place = Place::new();
    let file = place.file("secret", SECRET);
    let file = file.to_str().unwrap();
    let check = async |arguments: &[&str], variables: &[(&str, &str)], expected: &str| {
        let (code, _, err) = place.run(arguments, variables).await;
        assert_eq!(code, 2, "{arguments:?} {variables:?}: {err}");
        assert!(err.contains(expected), "{err}");
        assert!(!err.contains(SECRET), "{err}");
    };

    for variable in [
        "DATABASE_URL",
        "DIRECT_DATABASE_URL",
        "STRIPE_WEBHOOK_SECRET",
        "STRIPE_SECRET_KEY",
        "STRIPE_TEST_SECRET_KEY",
        "STRIPE_LIVE_SECRET_KEY",
        "STRIPE_ACCOUNT_KEYS",
    ] {
        let of_file = format!("{variable}_FILE");
        let both = format!("{variable} and {of_file} are both set");
        let variables = [(variable, SECRET), (&*of_file, file)];
        check(&["check"], &variables, &both).await;
    }
    let both = "`--webhook-secret` and `--webhook-secret-file` are both given";
    let flags = [
        "check",
        "--webhook-secret",
        SECRET,
        "--webhook-secret-file",
        file,
    ];
    check(&flags, &[], both).await;

    // Of the keys that no flag has, the command that needs them says so.
    let database = TestDatabase::sqlite();
    Place::of(&database).await;
    let key = "5e".repeat(32);
    let variables = [
        ("DATABASE_URL", database.url()),
        ("DJSTRIPE_ENCRYPTION_KEY", &key),
        ("DJSTRIPE_ENCRYPTION_KEY_FILE", file),
    ];
    let (code, _, err) = place.run(&["endpoints", "reencrypt"], &variables).await;
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("DJSTRIPE_ENCRYPTION_KEY_FILE are both set"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_replaces_the_variable_and_its_file() {
    let database = TestDatabase::sqlite();
    Place::of(&database).await;
    let place = Place::new();
    let file = place.file("url", &format!("{}\n", database.url()));
    let file = file.to_str().unwrap();
    let wrong = place.file("wrong", "mysql://shop");
    let wrong = wrong.to_str().unwrap();

    for (arguments, variables) in [
        (
            &["--database-url", database.url()][..],
            [("DATABASE_URL", "mysql://shop")],
        ),
        (
            &["--database-url", database.url()],
            [("DATABASE_URL_FILE", wrong)],
        ),
        (
            &["--database-url-file", file],
            [("DATABASE_URL", "mysql://shop")],
        ),
        (
            &["--database-url-file", file],
            [("DATABASE_URL_FILE", wrong)],
        ),
        (&[], [("DATABASE_URL_FILE", file)]),
    ] {
        let arguments = [&["stats"], arguments].concat();
        let (code, _, err) = place.run(&arguments, &variables).await;
        assert_eq!((code, &*err), (0, ""), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_t_be_read_is_named_and_its_content_is_not() {
    let place = Place::new();
    let empty = place.file("empty", "\n");
    let long = place.file("long", &SECRET.repeat(10_000));
    let folder = place.path().to_path_buf();
    let missing = folder.join("missing");
    for (path, expected) in [
        (&empty, "is empty"),
        (&long, "is longer than 64 KiB"),
        (&folder, "is not a file"),
        (&missing, "can't be read: entity not found"),
    ] {
        let path = path.to_str().unwrap();
        for (arguments, variables, name) in [
            (
                &["serve"][..],
                &[("STRIPE_WEBHOOK_SECRET_FILE", path)][..],
                "STRIPE_WEBHOOK_SECRET_FILE: ",
            ),
            (
                &["trigger", "invoice.paid", "--webhook-secret-file", path],
                &[],
                "--webhook-secret-file: ",
            ),
            (
                &["stats"],
                &[("DATABASE_URL_FILE", path)],
                "DATABASE_URL_FILE: ",
            ),
        ] {
            let (code, _, err) = place.run(arguments, variables).await;
            assert_eq!(code, 1, "{arguments:?}: {err}");
            let error = format!("error: {name}{path} {expected}");
            assert!(err.starts_with(&error), "{err}");
            assert!(!err.contains(SECRET), "{err}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_on_the_command_line_is_warned_of() {
    let place = Place::new();
    let check = async |arguments: &[&str], variables: &[(&str, &str)], expected: &[&str]| {
        let (_, _, err) = place.run(arguments, variables).await;
        let warned: Vec<&str> = err
            .lines()
            .filter(|line| line.contains("shows its secret to every user"))
            .collect();
        assert_eq!(warned.len(), expected.len(), "{arguments:?}: {err}");
        for (warning, expected) in warned.iter().zip(expected) {
            assert!(warning.contains(expected), "{err}");
        }
        assert!(
            !err.contains(SECRET) && !err.contains("pw_of_the_test"),
            "{err}"
        );
    };

    let base = ("STRIPE_API_BASE", "http://127.0.0.1:9");
    let secret = ["set STRIPE_WEBHOOK_SECRET, or STRIPE_WEBHOOK_SECRET_FILE to the path of a file"];
    check(&["check", "--webhook-secret", SECRET], &[], &secret).await;
    check(&["check"], &[("STRIPE_WEBHOOK_SECRET", SECRET)], &[]).await;
    let both = ["set STRIPE_SECRET_KEY,", "set STRIPE_ACCOUNT_KEYS,"];
    let keys = [
        "check",
        "--secret-key",
        "sk_test_1",
        "--account-key",
        "acct_1=sk_test_2",
    ];
    check(&keys, &[base], &both).await;

    // An address without a password is no secret.
    let url = "postgres://shop:pw_of_the_test@127.0.0.1:9/shop";
    check(
        &["stats", "--database-url", url],
        &[],
        &["set DATABASE_URL,"],
    )
    .await;
    check(&["stats", "--database-url", "sqlite:shop.db"], &[], &[]).await;

    // A server warns in its log.
    let serve = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--webhook-secret",
        SECRET,
    ];
    let running = Running::until(place.command(&serve, &[]), "listening on ");
    let log = running.stop();
    let line = log
        .lines()
        .find(|line| line.contains("`--webhook-secret` shows"));
    assert!(line.is_some_and(|line| line.contains("WARN")), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}
