//! Everything is reached with the Tab key, and the focus is seen.

use std::time::{Duration, Instant};

use djstripe_tests::TestDatabase;

use super::session::{ENTER, Look, Session, TAB};
use super::{deliver, server};

/// What has the focus, in words, or nothing if it isn't seen.
const FOCUS: &str = "
    const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
    if (it === document.body) return 'body';
    const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && box.width > 0 && box.right > 0 && box.left < innerWidth;
    if (!isSeen) return '';
    return `${it.tagName} ${it.id || it.className || it.getAttribute('href') || it.name}`;";

/// How long the browser may take to show the focus.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most keys from the top of the list of events to its first row.
const MOST_KEYS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_focus_goes_to_the_skip_link_the_search_and_the_rows() {
    let database = TestDatabase::postgres().await;
    let server = server(&database).await;
    deliver(&server, "evt_1", "lamp", "in stock").await;
    let session = Session::start().await;
    for look in Look::all() {
        session.look(look).await;
        session
            .open(&format!("http://{}/events", server.address))
            .await;
        let mut reached = Vec::new();
        while reached.last().is_none_or(|it| it != "A ./event?id=evt_1") {
            // A window that has just got another page may lose a key.
            let start = Instant::now();
            let mut focus = "body".to_owned();
            while focus == "body" {
                assert!(
                    start.elapsed() < PATIENCE,
                    "{look}: no focus after {reached:?}"
                );
                session.press(TAB).await;
                focus = session.run(FOCUS).await.as_str().unwrap().to_owned();
            }
            assert!(!focus.is_empty(), "{look}: unseen after {reached:?}");
            assert!(reached.len() < MOST_KEYS, "{look}: {reached:?}");
            reached.push(focus);
        }
        assert_eq!(reached[0], "A skip", "{look}");
        for wanted in ["INPUT find", "A ./audit", "SELECT state", "INPUT payload"] {
            assert!(
                reached.iter().any(|it| it == wanted),
                "{look}: {wanted}: {reached:?}"
            );
        }
        session.press(ENTER).await;
        session.has("Way").await;
        session.is_sound(&look.to_string()).await;
    }

    // The skip link leads to the content, and the next Tab continues from there.
    session.press(TAB).await;
    session.press(ENTER).await;
    assert_eq!(
        session.run("return document.activeElement.id").await,
        "main"
    );
    session.press(TAB).await;
    let is_inside = "return document.getElementById('main').contains(document.activeElement)";
    assert_eq!(session.run(is_inside).await, true);
}
