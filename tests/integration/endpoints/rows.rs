//! The rows of endpoints: written and read, noticed when another process changes them, and checked
//! at start-up.

use std::time::Duration;

use djstripe_core::endpoint::{
    EncryptionKey, Endpoint, EndpointKind, OnMismatch, SecretStorageError, SecretsError,
    StoredSecret, TakeOver, ValidationMethod,
};
use djstripe_core::store::{StoreError, Timestamp};
use djstripe_core::{BuildError, Builder, Djstripe, EndpointError};
use djstripe_tests::on_both_backends;

use super::{SECRET, UNKNOWN_FOR, builder, delivery, endpoint, key, status};

#[tokio::test(flavor = "multi_thread")]
async fn changes_by_other_processes_are_noticed() {
    on_both_backends(async |database| {
        let app = builder(database.url())
            .webhook_secret(SECRET)
            .build()
            .await
            .unwrap();
        let event = r#"{"id":"evt_1","type":"customer.updated"}"#;
        let other_process = database.store().await;
        let mut added = endpoint(&other_process, |_| {}).await;
        tokio::time::sleep(UNKNOWN_FOR).await;

        assert_eq!(
            status(&app, added.id, delivery(event, SECRET, Duration::ZERO)).await,
            200
        );

        added.add_secret(
            StoredSecret::seal("whsec_new", added.id, &key()).unwrap(),
            None,
        );

        assert!(other_process.update_endpoint(&added).await.unwrap());

        tokio::time::sleep(UNKNOWN_FOR).await;
        for secret in ["whsec_new", SECRET] {
            assert_eq!(
                status(&app, added.id, delivery(event, secret, Duration::ZERO)).await,
                200,
                "{secret}"
            );
        }

        assert_eq!(
            app.receive(delivery(event, SECRET, Duration::ZERO))
                .await
                .unwrap(),
            djstripe_core::Receipt::Duplicate
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_back_as_they_were_written() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let first = endpoint(&store, |_| {}).await;
        let second = endpoint(&store, |endpoint| {
            endpoint.stripe_id = Some("we_1".to_owned());
            endpoint.replaced_stripe_id = Some("we_0".to_owned());
            endpoint.url = Some("https://shop.example/stripe/webhook/1".to_owned());
            endpoint.connect = true;
            endpoint.events = vec!["customer.updated".to_owned(), "*".to_owned()];
            endpoint.api_version = Some("2026-05-27.dahlia".to_owned());
            endpoint.livemode = Some(true);
            endpoint.accounts = "connected,acct_1".parse().unwrap();
            endpoint.on_mismatch = OnMismatch::Reject;
            endpoint.validation = ValidationMethod::RetrieveEvent;
            endpoint.tolerance = Duration::from_secs(7);
            endpoint.add_secret(
                "env:NEWER".parse().unwrap(),
                Some(Timestamp::now() + Duration::from_secs(60)),
            );
            endpoint.enabled = false;
            endpoint.kind = EndpointKind::ThinDestination;
            endpoint.organization = true;
            let mut take_over = TakeOver::new(first.id, vec!["charge.failed".to_owned()]);
            take_over.cut_over_at = Some(first.created_at);
            endpoint.take_over = Some(take_over);
            endpoint.created_at = first.created_at + Duration::from_secs(1);
        })
        .await;

        assert_eq!(
            store.endpoints(10).await.unwrap(),
            [second.clone(), first.clone()]
        );
        assert_eq!(store.endpoints(1).await.unwrap()[0], second);
        assert_eq!(store.endpoint(first.id).await.unwrap(), Some(first.clone()));
        assert!(matches!(
            store.insert_endpoint(&first).await,
            Err(StoreError::Query { .. })
        ));

        let mut changed = second.clone();
        changed.enabled = true;
        changed.limit_old_secrets(Timestamp::now());

        assert!(store.update_endpoint(&changed).await.unwrap());

        let read = store.endpoint(second.id).await.unwrap().unwrap();
        assert_eq!(
            (read.enabled, read.secrets.len(), read.revision),
            (true, 1, 1)
        );
        assert!(read.updated_at >= second.updated_at);
        assert!(
            !store.update_endpoint(&changed).await.unwrap(),
            "the row was changed after it was read"
        );
        assert!(store.delete_endpoint(second.id).await.unwrap());
        assert!(!store.delete_endpoint(second.id).await.unwrap());
        assert!(!store.update_endpoint(&read).await.unwrap());
        assert_eq!(store.endpoint(second.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_that_could_not_take_a_delivery() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let check = async |builder: Builder,
                           change: &dyn Fn(&mut Endpoint),
                           fits: fn(&BuildError) -> bool| {
            let endpoint = endpoint(&store, |endpoint| change(endpoint)).await;
            let error = builder.build().await.unwrap_err();
            assert!(fits(&error), "{error:?}");
            assert!(!format!("{error:?} {error}").contains(SECRET), "{error:?}");
            store.delete_endpoint(endpoint.id).await.unwrap();
        };
        let with_key = || builder(database.url());
        let no_secret: fn(&BuildError) -> bool = |error| {
            matches!(
                error,
                BuildError::Endpoint(EndpointError::Secrets(SecretsError::Missing { .. }))
            )
        };

        check(with_key(), &|endpoint| endpoint.secrets.clear(), no_secret).await;
        check(with_key(), &|endpoint| endpoint.enabled = false, |error| {
            matches!(error, BuildError::Secret(_))
        })
        .await;

        let other_key = EncryptionKey::parse(&"00".repeat(32)).unwrap();
        check(with_key().encryption_key(other_key), &|_| {}, |error| {
            use SecretStorageError::Undecryptable;
            matches!(
                error,
                BuildError::Endpoint(EndpointError::Secrets(SecretsError::Unreadable {
                    source: Undecryptable,
                    ..
                }))
            )
        })
        .await;
        check(
            Djstripe::builder()
                .database_url(database.url())
                .receivers([]),
            &|_| {},
            |error| {
                use SecretStorageError::NoKey;
                matches!(
                    error,
                    BuildError::Endpoint(EndpointError::Secrets(SecretsError::Unreadable {
                        source: NoKey,
                        ..
                    }))
                )
            },
        )
        .await;
    })
    .await;
}
