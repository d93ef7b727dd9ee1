//! Registration: a receiver of a library crate is registered if and only if the program names the
//! crate.

use std::process::Command;

use djstripe_core::receivers;
use djstripe_tests::process::output;
use serde_json::Value;

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
        ["library::greet"]
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
