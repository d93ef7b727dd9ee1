//! Two real processes work on one database and are killed at random: each event's effect is there exactly once.

use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_tests::chaos::effects;
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
        let mut servers = [start(&database), start(&database)];
        let client = djstripe_core::testing::http_client();
        let mut acknowledged = Vec::new();
        for number in 0..EVENTS {
            let id = format!("evt_{number}");
            let body = format!(r#"{{"id":"{id}","type":"invoice.paid","data":{{"object":{{"id":"in_{number}"}}}}}}"#);
            let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
            let request = client.post(servers[number % 2].url()).header("stripe-signature", signature).body(body);
            if request.send().await.is_ok_and(|response| response.status() == 200) {
                acknowledged.push(id);
            }
            if number % (EVENTS / KILLS) == EVENTS / KILLS - 1 {
                let victim = number / (EVENTS / KILLS) % 2;
                servers[victim].kill();
                servers[victim] = start(&database);
            }
        }
        assert!(acknowledged.len() > EVENTS / 2, "{} were acknowledged", acknowledged.len());
        tokio::task::block_in_place(|| servers[0].wait_until_processed());
        let effects = effects(&database.connect(Default::default()).await).await.unwrap();
        for id in &acknowledged {
            let times = effects.get(id).copied().unwrap_or(0);
            assert_eq!(times, 1, "{id}");
        }
        assert!(effects.values().all(|times| *times == 1), "{effects:?}");
    })
    .await;
}
