//! The views, one file each: what they read, and how it is shown.

pub(super) mod overview;
pub(super) mod rates;
pub(super) mod failures;
pub(super) mod events;
pub(super) mod event;
pub(super) mod way;
pub(super) mod payload;
pub(super) mod effects;
pub(super) mod effect;
pub(super) mod objects;
pub(super) mod rows;
pub(super) mod object;
pub(super) mod history;
pub(super) mod receivers;
pub(super) mod refused;
pub(super) mod endpoints;
pub(super) mod runs;
pub(super) mod database;
pub(super) mod audit;
pub(super) mod job;
pub(super) mod find;
