//! Rows of another API version than the catalogue's, as after a move to a newer one.

use djstripe_core::API_VERSION;

use super::*;

/// Writes a product into the mirror, of an API version and with a name.
async fn write(shop: &Shop, id: &str, version: &str, name: &str) {
    let product = json!({ "id": id, "object": "product", "name": name, "older": true });
    let row = ObjectRow {
        id,
        stripe_data: &product.to_string(),
        api_version: Some(version),
        observed_at: Timestamp::now(),
        ..ObjectRow::default()
    };
    let written = upsert_objects(shop.app.store(), table("product"), &[row]).await;
    written.unwrap()[0].as_ref().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_another_version_are_no_difference_and_a_repair_renews_the_row() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        for id in ["prod_1", "prod_2", "prod_3"] {
            let product = json!({ "id": id, "object": "product", "name": "A lamp", "newer": {} });
            shop.stripe.insert(product);
        }
        write(&shop, "prod_1", "2026-05-27.dahlia", "A lamp").await;
        write(&shop, "prod_2", "2026-05-27.dahlia", "A light").await;
        write(&shop, "prod_3", API_VERSION, "A lamp").await;

        let (findings, _) = shop.verify(&of(&["product"])).await;
        let [of_two_versions, of_one] = &lines(&findings)[..] else {
            panic!("{findings:?}");
        };
        assert_eq!(of_two_versions, "differing product  prod_2 name ");
        assert!(of_one.starts_with("differing product  prod_3 "), "{of_one}");
        assert!(of_one.contains("newer,older"), "{of_one}");

        let repair = VerifyOptions {
            repair: true,
            ..of(&["product"])
        };
        let (_, summary) = shop.verify(&repair).await;
        assert_eq!(summary.unrepaired(), 0);

        let rows = shop
            .app
            .store()
            .objects(table("product"), &ObjectFilter::default())
            .await;
        let versions = rows.unwrap().into_iter().map(|row| {
            let row: Value = serde_json::from_str(&row.json).unwrap();
            (
                row["id"].as_str().unwrap().to_owned(),
                row["api_version"].clone(),
            )
        });
        let mut versions: Vec<_> = versions.collect();
        versions.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [
            ("prod_1", "2026-05-27.dahlia"),
            ("prod_2", API_VERSION),
            ("prod_3", API_VERSION),
        ];
        assert_eq!(
            versions,
            expected.map(|(id, version)| (id.to_owned(), json!(version)))
        );
    })
    .await;
}
