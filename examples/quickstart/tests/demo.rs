//! The example does what the README says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A child process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn quickstart() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command
        .env_remove("STRIPE_WEBHOOK_SECRET")
        .env_remove("DATABASE_URL");
    command
}

#[test]
fn demo_tells_what_was_stored_what_ran_and_what_was_refused() {
    let output = quickstart().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();

    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );

    for expected in [
        "3 receivers of yours, 13 built in",
        "delivered a second time",
        "forged (signature not accepted)",
        "an event name that is not in the catalogue",
        "a thin event: the row is fetched from Stripe",
        "Stored 14 events, each once",
        "prod_ann",
        "ran djstripe::handle_customer_event, quickstart::greet",
        "ran djstripe::handle_charge_event (not mirrored: Stripe no longer has the object",
        "ran djstripe::mirror (not mirrored: the catalogue has no type",
        "quickstart::count_order",
        "quickstart::ship",
        "shop: order number 1",
        "checkout.session          cs_test_demo03",
        "cus_ann         ann@example.com",
        "cus_bob         bob@example.com  purged",
        "sub_ann         canceled",
        "card_ann        deleted",
        "404  GET /v1/charges/ch_gone",
        "429  GET /v1/refunds/re_ann",
        "200  GET /v1/refunds/re_ann",
        "no signature matches the body",
        "Next steps",
    ] {
        assert!(
            printed.contains(expected),
            "`{expected}` is missing in:\n{printed}"
        );
    }

    assert_eq!(printed.matches("quickstart::ship").count(), 1, "{printed}");
}

#[test]
fn the_last_line_of_the_demo_leaves_its_page_up() {
    let output = quickstart().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let line = printed.lines().last().unwrap().trim();
    let (_, password) = line.split_once("DJSTRIPE_PAGE_PASSWORD=").unwrap();
    let (password, _) = password.split_once(' ').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);

    // The shop of this test may not take the port that everybody has.
    let line = line.replace("127.0.0.1:4242", &address);
    let serve = Command::new("sh")
        .args(["-c", &format!("exec env {line}")])
        .stderr(Stdio::null())
        .spawn();
    let serve = Process(serve.unwrap());
    let page = wait_for_page(&address, &format!("ann:{password}"));
    drop(serve);

    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("<h1>Events</h1>"), "{page}");
    assert!(page.contains("prod_ann"), "{page}");
}

/// The list of events, as soon as the server answers.
fn wait_for_page(address: &str, credentials: &str) -> String {
    for _ in 0..200 {
        if let Ok(mut stream) = TcpStream::connect(address) {
            let request = format!(
                "GET /djstripe/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {}\r\nConnection: close\r\n\r\n",
                STANDARD.encode(credentials)
            );
            stream
                .write_all(request.as_bytes())
                .expect("the request can be sent");
            let mut page = String::new();
            stream
                .read_to_string(&mut page)
                .expect("the page can be read");
            return page;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing listens on {address}");
}

#[test]
fn serve_refuses_to_start_without_a_secret() {
    let output = quickstart().arg("serve").output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("set STRIPE_WEBHOOK_SECRET"), "{error}");
}

#[test]
fn listing_a_database_without_tables_says_what_to_do() {
    let folder = std::env::temp_dir().join(format!("djstripe-empty-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("empty.db");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite:{}", file.display());

    let output = quickstart()
        .args(["events", "--database-url", &url])
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("run the `migrate` command first"), "{error}");
}
