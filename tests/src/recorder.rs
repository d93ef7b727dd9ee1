//! A metrics recorder that panics: what it records for runs in the tasks of the program, and so the
//! panic ends one of them.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};

/// Panics when the counter or gauge of this name changes. Ignores all others.
#[derive(Clone, Copy, Debug)]
pub struct BrokenRecorder(pub &'static str);

struct Broken;

impl Recorder for BrokenRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match key.name() == self.0 {
            true => Counter::from_arc(Arc::new(Broken)),
            false => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match key.name() == self.0 {
            true => Gauge::from_arc(Arc::new(Broken)),
            false => Gauge::noop(),
        }
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl CounterFn for Broken {
    fn increment(&self, value: u64) {
        assert!(value == 0, "the counter is broken");
    }

    fn absolute(&self, value: u64) {
        assert!(value == 0, "the counter is broken");
    }
}

impl GaugeFn for Broken {
    fn increment(&self, _: f64) {
        panic!("the gauge is broken");
    }

    fn decrement(&self, _: f64) {
        panic!("the gauge is broken");
    }

    fn set(&self, _: f64) {
        panic!("the gauge is broken");
    }
}
