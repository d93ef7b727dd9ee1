//! How a process stops: not ready and still accepting, then finishing, then gone; or at once.

use djstripe_core::store::EventState;
use djstripe_tests::TestDatabase;
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::wait::until;

use super::program::Program;
use super::{Client, SECRET, builder, deliver, get};

/// Waits until the server says that it is stopping.
async fn until_stopping(base: &str) {
    let stopping = Some((503, "stopping".to_owned()));
    until(async || get(base, "/readyz").await == stopping).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drains_is_not_ready_and_still_accepts() {
    let database = TestDatabase::sqlite();
    let counter = env!("CARGO_BIN_EXE_counter");
    let arguments = [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["--metrics", "127.0.0.1:0", "--drain", "2s"],
    ];
    let mut program = Program::start(counter, &arguments.concat(), &[], &database);
    let metrics = program.wait_for_base("metrics at ");
    let base = program.wait_for_base("listening on ");
    for base in [&base, &metrics] {
        assert_eq!(get(base, "/readyz").await, Some((200, "ready".to_owned())));
    }

    program.signal("TERM");
    until_stopping(&base).await;
    until_stopping(&metrics).await;
    assert_eq!(deliver(&base, "/stripe/webhook", "evt_1").await, 200);
    assert_eq!(get(&base, "/healthz").await.unwrap().0, 200);

    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(get(&base, "/readyz").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_leaves_running_events_their_time() {
    for (command, arguments) in [("serve", &["--listen", "127.0.0.1:0"][..]), ("work", &[])] {
        let database = TestDatabase::sqlite();
        let app = builder(&database).webhook_secret(SECRET).receivers([]);
        let app = app.build().await.unwrap();
        let event = event_json("evt_1", "invoice.paid", "in_1");
        app.receive(signed(event, SECRET)).await.unwrap();

        let arguments = [&[command][..], arguments].concat();
        let variables = [("OWN_MAIN_SLOW", "1")];
        let own_main = env!("CARGO_BIN_EXE_own-main");
        let mut program = Program::start(own_main, &arguments, &variables, &database);
        program.wait_for("shipping");
        program.signal("TERM");
        let (status, log) = program.ended().await;
        assert_eq!(status.code(), Some(0), "{log}");
        let counts = app.store().state_counts().await.unwrap();
        assert_eq!(counts.get(EventState::Processed), 1, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_process_at_once() {
    for (first, second, expected) in [("TERM", "INT", 130), ("HUP", "TERM", 143)] {
        let database = TestDatabase::sqlite();
        let (program, base) = Program::serve(&["--drain", "1h"], &database);
        program.signal(first);
        until_stopping(&base).await;
        program.signal(second);
        let (status, log) = program.ended().await;
        assert_eq!(status.code(), Some(expected), "{log}");
        for line in [
            format!("signal=\"SIG{first}\""),
            format!("signal=\"SIG{second}\""),
        ] {
            assert!(log.contains(&line), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dribbles_does_not_hold_up_the_end() {
    let database = TestDatabase::sqlite();
    let (program, base) = Program::serve(&["--grace", "500ms"], &database);
    let mut client = Client::connect(&base);
    client.post("content-length: 1000000");
    let dribbling = std::thread::spawn(move || {
        use std::io::Write;
        while client.0.write_all(b" ").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    // It is being served.
    assert_eq!(deliver(&base, "/stripe/webhook", "evt_1").await, 200);

    program.signal("TERM");
    let (status, log) = program.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("requests are cut off after the grace period"),
        "{log}"
    );
    dribbling.join().unwrap();
}
