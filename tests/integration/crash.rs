//! Two processes work on one database and are killed repeatedly: the effect of each event happens
//! exactly once.

use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_core::testing::http_client;
use djstripe_tests::chaos::effects;
use djstripe_tests::delivery::event_json;
use djstripe_tests::process::Server;
use djstripe_tests::{TestDatabase, on_both_backends};

const SECRET: &str = "whsec_crash";
const EVENTS: usize = 150;
const KILLS: usize = 6;

fn start(database: &TestDatabase) -> Server {
    Server::start_program(
        env!("CARGO_BIN_EXE_counter").as_ref(),
        database.url(),
        SECRET,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_checkpoint_survive_kills_together() {
    on_both_backends(async |database| {
        const BETWEEN_KILLS: usize = EVENTS / KILLS;

        let mut servers = [start(&database), start(&database)];
        let client = http_client();

        let mut acknowledged = Vec::new();
        for number in 0..EVENTS {
            let id = format!("evt_{number}");
            let body = event_json(&id, "invoice.paid", &format!("in_{number}"));
            let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
            let response = client
                .post(servers[number % 2].url())
                .header("stripe-signature", signature)
                .body(body)
                .send()
                .await;
            if response.is_ok_and(|response| response.status() == 200) {
                acknowledged.push(id);
            }

            if number % BETWEEN_KILLS == BETWEEN_KILLS - 1 {
                let victim = number / BETWEEN_KILLS % 2;
                servers[victim].kill();
                servers[victim] = start(&database);
            }
        }

        let count = acknowledged.len();
        assert!(count > EVENTS / 2, "only {count} were acknowledged");

        tokio::task::block_in_place(|| servers[0].wait_until_processed());

        let store = database.connect(Default::default()).await;
        let effects = effects(&store).await.unwrap();
        for id in &acknowledged {
            let times = effects.get(id).copied().unwrap_or(0);
            assert_eq!(times, 1, "{id}");
        }

        // An event may be stored although its response was lost in a kill.
        assert!(effects.values().all(|times| *times == 1), "{effects:?}");
    })
    .await;
}
