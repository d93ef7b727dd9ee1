//! The program that README shows: it processes what it acknowledges, and ends in an orderly way.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use djstripe_core::Djstripe;
use djstripe_core::signature::sign;
use djstripe_core::store::EventState;
use djstripe_core::testing::http_client;
use djstripe_tests::process::own_main;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SECRET: &str = "whsec_own_server";

/// The program on a free port. Killed when dropped.
struct Shop {
    child: Child,
    address: String,
    database_url: String,
}

impl Shop {
    async fn start(folder: &Path) -> Self {
        let database_url = format!("sqlite:{}", folder.join("shop.db").display());
        let program = env!("CARGO_BIN_EXE_own-server").as_ref();
        let (mut program, address) = own_main(program, &database_url, SECRET);
        let child = program.stdout(Stdio::piped()).spawn().unwrap();

        for _ in 0..1_200 {
            if TcpStream::connect(&address).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self {
            child,
            address,
            database_url,
        }
    }

    async fn state(&self, id: &str) -> Option<EventState> {
        let builder = Djstripe::builder().database_url(&self.database_url);
        let store = builder.open_store().await.unwrap();
        store.event(id).await.unwrap().map(|(event, _)| event.state)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn paid(id: &str) -> String {
    let invoice = r#"{"id":"in_1","object":"invoice","customer_email":"ann@example.com"}"#;
    format!(r#"{{"id":"{id}","type":"invoice.paid","data":{{"object":{invoice}}}}}"#)
}

/// README's code blocks.
fn blocks() -> Vec<&'static str> {
    let readme = include_str!("../../../README.md");
    let fenced = readme.split("```").skip(1).step_by(2);
    fenced
        .filter_map(|block| block.strip_prefix("rust,no_run\n"))
        .collect()
}

#[test]
fn readme_shows_this_program() {
    let program = include_str!("../src/main.rs");
    assert!(
        blocks().iter().any(|block| program.ends_with(block)),
        "README has another one"
    );
}

#[tokio::test]
async fn it_processes_and_finishes_what_is_under_way_at_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::start(folder.path()).await;
    let get = async |path: &str| {
        let answer = http_client().get(format!("http://{}{path}", shop.address));
        answer.send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(get("/").await, "my shop");
    assert_eq!(get("/readyz").await, "ready");

    let body = paid("evt_1");
    let delivery = http_client()
        .post(format!("http://{}/stripe/webhook", shop.address))
        .header(
            "stripe-signature",
            sign(body.as_bytes(), SECRET, SystemTime::now()),
        )
        .body(body);
    assert_eq!(delivery.send().await.unwrap().status(), 200);
    for _ in 0..600 {
        if shop.state("evt_1").await == Some(EventState::Processed) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shop.state("evt_1").await, Some(EventState::Processed));

    // Half of a delivery is sent when the signal comes.
    let body = paid("evt_2");
    let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
    let head = format!(
        "POST /stripe/webhook HTTP/1.1\r\nhost: shop.example\r\nexpect: 100-continue\r\n\
         content-length: {}\r\nstripe-signature: {signature}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(&shop.address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    // The answer says that the handler reads the body.
    let mut go_on = [0; 25];
    client.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    let terminate = ["-TERM", &shop.child.id().to_string()];
    assert!(
        Command::new("kill")
            .args(terminate)
            .status()
            .unwrap()
            .success()
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let mut printed = String::new();
    let mut output = shop.child.stdout.take().unwrap();
    let ended = shop.child.wait().unwrap();
    assert!(ended.success(), "{ended}");
    output.read_to_string(&mut printed).unwrap();
    assert!(printed.contains("ann@example.com"), "{printed}");
    assert!(shop.state("evt_2").await.is_some(), "it was acknowledged");
}
