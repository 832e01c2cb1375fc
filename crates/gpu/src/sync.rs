//! Locks of what stays valid whatever panics while it is held.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for a mutex, and takes no notice of an earlier panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
