//! Variables that are set to nothing.

use std::collections::BTreeSet;

use djstripe_tests::TestDatabase;

use super::{Place, Running, SECRET, VARIABLES};

/// Variables besides [`VARIABLES`] whose empty value is not a value either.
const OTHERS: [&str; 11] = [
    "DJSTRIPE_BODY_LIMIT",
    "DJSTRIPE_BODY_MEMORY",
    "DJSTRIPE_CONNECTIONS",
    "DJSTRIPE_DRAIN",
    "DJSTRIPE_GRACE",
    "DJSTRIPE_LOG_FORMAT",
    "DJSTRIPE_MAX_CONNECTIONS",
    "DJSTRIPE_NO_MIGRATE",
    "DJSTRIPE_REFRESH",
    "DJSTRIPE_TRUSTED_PROXY",
    "NO_COLOR",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_is_not_set() {
    let database = TestDatabase::sqlite();
    let mut place = Place::of(&database).await;
    place.set("STRIPE_WEBHOOK_SECRET", SECRET);
    let (code, expected, err) = place.run(&["check", "--json"], &[]).await;
    assert!(!expected.is_empty(), "{err}");

    // What the command would find without the variable is what it finds with an empty one.
    let of_others = VARIABLES.into_iter().chain(OTHERS);
    let of_others = of_others.filter(|it| !["DATABASE_URL", "STRIPE_WEBHOOK_SECRET"].contains(it));
    for (variable, empty) in of_others
        .map(|it| (it, ""))
        .chain([("DJSTRIPE_LISTEN", " ")])
    {
        let (actual, found, err) = place.run(&["check", "--json"], &[(variable, empty)]).await;
        assert_eq!((actual, &*found), (code, &*expected), "{variable}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_variable_that_help_shows() {
    let place = Place::new();
    let known: BTreeSet<&str> = VARIABLES.into_iter().chain(OTHERS).collect();
    let commands = [
        "serve", "work", "check", "sync", "listen", "trigger", "demo", "verify",
    ];
    for command in commands {
        let (_, help, _) = place.run(&[command, "--help"], &[]).await;
        let shown = help.split("[env: ").skip(1);
        let shown = shown.filter_map(|rest| rest.split(['=', ']']).next());
        for variable in shown {
            // The tests of other settings have variables of their own.
            let is_secret = variable.contains("SECRET")
                || variable.contains("KEY")
                || variable.ends_with("_FILE");
            assert!(
                !is_secret || known.contains(variable),
                "{variable} of {command}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_needs_a_value_misses_it() {
    let mut place = Place::new();
    for variable in VARIABLES.into_iter().chain(OTHERS) {
        place.set(variable, "");
    }
    // The default database is in the folder.
    assert_eq!(place.run(&["migrate"], &[]).await.0, 0);
    assert!(place.path().join("djstripe.db").exists());
    assert_eq!(place.run(&["stats"], &[]).await.0, 0);
    Running::until(place.command(&["work"], &[]), "working").stop();

    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let (code, _, err) = place.run(&serve, &[]).await;
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("no signing secret; set STRIPE_WEBHOOK_SECRET"),
        "{err}"
    );
    let with_secret = place.command(&serve, &[("STRIPE_WEBHOOK_SECRET", SECRET)]);
    // An empty RUST_LOG does not silence the log.
    Running::until(with_secret, "listening on ").stop();

    let (code, _, err) = place.run(&["verify", "customer"], &[]).await;
    assert!(code != 0 && err.contains("STRIPE_SECRET_KEY"), "{err}");
    let (code, _, err) = place.run(&["endpoints", "reencrypt"], &[]).await;
    assert!(
        code == 1 && err.contains("set DJSTRIPE_ENCRYPTION_KEY"),
        "{err}"
    );
}
