//! The commands about effects, each as a process of its own. On both backends.

use std::process::{Command, Stdio};

use djstripe_core::receiver::{Effect, OutboxError};
use djstripe_core::store::EffectState;
use djstripe_core::{BoxError, Db, Djstripe, Event, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{TestDatabase, on_both_backends, registry};
use serde_json::{Value, json};

const SECRET: &str = "whsec_effects_commands";

#[stripe_receiver("product.created", "product.updated", id = "effects_commands::asks")]
async fn asks(event: Event, mut db: Db<'_>) -> Result<(), OutboxError> {
    let effect = match event.name().as_str() {
        "product.created" => "mail",
        _ => "text message",
    };
    db.after_commit(effect, &event.id()).await
}

async fn app(database: &TestDatabase, works: bool) -> Djstripe {
    let run = move |_: Effect| async move {
        match works {
            true => Ok(()),
            false => Err(BoxError::from("the server is down")),
        }
    };
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers(registry::receivers(|id| id == "effects_commands::asks"))
        .retry_schedule([])
        .effect("mail", run)
        .effect("text message", run)
        .build()
        .await
        .unwrap()
}

/// Exit status, standard output and standard error.
async fn run(database: &TestDatabase, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .env_clear()
        .env("DATABASE_URL", database.url())
        .args(arguments)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

fn field<'v>(lines: &'v [Value], name: &str) -> Vec<&'v Value> {
    lines.iter().map(|line| &line[name]).collect()
}

