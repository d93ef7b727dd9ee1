//! Two real processes work on one database and are killed at random: each event's effect is there exactly once.

use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_core::store::diesel::sql_types::{BigInt, Text};
use djstripe_core::store::diesel::{self, QueryableByName, sql_query};
use djstripe_core::store::diesel_async::RunQueryDsl;
use djstripe_core::with_db;
use djstripe_tests::process::Server;
use djstripe_tests::{TestDatabase, on_both_backends};

const SECRET: &str = "whsec_crash";
const EVENTS: usize = 150;
const KILLS: usize = 6;

#[derive(Debug, QueryableByName)]
struct Effect {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

fn start(database: &TestDatabase) -> Server {
    Server::start_program(env!("CARGO_BIN_EXE_counter").as_ref(), database.url(), SECRET)
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
        let effects = effects(&database).await;
        for id in &acknowledged {
            let times = effects.iter().find(|effect| effect.event_id == *id).map_or(0, |effect| effect.times);
            assert_eq!(times, 1, "{id}");
        }
        assert!(effects.iter().all(|effect| effect.times == 1), "{effects:?}");
    })
    .await;
}

async fn effects(database: &TestDatabase) -> Vec<Effect> {
    let store = database.connect(Default::default()).await;
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let query = sql_query("SELECT event_id, count(*) AS times FROM effect GROUP BY event_id");
    with_db!(db, connection => query.load(connection).await).unwrap()
}
