//! `listen` as a process of its own, with a server that stops and restarts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::process::{output, quickstart};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

const SECRET: &str = "whsec_made_up";
const PAST_DUE: &str = "v1.customer.subscription.past_due";

/// A process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Interrupts it as Ctrl-C does; returns its exit status.
    fn interrupt(&mut self) -> i32 {
        output(Command::new("kill").args(["-INT", &self.0.id().to_string()]));
        self.0.wait().unwrap().code().unwrap()
    }
}

fn program(stripe: &FakeStripe) -> Command {
    let mut command = Command::new(quickstart());
    command
        .envs([
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("STRIPE_SECRET_KEY", &stripe.api_key()),
        ])
        .envs([
            ("STRIPE_API_BASE", stripe.base_url()),
            ("NO_COLOR", "1"),
            ("RUST_LOG", "off"),
        ])
        .stdin(Stdio::null());
    command
}

fn serve(stripe: &FakeStripe, database: &TestDatabase, port: u16) -> Running {
    let mut command = program(stripe);
    command.args([
        "serve",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--database-url",
        database.url(),
    ]);
    Running(command.stdout(Stdio::null()).spawn().unwrap())
}

/// Starts `listen`; returns once it listens, with the lines that it prints from then on.
fn listen(stripe: &FakeStripe, arguments: &[&str]) -> (Running, std::sync::mpsc::Receiver<String>) {
    let mut command = program(stripe);
    command
        .args(["listen", "--interval", "50ms"])
        .args(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    let first = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(first.contains("from now on"), "{first}");
    (Running(child), receiver)
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn emit(stripe: &FakeStripe, name: &str, number: usize) -> String {
    let object = json!({ "id": format!("co_{number}"), "object": "coupon" });
    stripe.emit(name, &object)["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_reaches_a_server_that_comes_and_goes_once_and_in_order() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        emit(&stripe, "coupon.created", 0);
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/stripe/webhook");
        let mut server = Some(serve(&stripe, &database, port));

        let (mut listening, lines) = listen(&stripe, &["--forward-to", &url]);
        let next = || lines.recv_timeout(Duration::from_secs(30)).unwrap();

        let mut expected = Vec::new();
        for round in 0..3 {
            // While the server is stopped, and while it runs.
            for number in 0..40 {
                expected.push(emit(&stripe, "coupon.updated", number));
            }

            if round > 0 {
                tokio::time::sleep(Duration::from_millis(300)).await;
                server = Some(serve(&stripe, &database, port));
            }

            for number in 0..40 {
                let line = next();
                let id = &expected[round * 40 + number];
                assert!(
                    line.ends_with(id) && line.contains("  200  coupon.updated  "),
                    "{line} is not of {id}"
                );
            }
            drop(server.take());
        }

        assert_eq!(listening.interrupt(), 0);
        assert_eq!(next(), "120 forwarded, 0 not accepted");

        let mut listed = program(&stripe);
        listed.args([
            "events",
            "--json",
            "--limit",
            "1000",
            "--database-url",
            database.url(),
        ]);
        let mut stored: Vec<(String, String)> = Vec::new();
        for line in output(&mut listed).lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            stored.push((text("received_at"), text("id")));
        }

        stored.sort();
        assert_eq!(
            stored.into_iter().map(|(_, id)| id).collect::<Vec<_>>(),
            expected
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_accepted_is_told_and_events_can_be_chosen() {
    let stripe = FakeStripe::start().await.unwrap();
    let refusing = axum::Router::new().fallback(async || axum::http::StatusCode::BAD_REQUEST);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, refusing).await });

    let (mut listening, lines) = listen(
        &stripe,
        &["--forward-to", &url, "--events", "coupon.deleted,invoice.*"],
    );

    emit(&stripe, "coupon.updated", 1);
    let id = emit(&stripe, "coupon.deleted", 1);
    let line = lines.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(
        line.ends_with(&format!("  400  coupon.deleted  {id}")),
        "{line}"
    );

    assert_eq!(listening.interrupt(), 1);
    assert_eq!(
        lines.recv_timeout(Duration::from_secs(10)).unwrap(),
        "0 forwarded, 1 not accepted"
    );
}

/// An address that accepts everything, and the bodies that arrive there.
async fn recorder() -> (String, Arc<Mutex<Vec<Value>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&bodies);
    let recording = axum::Router::new().fallback(async move |body: String| {
        record
            .lock()
            .unwrap()
            .push(serde_json::from_str(&body).unwrap());
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, recording).await });
    (url, bodies)
}

/// Emits an event that is a snapshot event and a thin one, and two that are thin only.
fn emit_each_kind(stripe: &FakeStripe) -> [Value; 3] {
    let coupon = json!({ "id": "co_1", "object": "coupon" });
    let twin = stripe.emit_with("coupon.updated", &coupon, json!({ "name": "was" }));
    let subscription = stripe.fixture("subscription", json!({}));
    let data = json!({ "known": true });
    let past_due = stripe.emit_thin(PAST_DUE, &subscription, data);
    let account = stripe.fixture("v2.core.account", json!({}));
    let created = stripe.emit_thin("v2.core.account.created", &account, Value::Null);
    [twin, past_due, created]
}

