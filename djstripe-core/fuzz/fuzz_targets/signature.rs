//! Verifies any header over any body: no panic, and nothing unsigned is accepted.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use djstripe_core::signature::{DEFAULT_TOLERANCE, SigningSecrets, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (header, body) = input;
    let secrets = SigningSecrets::new(["whsec_fuzz"]).expect("a secret");
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let verified = verify(body.to_vec().into(), Some(header), &secrets, DEFAULT_TOLERANCE, now);
    assert!(verified.is_err(), "forged");
});
