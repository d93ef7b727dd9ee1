//! What is registered: a receiver in a library crate is there if and only if the program mentions the crate.

use std::process::Command;

use djstripe_tests::process::output;
use serde_json::Value;

fn receivers(program: &str) -> Vec<String> {
    let printed = output(Command::new(program).args(["receivers", "--json"]));
    let listed = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    listed.map(|receiver| receiver["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_library_that_is_mentioned_brings_its_receivers() {
    assert_eq!(receivers(env!("CARGO_BIN_EXE_with-library")), ["djstripe::mirror", "library::greet"]);
}

#[test]
fn a_library_that_is_only_listed_in_the_manifest_does_not() {
    // This program is of the same package, so the library is among its dependencies too.
    assert_eq!(receivers(env!("CARGO_BIN_EXE_counter")), ["djstripe::mirror", "counter::count"]);
}
