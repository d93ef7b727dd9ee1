//! Text from outside that would act on a terminal, through each command and log that shows it.

use djstripe_core::__internals::{NewDelivery, NewEvent, queue};
use djstripe_core::Event;
use djstripe_core::store::Timestamp;
use serde_json::json;

use super::{Ended, Shop, ended, objects};

/// A color, the title of a window, a line of its own, and text from right to left.
const FORGED: &str =
    "evt_\u{1b}[31m\u{1b}]0;title\u{7}\r\nERROR forged\t\u{9b}2J\u{7f}\u{2028}\u{202e}evil\u{2069}";

/// How it is printed.
const ESCAPED: &str =
    r"evt_\u001b[31m\u001b]0;title\u0007\r\nERROR forged\t\u009b2J\u007f\u2028\u202eevil\u2069";

/// Nothing printed acts on a terminal, and no line was forged.
fn check_printed(command: &str, ended: &Ended, lines: usize) {
    for text in [&ended.out, &ended.err] {
        let acts = |it: char| {
            it.is_control() && it != '\n'
                || ('\u{2028}'..='\u{202e}').contains(&it)
                || it == '\u{2069}'
        };
        assert!(!text.contains(acts), "{command}: {text:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("ERROR")),
            "{command}: {text}"
        );
    }
    assert_eq!(ended.out.lines().count(), lines, "{command}: {}", ended.out);
}

impl Shop {
    /// Stores an event, a refused delivery and a customer with this text in them.
    async fn store_forged(&self) {
        let store = self.database.store().await;
        let event = json!({
            "id": FORGED, "type": FORGED, "created": 1_700_000_000, "api_version": null,
            "data": { "object": { "id": "cus_1", "object": "customer" } },
        });
        let new = NewEvent {
            event: Event::from_json(&event.to_string()).unwrap(),
            received_at: Timestamp::now(),
            remote_address: None,
            endpoint: None,
        };
        queue(&store).insert_events(&[new]).await.unwrap();

        let refused = NewDelivery {
            received_at: Timestamp::now(),
            reason: FORGED.to_owned(),
            remote_address: Some(FORGED.to_owned()),
            endpoint: None,
            headers: vec![("stripe-signature".to_owned(), FORGED.into())],
            body: FORGED.into(),
        };
        queue(&store).record_delivery(refused).await.unwrap();

        let customer = json!({ "id": "cus_1", "object": "customer", "email": FORGED });
        self.stripe.insert(customer);
        let synced = self.run(&["sync", "customer"]).await;
        assert_eq!(synced.code, 0, "{synced:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_text_reaches_no_terminal() {
    let shop = Shop::new().await;
    shop.store_forged().await;

    let commands: [(&[&str], [usize; 2], i32); 7] = [
        (&["events"], [1, 1], 0),
        // The event, how it was sent, when it is due, its delivery, and its payload.
        (&["events", "show", FORGED], [5, 1], 0),
        (&["events", "retry", FORGED], [2, 2], 0),
        (&["events", "list", "--name", FORGED], [1, 1], 0),
        (&["events", "show", "evt_\u{1b}[2J\nERROR none"], [0, 0], 1),
        (&["deliveries"], [1, 1], 0),
        (&["objects", "customer"], [1, 1], 0),
    ];
    for (arguments, [lines, json_lines], code) in commands {
        let name = arguments.join(" ");
        let mut text = shop.run(arguments).await;
        assert_eq!(text.code, code, "{text:?}");
        check_printed(&name, &text, lines);
        text.out += &text.err;
        assert!(text.out.contains(r"evt_\u001b["), "{name}: {}", text.out);

        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let printed = shop.run(&arguments).await;
        assert_eq!(printed.code, code, "{printed:?}");
        check_printed(&name, &printed, json_lines);
        objects(&printed.out);
        objects(&printed.err);
    }

    // What programs read has the text as it was sent.
    let listed = objects(&shop.run(&["events", "--json"]).await.out);
    assert_eq!([&listed[0]["id"], &listed[0]["name"]], [FORGED, FORGED]);
    let refused = objects(&shop.run(&["deliveries", "--json"]).await.out);
    assert_eq!(
        [&refused[0]["reason"], &refused[0]["body"]],
        [FORGED, FORGED]
    );
    assert!(shop.run(&["events"]).await.out.contains(ESCAPED));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_text_reaches_no_log_raw() {
    let shop = Shop::new().await;
    // Nothing listens there: the command fails after it has logged a warning.
    for json in [false, true] {
        let mut command = shop.command(&["trigger", FORGED, "--url", "http://127.0.0.1:1"]);
        command.env("RUST_LOG", "warn,djstripe_core=warn");
        if json {
            command.arg("--json");
        }
        let failed = ended(command).await;
        assert_eq!(failed.code, 1, "{failed:?}");
        check_printed("trigger", &failed, 0);

        if json {
            let entries = objects(&failed.err);
            let message = entries[0]["fields"]["message"].as_str().unwrap();
            assert!(message.contains(FORGED), "{message}");
            assert_eq!(entries.last().unwrap()["severity"], "error");
        } else {
            // ESC and DEL are escaped by tracing, in its own way.
            assert!(failed.err.contains(r"\r\nERROR forged\t"), "{}", failed.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_half_a_megabyte_is_cut_in_text_alone() {
    let shop = Shop::new().await;
    let id = format!("evt_{}", "x".repeat(500_000));
    let store = shop.database.store().await;
    let json = format!(
        r#"{{"id":"{id}","type":"invoice.sent","created":1700000000,"api_version":null,
            "data":{{"object":{{"id":"in_1","object":"invoice"}}}}}}"#
    );
    let new = NewEvent {
        event: Event::from_json(&json).unwrap(),
        received_at: Timestamp::now(),
        remote_address: None,
        endpoint: None,
    };
    queue(&store).insert_events(&[new]).await.unwrap();

    let text = shop.run(&["events"]).await;
    assert!(text.out.len() < 1_000, "{}", text.out.len());
    assert!(text.out.contains("evt_xxx") && text.out.trim_end().ends_with('…'));
    let listed = objects(&shop.run(&["events", "--json"]).await.out);
    assert_eq!(listed[0]["id"].as_str().unwrap().len(), id.len());
}
