//! The values of `before test` that `before test every` renews while the test runs. All workers of a process read them here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::value::Value;

/// The renewed values. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct RenewedValues(Arc<Versioned>);

#[derive(Debug, Default)]
struct Versioned {
    version: AtomicU64,
    values: Mutex<Vec<Value>>,
}

impl RenewedValues {
    /// The version of the values; 0 if nothing was renewed.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Replaces the values, in the order of their names, if the version is later than the current one.
    pub fn set(&self, version: u64, values: Vec<Value>) {
        let mut current = self.0.values.lock().unwrap_or_else(PoisonError::into_inner);
        if version > self.version() {
            *current = values;
            self.0.version.store(version, Ordering::Release);
        }
    }

    /// The version and the values, if they are later than `than`.
    pub fn newer(&self, than: u64) -> Option<(u64, Vec<Value>)> {
        if self.version() <= than {
            return None;
        }
        let values = self.0.values.lock().unwrap_or_else(PoisonError::into_inner);
        Some((self.version(), values.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_values_replace_earlier_ones_only() {
        let values = RenewedValues::default();
        assert_eq!(values.newer(0), None);
        values.set(2, vec![Value::Int(2)]);
        values.clone().set(1, vec![Value::Int(1)]);
        assert_eq!((values.newer(1), values.newer(2)), (Some((2, vec![Value::Int(2)])), None));
    }
}
