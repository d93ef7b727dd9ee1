//! One redaction, step by step.

use std::collections::BTreeSet;

use djstripe_models::{ModelDescriptor, descriptor};
use serde_json::Value;

use super::batches::{BATCH, ROWS, chunks};
use super::error::RedactError;
use super::events::EventBatches;
use super::found::{Found, Ids};
use super::options::RedactOptions;
use super::report::RedactReport;
use crate::store::{
    CUSTOMER, FoundRow, MirrorTables, OwnerField, RedactedCustomer, RedactionCounts, Relation,
    Scope, Store, named, owned_types, read_values, searched,
};
use crate::webhook::mode_name;

/// Ids that are marked in one transaction.
const MARKS: usize = 1_000;

/// A type that can be a customer's, and where its objects name their owner.
type OwnedType = (&'static ModelDescriptor, Vec<OwnerField>);

pub(super) struct Redactor<'r> {
    store: &'r Store,
    options: &'r RedactOptions,
    scope: Scope,
    tables: MirrorTables,
}

impl<'r> Redactor<'r> {
    /// Finds the account and the mode of the customer.
    pub(super) async fn new(
        store: &'r Store,
        options: &'r RedactOptions,
    ) -> Result<Self, RedactError> {
        let customer = &options.customer;
        let mut scopes = store.scopes_of_customer(customer).await?;
        scopes.retain(|scope| {
            options
                .account
                .as_ref()
                .is_none_or(|account| *account == scope.account)
                && options
                    .livemode
                    .is_none_or(|livemode| livemode == scope.livemode)
        });

        match (scopes.pop(), scopes.is_empty()) {
            (Some(scope), true) => Ok(Self {
                store,
                options,
                scope,
                tables: store.mirror_tables().await?,
            }),
            (Some(last), false) => {
                scopes.push(last);
                let places: Vec<String> = scopes.iter().map(place).collect();
                Err(RedactError::Ambiguous {
                    customer: customer.clone(),
                    places: places.join(", "),
                })
            }
            (None, _) => Err(RedactError::Unknown {
                customer: customer.clone(),
                place: wanted_place(options),
            }),
        }
    }

    pub(super) async fn run(self) -> Result<RedactReport, RedactError> {
        let mut found = self.find().await?;
        let mut counts = self.blank_events(&mut found).await?;
        if self.writes() {
            counts.fields += self.blank_rows(&found).await?;
        } else {
            counts.fields += found.fields;
        }
        counts.fields += found.versions.fields;
        Ok(RedactReport {
            account: self.scope.account,
            livemode: self.scope.livemode,
            rows: found.rows,
            versions: found.versions.versions,
            events: counts.events,
            deliveries: counts.deliveries,
            effects: counts.effects,
            errors: counts.errors,
            fields: counts.fields,
        })
    }

    fn writes(&self) -> bool {
        !self.options.dry_run
    }

    fn has_table(&self, of: &ModelDescriptor) -> bool {
        of.table.is_some_and(|table| self.tables.contains(table))
    }

    /// Finds the customer's objects, those that name the customer first, and marks them as they are
    /// found: what is written after the search of a table is known by these marks.
    async fn find(&self) -> Result<Found, RedactError> {
        let mut found = Found::default();
        let known = self.known_objects().await?;
        self.add(known, &mut found).await?;
        Ok(found)
    }

    /// Adds objects of theirs, and what is theirs with these.
    async fn add(&self, ids: Ids, found: &mut Found) -> Result<(), RedactError> {
        let types: Vec<OwnedType> = owned_types()
            .filter(|(of, _)| self.has_table(of))
            .map(|(of, fields)| (of, searched(of, fields)))
            .collect();

        let mut new = found.add(ids);
        while !new.is_empty() {
            if self.writes() {
                self.mark(&new).await?;
            }
            let mut next = Ids::new();
            for (object, ids) in &new {
                if let Some(of) = descriptor(object).filter(|of| self.has_table(of)) {
                    self.read(of, ids, found, &mut next).await?;
                }
            }
            for (of, fields) in &types {
                self.find_owned(of, fields, &new, found, &mut next).await?;
            }
            new = found.add(next);
        }
        Ok(())
    }

