//! Registration: a receiver of a library crate is registered if and only if the program names the
//! crate.

use std::process::Command;

use djstripe_core::{Djstripe, receivers, stripe_receiver};
use djstripe_tests::process::output;
use djstripe_tests::{TestDatabase, registry};
use serde_json::Value;

use crate::log::Log;

fn registered(program: &str) -> Vec<String> {
    let printed = output(Command::new(program).args(["receivers", "--json"]));
    let listed = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ids = listed.map(|receiver| receiver["id"].as_str().unwrap().to_owned());
    let (built_in, own): (Vec<String>, Vec<String>) =
        ids.partition(|id| id.starts_with("djstripe::"));

    assert_eq!(built_in.len(), receivers::built_in().count());
    own
}

#[test]
fn a_library_that_is_mentioned_brings_its_receivers() {
    assert_eq!(
        registered(env!("CARGO_BIN_EXE_with-library")),
        ["library::greet", "library::plan"]
    );
}

#[test]
fn a_library_that_is_only_listed_in_the_manifest_does_not() {
    // This program belongs to the same package, so it depends on the library as well.
    assert_eq!(
        registered(env!("CARGO_BIN_EXE_counter")),
        ["counter::count"]
    );
}

const SECRET: &str = "whsec_registration";

#[stripe_receiver("invoice.paid", id = "registration::own")]
fn own() {}

#[tokio::test]
async fn an_application_without_receivers_of_its_own_is_warned() {
    let own = || registry::receivers(|id| id == "registration::own");
    for (own, is_warned) in [(Vec::new(), true), (own(), false)] {
        let log = Log::default();
        let guard = log.start(tracing::Level::WARN);
        Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(TestDatabase::sqlite().url())
            .receivers(receivers::built_in().chain(own))
            .build()
            .await
            .unwrap();
        drop(guard);

        let text = log.text();
        let warning = "no receiver of the application is registered";
        assert_eq!(text.contains(warning), is_warned, "{text}");
    }
}
