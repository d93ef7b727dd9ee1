//! Values that a forger, Stripe's users or an application put into every field: none acts on the page,
//! none breaks it.

use djstripe_core::Delivery;
use djstripe_core::page::Access;
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{Server, VIEWS, builder, encoded};

/// Markup, quotes, marks of direction, control characters and more of them.
pub(crate) const VALUES: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "a\u{202e}exe.gpj\u{2066}",
    "b\u{1b}[31m\u{7}\u{9b}2J",
    "c\u{2028}\u{200b}\u{feff}d",
    "</textarea></title><svg/onload=alert(1)>",
];

/// What no document may have.
const FORBIDDEN: [&str; 12] = [
    "<script>",
    "<img",
    "<svg/",
    "</textarea>",
    "\u{202e}",
    "\u{2066}",
    "\u{1b}",
    "\u{7}",
    "\u{9b}",
    "\u{2028}",
    "\u{200b}",
    "\u{feff}",
];

/// Most bytes of a document.
const LARGEST: usize = 400_000;

#[track_caller]
fn check(path: &str, answer: &super::Answer) {
    assert!(
        answer.status < 500,
        "{path}: {} {}",
        answer.status,
        answer.body
    );
    for part in FORBIDDEN {
        assert!(!answer.body.contains(part), "{path}: {part:?}");
    }
    assert!(answer.body.len() < LARGEST, "{path}: {}", answer.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_are_shown_and_do_nothing() {
    on_both_backends(async |database| {
        let builder = builder(&database).body_limit(16 << 20);
        let server = Server::start(builder.build().await.unwrap(), Access::All).await;
        let long = "x".repeat(1 << 20);
        let mut ids = Vec::new();
        for (index, value) in VALUES.iter().copied().chain([&*long]).enumerate() {
            let short: String = value.chars().take(300).collect();
            let id = format!("evt_{index}_{short}");
            let event = json!({
                "id": id, "object": "event", "type": "product.updated", "created": 1_700_000_000,
                "livemode": index % 2 == 0, "api_version": short, "account": format!("acct_{short}"),
                "request": { "id": short, "idempotency_key": short },
                "data": {
                    "object": {
                        "id": format!("prod_{index}_{short}"), "object": "product", "name": value,
                        "description": format!("out of stock {value}"), "created": 1,
                        "metadata": { short.clone(): value }, "list": [value, { short.clone(): value }],
                    },
                    "previous_attributes": { "name": value, "metadata": { short.clone(): "x" } },
                },
            });
            server.deliver(&event.to_string()).await;
            ids.push((id, format!("prod_{index}_{short}")));

            // A refused delivery: its headers can't have control characters, its body can.
            let header: String = value.chars().filter(|it| it.is_ascii_graphic()).take(2_000).collect();
            let mut headers = axum::http::HeaderMap::new();
            headers.insert("x-odd", header.parse().unwrap());
            headers.insert("stripe-signature", "t=1,v1=00".parse().unwrap());
            headers.insert("x-forwarded-for", header.parse().unwrap());
            let refused = server.app.receive(Delivery::new(headers, value.as_bytes().to_vec())).await;
            assert!(refused.is_err());
        }
        server.app.work_until_idle().await.unwrap();

        for view in VIEWS {
            let answer = server.get(view).await;
            assert_eq!(answer.status, 200, "{view}");
            check(view, &answer);
        }
        for (event, object) in &ids {
            let (event, object) = (encoded(event), encoded(object));
            for path in [
                format!("/event?id={event}"),
                format!("/object?type=product&id={object}"),
                format!("/events?object={object}"),
            ] {
                check(&path, &server.get(&path).await);
            }
            assert_eq!(server.get(&format!("/event?id={event}")).await.status, 200);

            let fields = [
                ("change".to_owned(), "retry-events".to_owned()),
                ("id".to_owned(), event.clone()),
            ];
            check("/propose", &server.post("/propose", &fields).await);
            let performed = server.post("/perform", &fields).await;
            assert_eq!(performed.status, 303, "{}", performed.body);
        }
        for delivery in server.app.store().deliveries(None, 100).await.unwrap() {
            let path = format!("/delivery?id={}", delivery.id);
            let answer = server.get(&path).await.lacks("t=1,v1=00");
            assert_eq!(answer.status, 200);
            check(&path, &answer);
        }
        check("/audit", &server.get("/audit").await);
    })
    .await;
}

#[tokio::test]
async fn hostile_requests_are_answered() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        for value in [
            "%3Cscript%3Ealert(1)%3C/script%3E",
            "%00",
            "%ff%fe",
            "%22%3E%3Cimg%20src=x%3E",
        ] {
            for path in [
                "/find?q=",
                "/events?state=",
                "/events?name=",
                "/events?error=",
                "/events?since=",
                "/events?after=",
                "/events?payload=",
                "/events?payload=data.x%3D",
                "/event?id=",
                "/effect?key=",
                "/effects?error=",
                "/rows?type=",
                "/rows?type=customer&id=",
                "/rows?type=customer&column=id&value=",
                "/rows?type=customer&after=",
                "/object?type=customer&id=",
                "/delivery?id=",
                "/job?id=",
                "/audit?after=",
                "/refused?after=",
                "/?range=",
                "/?done=",
                "/",
            ] {
                let path = format!("{path}{value}");
                let answer = server.get(&path).await;
                assert!(
                    answer.status < 500,
                    "{path}: {} {}",
                    answer.status,
                    answer.body
                );
                for part in ["<script>", "<img"] {
                    assert!(!answer.body.contains(part), "{path}: {part}");
                }
            }
        }
        let long = format!("change=retry-events&id={}", "x".repeat(300 * 1024));
        let headers = [("Sec-Fetch-Site", "same-origin")];
        assert_eq!(
            server
                .send("POST", "/propose", &headers, &long)
                .await
                .status,
            413
        );
        for body in [
            "",
            "change=",
            "change=drop",
            "change=retry-events",
            "change=retry-events&scope=all&filter=%2525",
        ] {
            let answer = server.send("POST", "/propose", &headers, body).await;
            assert!(answer.status < 500, "{body}: {}", answer.body);
        }
    })
    .await;
}
