//! Harness of the integration tests: databases, processes, fixtures.
