//! The file of a SQLite database: its name, its mode, and that only the commands that begin an
//! installation create it.

use std::os::unix::fs::PermissionsExt;

use djstripe_core::store::{Store, StoreError, StoreOptions};
use djstripe_tests::process;

use super::{builder, faults, has, migrated, program};

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_path_is_an_error_and_no_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("misspelt.db");
    let url = format!("sqlite:{}", path.display());
    for arguments in [
        &["events"][..],
        &["stats"],
        &["pause"],
        &["deliveries"],
        &["prune", "--older-than", "90d"],
        &["effects", "list"],
        &["endpoints", "list"],
        &["reconcile"],
        &["sync"],
        &["work"],
    ] {
        let (code, out, err) = process::run(program(&url, arguments)).await;
        assert_eq!((code, &*out), (1, ""), "{arguments:?}: {err}");
        let expected = format!("there is no file `{}`", path.display());
        assert!(err.contains(&expected), "{arguments:?}: {err}");
        assert!(!path.exists(), "{arguments:?}");
    }

    let uri = format!("sqlite:file:{}", path.display());
    let (code, _, err) = process::run(program(&uri, &["stats"])).await;
    assert!(code == 1 && err.contains("there is no file"), "{err}");
    let (code, _, err) = process::run(program(&url, &["migrate"])).await;
    assert!(code == 0 && path.exists(), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_can_not_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/shop.db");
    for place in [missing.as_path(), folder.path()] {
        let url = format!("sqlite:{}", place.display());
        let refused = Store::connect(&url, StoreOptions::default())
            .await
            .unwrap_err();
        let StoreError::Connect(cause) = &refused else {
            panic!("{refused:?}");
        };
        let named = format!("({})", place.display());
        assert!(cause.to_string().ends_with(&named), "{cause}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_and_escapes_belong_to_a_uri() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["plain.db?mode=rwc", "my%20shop.db"] {
        let url = format!("sqlite:{}", at(name));
        let refused = builder(&url).open_store().await.unwrap_err();
        assert!(
            matches!(refused, StoreError::SqlitePath { .. }),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("sqlite:file:"), "{refused}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    drop(
        builder(&format!("sqlite:file:{}?mode=rwc", at("my%20shop.db")))
            .open_store()
            .await
            .unwrap(),
    );
    assert!(folder.path().join("my shop.db").exists());
    // A plain path is as it stands.
    drop(
        builder(&format!("sqlite:{}", at("50% off.db")))
            .open_store()
            .await
            .unwrap(),
    );
    assert!(folder.path().join("50% off.db").exists());
    let refused = builder(&format!("sqlite:file:{}?mode=rw", at("other.db")))
        .open_store()
        .await;
    assert!(
        matches!(refused, Err(StoreError::NoFile { .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db").display().to_string();
    let url = format!("sqlite:{path}");
    let store = migrated(&url).await;
    for file in [path.clone(), format!("{path}-wal"), format!("{path}-shm")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(
        !faults(&url)
            .await
            .iter()
            .any(|(_, point, _)| point == "rights")
    );
    drop(store);

    // A file that is there keeps its mode; `check` says what is wrong with it.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    has(
        &faults(&url).await,
        "warning",
        "rights",
        &format!("run `chmod 600 {path}`"),
    );
}