/// A database with two dead mails, of `evt_1` and `evt_2`, and a dead text message, of `evt_3`.
async fn with_dead_effects(database: &TestDatabase) -> Djstripe {
    let (code, _, err) = run(database, &["migrate"]).await;
    assert_eq!(code, 0, "{err}");
    let app = app(database, false).await;
    for (id, name) in [
        ("evt_1", "product.created"),
        ("evt_2", "product.created"),
        ("evt_3", "product.updated"),
    ] {
        let body = event_json(id, name, id);
        app.receive(signed(body, SECRET)).await.unwrap();
        app.work_until_idle().await.unwrap();
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_effects_are_seen_wherever_dead_events_are() {
    on_both_backends(async |database| {
        let app = with_dead_effects(&database).await;

        let (code, out, _) = run(&database, &["stats", "--json"]).await;
        assert_eq!((code, &lines(&out)[0]["effects"]["dead"]), (1, &json!(3)));
        let (code, out, _) = run(&database, &["stats"]).await;
        assert!(
            code == 1 && out.contains("         3  effects dead"),
            "{out}"
        );

        let (code, out, _) = run(&database, &["events", "--dead", "--json"]).await;
        let listed = lines(&out);
        assert_eq!(code, 0);
        assert_eq!(field(&listed, "id"), ["evt_3", "evt_2", "evt_1"]);
        assert_eq!(field(&listed, "dead_effects"), [1, 1, 1]);
        let (code, out, _) = run(&database, &["events", "show", "evt_1"]).await;
        assert!(code == 1 && out.contains("1 dead effect"), "{out}");

        let (code, out, _) = run(&database, &["check", "--json"]).await;
        let findings = lines(&out);
        let of_effects: Vec<&Value> = findings
            .iter()
            .filter(|finding| finding["point"] == "effects")
            .collect();
        assert_eq!(code, 1);
        let told = |what: &str, fix: &str| {
            of_effects.iter().any(|finding| {
                finding["what"].as_str().unwrap().contains(what)
                    && finding["fix"].as_str().unwrap().contains(fix)
            })
        };
        assert!(told("3 are dead", "effects retry --dead"), "{out}");
        assert!(
            told("2 effects `mail` wait", "#[stripe_effect(name"),
            "{out}"
        );

        let backlog = app.store().backlog().await.unwrap();
        assert_eq!(backlog.effects.get(EffectState::Dead), 3);

        // Running the events again runs their effects again.
        let (code, out, err) = run(&database, &["events", "retry", "--dead"]).await;
        assert!(
            code == 0 && out.ends_with("retried 3 events\n"),
            "{out}{err}"
        );
        self::app(&database, true)
            .await
            .work_until_idle()
            .await
            .unwrap();
        let (_, out, _) = run(&database, &["stats", "--json"]).await;
        assert_eq!(lines(&out)[0]["effects"]["done"], 3, "{out}");
        let (_, out, _) = run(&database, &["events", "--dead"]).await;
        assert_eq!(out, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_listed_and_shown() {
    on_both_backends(async |database| {
        let app = with_dead_effects(&database).await;
        let effect = app.store().effects("evt_1").await.unwrap().remove(0);

        for (arguments, expected) in [
            (&["effects"][..], &["evt_3", "evt_2", "evt_1"][..]),
            (&["effects", "list", "--dead"], &["evt_3", "evt_2", "evt_1"]),
            (&["effects", "list", "--state", "done"], &[]),
            (&["effects", "list", "--name", "mail"], &["evt_2", "evt_1"]),
            (
                &["effects", "list", "--name", "mail", "--limit", "1"],
                &["evt_2"],
            ),
            (&["effects", "--event", "evt_3"], &["evt_3"]),
            (
                &[
                    "effects",
                    "--receiver",
                    "effects_commands::asks",
                    "--limit",
                    "1",
                ],
                &["evt_3"],
            ),
            (
                &["effects", "--error", "Server is"],
                &["evt_3", "evt_2", "evt_1"],
            ),
            (&["effects", "--error", "another"], &[]),
        ] {
            let arguments = [arguments, &["--json"]].concat();
            let (code, out, err) = run(&database, &arguments).await;
            let listed = lines(&out);
            let events: Vec<&str> = listed
                .iter()
                .map(|it| it["event"].as_str().unwrap())
                .collect();
            assert_eq!((code, &*events), (0, expected), "{arguments:?} {err}");
        }

        let (code, out, _) = run(&database, &["effects", "show", &effect.key, "--json"]).await;
        let shown = &lines(&out)[0];
        assert_eq!(code, 1, "a dead effect is worth a look");
        assert_eq!(shown["last_error"], "the server is down");
        assert_eq!(shown["payload"], r#""evt_1""#);
        assert_eq!(shown["handled"], false, "this program has no such effect");
        let (code, out, _) = run(&database, &["effects", "show", &effect.key]).await;
        assert!(
            code == 1 && out.contains("nothing in this program runs it"),
            "{out}"
        );

        assert_eq!(run(&database, &["effects", "show", "other"]).await.0, 1);
        for misuse in [
            ["effects", "--state", "odd"],
            ["effects", "--receiver", "another"],
            ["effects", "--name", "mial"],
            ["effects", "--after", "other"],
        ] {
            assert_eq!(run(&database, &misuse).await.0, 2, "{misuse:?}");
        }
        let (_, _, err) = run(&database, &["effects", "--limit", "1"]).await;
        assert!(err.contains("1 of 3 effects shown"), "{err}");
        let after = ["effects", "--after", &effect.key, "--json"];
        assert_eq!(run(&database, &after).await.1, "", "it is the oldest");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_retried_and_discarded_as_selected() {
    on_both_backends(async |database| {
        let app = with_dead_effects(&database).await;
        let key = async |event: &str| app.store().effects(event).await.unwrap().remove(0).key;
        let (first, third) = (key("evt_1").await, key("evt_3").await);

        for misuse in [&["effects", "retry"][..], &["effects", "discard"]] {
            assert_eq!(run(&database, misuse).await.0, 2, "{misuse:?}");
        }
        let (code, out, _) = run(
            &database,
            &["effects", "discard", &third, "other", "--json"],
        )
        .await;
        assert_eq!(code, 1, "one is left out");
        let lines_of_keys = &lines(&out)[..2];
        assert_eq!(field(lines_of_keys, "discarded"), [true, false]);
        assert_eq!(lines(&out)[2], json!({ "discarded": 1, "skipped": 1 }));

        // Keys of no effects are named, and are none that would need a confirmation.
        let unknown: Vec<String> = (1..=11).map(|number| format!("other_{number}")).collect();
        let mut arguments = vec!["effects", "retry", &*first];
        arguments.extend(unknown.iter().map(String::as_str));
        let (code, out, err) = run(&database, &arguments).await;
        assert_eq!(code, 1, "{err}");
        assert!(out.contains("other_11  skipped: not stored"), "{out}");
        assert!(out.ends_with("retried 1 effect, skipped 11\n"), "{out}");

        let (code, out, err) = run(&database, &["effects", "retry", &first]).await;
        let expected = format!("{first}  due\nretried 1 effect\n");
        assert_eq!((code, &*out), (0, &*expected));
        assert!(err.contains("effects `mail` wait"), "{err}");
        let (code, out, _) =
            run(&database, &["effects", "retry", "--name", "mail", "--json"]).await;
        assert_eq!(
            (code, &lines(&out)[1]["retried"]),
            (0, &json!(1)),
            "only the dead one: {out}"
        );

        self::app(&database, true)
            .await
            .work_until_idle()
            .await
            .unwrap();
        let (code, out, _) = run(&database, &["stats", "--json"]).await;
        let effects = &lines(&out)[0]["effects"];
        assert_eq!(
            (code, &effects["done"], &effects["discarded"]),
            (0, &json!(2), &json!(1))
        );

        let (code, out, _) = run(&database, &["effects", "retry", &first]).await;
        assert!(
            code == 1 && out.contains("skipped"),
            "one that is done never runs again: {out}"
        );
        let discarded = ["effects", "retry", "--state", "discarded"];
        let (code, out, _) = run(&database, &discarded).await;
        let expected = format!("{third}  due\nretried 1 effect\n");
        assert_eq!((code, &*out), (0, &*expected));
    })
    .await;
}
