//! What was looked up, remembered for a while so that the next request need not ask for it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One environment serves few tenants at a time; past so many entries the memory starts afresh.
const MOST: usize = 1000;

/// What was found, each for its own time. By the wall clock, which goes on while an environment is frozen.
pub struct Memory<K, V>(Mutex<HashMap<K, Entry<V>>>);

struct Entry<V> {
    value: V,
    since_ms: i64,
    until_ms: i64,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// What is believed at this time, Unix milliseconds.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q, now_ms: i64) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let all = self.all();
        let entry = all.get(key)?;
        // A clock that was set back does not lengthen the time.
        (entry.since_ms..entry.until_ms).contains(&now_ms).then(|| entry.value.clone())
    }

    /// Remembers what was found at this time, Unix milliseconds, for so long.
    pub fn put(&self, key: K, value: V, now_ms: i64, believed: Duration) {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        let until_ms = now_ms.saturating_add(i64::try_from(believed.as_millis()).unwrap_or(i64::MAX));
        all.insert(key, Entry { value, since_ms: now_ms, until_ms });
    }

    /// Lets go of what turned out not to hold any more.
    pub fn forget<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.all().remove(key);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn what_was_found_is_believed_for_its_time_and_not_before_it_was_found() {
        let memory = Memory::<String, i32>::default();
        memory.put("a".to_owned(), 1, 1000, MINUTE);
        let at = |now_ms| memory.get("a", now_ms);
        assert_eq!([999, 1000, 60_999, 61_000].map(at), [None, Some(1), Some(1), None]);
        assert_eq!(memory.get("b", 1000), None);
    }

    #[test]
    fn what_is_forgotten_is_not_found() {
        let memory = Memory::<String, i32>::default();
        memory.put("a".to_owned(), 1, 0, MINUTE);
        memory.put("b".to_owned(), 2, 0, MINUTE);
        memory.forget("a");
        assert_eq!((memory.get("a", 0), memory.get("b", 0)), (None, Some(2)));
    }

    #[test]
    fn past_the_bound_it_starts_afresh() {
        let memory = Memory::<usize, usize>::default();
        for key in 0..=MOST {
            memory.put(key, key, 0, MINUTE);
        }
        assert_eq!((memory.get(&0, 0), memory.get(&MOST, 0)), (None, Some(MOST)));
    }
}