    /// The customer, and what an earlier run has marked: what named it may be blanked by now.
    async fn known_objects(&self) -> Result<Ids, RedactError> {
        let customer = &self.options.customer;
        let mut known = Ids::new();
        known.insert(CUSTOMER, BTreeSet::from([customer.clone()]));
        for (object, id) in self.store.marked_objects(&self.scope, customer).await? {
            if let Some(of) = descriptor(&object) {
                known.entry(of.object).or_default().insert(id);
            }
        }
        Ok(known)
    }

    async fn mark(&self, new: &Ids) -> Result<(), RedactError> {
        for (object, ids) in new {
            for ids in chunks(ids, MARKS) {
                let RedactOptions {
                    customer,
                    keep_metadata,
                    ..
                } = self.options;
                self.store
                    .mark_redacted(&self.scope, customer, object, &ids, *keep_metadata)
                    .await?;
            }
        }
        Ok(())
    }

    /// Reads rows that were found: what is personal in them, and what else is theirs as they name it.
    async fn read(
        &self,
        of: &'static ModelDescriptor,
        ids: &BTreeSet<String>,
        found: &mut Found,
        next: &mut Ids,
    ) -> Result<(), RedactError> {
        let mut candidates = Ids::new();
        for ids in chunks(ids, BATCH) {
            let versions = self
                .store
                .read_versions(
                    of.object,
                    &self.scope,
                    &ids,
                    self.options.keep_metadata,
                    &mut found.known,
                )
                .await?;
            found.versions.versions += versions.versions;
            found.versions.fields += versions.fields;

            let rows = self
                .store
                .related_rows(of, &self.scope, Relation::Own, &ids, "", ROWS)
                .await?;
            for row in rows {
                *found.rows.entry(of.table.unwrap_or_default()).or_default() += 1;
                found.fields += read_values(
                    &row.stripe_data,
                    self.options.keep_metadata,
                    &mut found.known,
                );
                for (object, ids) in named(of, &value(&row)) {
                    candidates.entry(object).or_default().extend(ids);
                }
            }
        }

        for (object, ids) in self.unless_others(candidates, found).await? {
            next.entry(object).or_default().extend(ids);
        }
        Ok(())
    }

    /// The objects among these that are new, without those of another customer.
    async fn unless_others(&self, candidates: Ids, found: &Found) -> Result<Ids, RedactError> {
        let mut theirs = Ids::new();
        for (object, mut ids) in candidates {
            ids.retain(|id| !found.contains(object, id));
            let others = self.others(object, &ids, found).await?;
            ids.retain(|id| !others.contains(id));
            if !ids.is_empty() {
                theirs.insert(object, ids);
            }
        }
        Ok(theirs)
    }

    /// Of objects that an object of theirs names, those that are another customer's.
    async fn others(
        &self,
        object: &'static str,
        ids: &BTreeSet<String>,
        found: &Found,
    ) -> Result<BTreeSet<String>, RedactError> {
        let mut others = BTreeSet::new();
        let Some(of) = descriptor(object).filter(|of| self.has_table(of)) else {
            return Ok(others);
        };
        for ids in chunks(ids, BATCH) {
            let rows = self
                .store
                .related_rows(of, &self.scope, Relation::Own, &ids, "", ROWS)
                .await?;
            let others_rows = rows
                .into_iter()
                .filter(|row| !found.owns_named(object, &value(row)));
            others.extend(others_rows.map(|row| row.id));
        }
        Ok(others)
    }

    /// Finds rows of a type that name one of the new objects as their owner, or are their children.
    async fn find_owned(
        &self,
        of: &'static ModelDescriptor,
        fields: &[OwnerField],
        new: &Ids,
        found: &Found,
        next: &mut Ids,
    ) -> Result<(), RedactError> {
        for (object, ids) in new {
            let names = fields.iter().filter(|field| field.objects.contains(object));
            let mut relations: Vec<Relation> = names.map(|field| Relation::Names(*field)).collect();
            let owns =
                |owner: &ModelDescriptor| owner.owned.iter().any(|it| it.object == of.object);
            if descriptor(object).is_some_and(owns) {
                relations.push(Relation::ChildOf(object));
            }
            for relation in relations {
                for ids in chunks(ids, BATCH) {
                    let theirs = self.related(of, relation, &ids, found).await?;
                    if !theirs.is_empty() {
                        next.entry(of.object).or_default().extend(theirs);
                    }
                }
            }
        }
        Ok(())
    }

