//! Ways to a PostgreSQL database: through poolers, with TLS, with passwords and certificates; and
//! what is said where there is no way.

mod bouncer;
mod pooler;
mod reasons;