#[tokio::test(flavor = "multi_thread")]
async fn thin_events_are_forwarded_as_notifications_of_the_names_that_were_asked_for() {
    // The options, and which are forwarded: the snapshot event, its thin event, the two others.
    let cases: [(&[&str], [bool; 4]); 8] = [
        (&[], [true, false, true, true]),
        (&["--events", "coupon.*"], [true, false, false, false]),
        (
            &["--events", "v1.coupon.updated"],
            [true, false, false, false],
        ),
        (
            &["--events", "v1.customer.subscription.*"],
            [false, false, true, false],
        ),
        (
            &["--events", "coupon.updated,v2.core.account.created"],
            [true, false, false, true],
        ),
        (
            &["--thin-events", "coupon.updated"],
            [true, true, false, false],
        ),
        (&["--thin-events", "*"], [true, true, true, true]),
        (
            &["--events", "coupon.deleted", "--thin-events", "v1.coupon.*"],
            [false, true, false, false],
        ),
    ];
    for (options, expected) in cases {
        let stripe = FakeStripe::start().await.unwrap();
        emit_each_kind(&stripe);
        let (url, bodies) = recorder().await;
        let (mut listening, lines) = listen(&stripe, &[&["--forward-to", &url], options].concat());
        let [twin, past_due, created] = emit_each_kind(&stripe);
        let all = [twin.clone(), stripe.thin(&twin), past_due, created];
        let wanted = all.iter().zip(expected).filter(|(_, is_wanted)| *is_wanted);
        let mut wanted: Vec<&Value> = wanted.map(|(event, _)| event).collect();
        for _ in &wanted {
            let line = lines.recv_timeout(Duration::from_secs(10)).unwrap();
            let name = |event: &&&Value| line.contains(event["type"].as_str().unwrap());
            let id = |event: &&&Value| line.ends_with(event["id"].as_str().unwrap());
            assert!(line.contains("  200  "), "{line}");
            assert!(
                wanted.iter().any(|event| name(&event) && id(&event)),
                "{line}"
            );
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(listening.interrupt(), 0);

        let mut bodies = bodies.lock().unwrap().clone();
        let by_id = |event: &Value| event["id"].to_string();
        bodies.sort_by_key(by_id);
        wanted.sort_by_key(|event| by_id(event));
        assert_eq!(bodies.iter().collect::<Vec<_>>(), wanted, "{options:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thin_events_can_go_to_an_address_of_their_own_and_are_accepted() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let (url, bodies) = recorder().await;
        let port = free_port();
        let _server = serve(&stripe, &database, port);
        let thin_url = format!("http://127.0.0.1:{port}/stripe/webhook");
        let arguments = ["--forward-to", &url, "--forward-thin-to", &thin_url];
        let (mut listening, lines) = listen(&stripe, &arguments);
        let [twin, past_due, created] = emit_each_kind(&stripe);
        for _ in 0..3 {
            let line = lines.recv_timeout(Duration::from_secs(30)).unwrap();
            assert!(line.contains("  200  "), "{line}");
        }
        assert_eq!(listening.interrupt(), 0);
        assert_eq!(*bodies.lock().unwrap(), [twin]);

        let mut listed = program(&stripe);
        listed.args(["events", "--json", "--database-url", database.url()]);
        let stored = output(&mut listed);
        let stored = stored
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut stored: Vec<Value> = stored.map(|event| event["id"].clone()).collect();
        let mut expected = [past_due["id"].clone(), created["id"].clone()];
        stored.sort_by_key(Value::to_string);
        expected.sort_by_key(Value::to_string);
        assert_eq!(stored, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_thin_events_forwards_the_others_unless_they_were_asked_for() {
    let stripe = FakeStripe::start().await.unwrap();
    let (url, bodies) = recorder().await;
    let refused = || Fault::status(403).on("/v2/core/events").times(1_000);
    stripe.fail_next(refused());
    let (mut listening, lines) = listen(&stripe, &["--forward-to", &url]);
    let [twin, ..] = emit_each_kind(&stripe);
    lines.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(listening.interrupt(), 0);
    assert_eq!(*bodies.lock().unwrap(), [twin]);
    let requests = stripe.count_requests(|request| request.path == "/v2/core/events");
    assert_eq!(requests, 1, "a refused list is not polled");

    for options in [["--events", PAST_DUE], ["--thin-events", "*"]] {
        let refused = program(&stripe)
            .arg("listen")
            .args(options)
            .output()
            .unwrap();
        let error = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{error}");
        assert!(error.contains("403"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_meant_is_refused() {
    let stripe = FakeStripe::start().await.unwrap();
    let check = |arguments: &[&str], without: &str, code: i32, expected: &str| {
        let output = program(&stripe)
            .arg("listen")
            .args(arguments)
            .env_remove(without)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(code) && text.contains(expected),
            "{arguments:?}: {text}"
        );
    };

    check(
        &["--forward-to", "https://example.com/hook"],
        "",
        2,
        "--allow-remote",
    );
    check(
        &["--forward-to", "ftp://127.0.0.1/"],
        "",
        2,
        "not an http or https address",
    );

    check(
        &["--forward-thin-to", "https://example.com/hook"],
        "",
        2,
        "--allow-remote",
    );
    check(
        &["--thin-events", "apps.install.created"],
        "",
        2,
        "name it in --events",
    );

    check(&[], "STRIPE_WEBHOOK_SECRET", 2, "such as whsec_local");
    check(&[], "STRIPE_SECRET_KEY", 1, "no secret key for test mode");
    check(&["--live"], "", 1, "no secret key for live mode");
}