    async fn related(
        &self,
        of: &'static ModelDescriptor,
        relation: Relation,
        ids: &[&str],
        found: &Found,
    ) -> Result<Vec<String>, RedactError> {
        let mut theirs = Vec::new();
        let mut after = String::new();
        loop {
            let rows = self
                .store
                .related_rows(of, &self.scope, relation, ids, &after, ROWS)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(theirs);
            };
            after = last.id.clone();
            for row in rows {
                let parent = row.parent_type.as_deref().zip(row.parent_id.as_deref());
                if found.owns(of.object, &value(&row), parent) {
                    theirs.push(row.id);
                }
            }
        }
    }

    /// Blanks their events, and what is recorded or requested about them.
    async fn blank_events(&self, found: &mut Found) -> Result<RedactionCounts, RedactError> {
        let mut events = EventBatches::new(self.store, self.options, &self.scope, found);
        events.of_objects(found).await?;
        events.that_mention_the_customer(found).await?;
        loop {
            let new = self.of_events(events.objects(), found).await?;
            if new.is_empty() {
                break;
            }
            self.add(new, found).await?;
            events.mark(&self.scope, found);
            events.of_objects(found).await?;
        }
        let (theirs, mut counts) = events.finish();

        let keeps_metadata = self.options.keep_metadata;
        let customer = RedactedCustomer {
            id: &self.options.customer,
            scope: &self.scope,
            keeps_metadata,
            events: &theirs,
        };
        let (known, writes) = (&found.known, self.writes());
        counts += self.store.blank_texts(&customer, known, writes).await?;
        counts += self
            .store
            .blank_deliveries(customer.id, keeps_metadata, known, writes)
            .await?;
        Ok(counts)
    }

    /// Objects that only events know to be theirs, such as a payment method that was detached since.
    async fn of_events(
        &self,
        objects: &BTreeSet<(String, String)>,
        found: &Found,
    ) -> Result<Ids, RedactError> {
        let mut candidates = Ids::new();
        for (object, id) in objects {
            if let Some(of) = descriptor(object).filter(|of| self.has_table(of)) {
                candidates.entry(of.object).or_default().insert(id.clone());
            }
        }
        self.unless_others(candidates, found).await
    }

    /// Blanks the rows and their versions, the customer's own last: a second run looks for the values in it.
    async fn blank_rows(&self, found: &Found) -> Result<u64, RedactError> {
        let (own, others): (Vec<_>, Vec<_>) = found
            .ids
            .iter()
            .partition(|(object, _)| **object == CUSTOMER);
        let mut fields = 0;
        for (object, ids) in others.into_iter().chain(own) {
            let Some(of) = descriptor(object) else {
                continue;
            };
            let has_rows = found.rows.contains_key(of.table.unwrap_or_default());
            let (keep_metadata, known) = (self.options.keep_metadata, &found.known);
            for ids in chunks(ids, BATCH) {
                self.store
                    .blank_versions(of.object, &self.scope, &ids, keep_metadata, known)
                    .await?;
                // An object can have versions and no row.
                if !has_rows {
                    continue;
                }
                fields += self
                    .store
                    .blank_rows(of, &self.scope, &ids, keep_metadata, known)
                    .await?;
            }
        }
        Ok(fields)
    }
}

fn value(row: &FoundRow) -> Value {
    serde_json::from_str(&row.stripe_data).unwrap_or_default()
}

/// `acct_1 in live mode`
fn place(scope: &Scope) -> String {
    let mode = mode_name(scope.livemode);
    match &*scope.account {
        "" => format!("the platform's own in {mode} mode"),
        account => format!("that of {account} in {mode} mode"),
    }
}

/// Where a customer was looked for that isn't there.
fn wanted_place(options: &RedactOptions) -> String {
    let account = match options.account.as_deref() {
        None => String::new(),
        Some("") => " of the platform itself".to_owned(),
        Some(account) => format!(" of {account}"),
    };
    let mode = options.livemode.map(mode_name);
    account + &mode.map_or(String::new(), |mode| format!(" in {mode} mode"))
}
