//! A bound on how long a statement may take.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Bounds futures by one duration, with timers that are kept.
///
/// A new timer that ends before all others wakes the runtime to look at the clock anew: two system calls in each request.
/// One that stood already and is put off does not.
pub(super) struct Bound {
    limit: Duration,
    idle: Mutex<Vec<Pin<Box<Sleep>>>>,
}

impl Bound {
    /// So long at the most.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, idle: Mutex::default() }
    }

    /// What the future gives; none if it took too long.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut timer = self.timer();
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = timer.as_mut() => None,
        };
        // One that has ended, or whose future was dropped half-way, is not worth keeping.
        if done.is_some() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(timer);
        }
        done
    }

    fn timer(&self) -> Pin<Box<Sleep>> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut timer) = kept else { return Box::pin(sleep(self.limit)) };
        timer.as_mut().reset(Instant::now() + self.limit);
        timer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_given_up_each_time_anew() {
        let bound = Bound::new(Duration::from_secs(10));
        for _ in 0..3 {
            let start = Instant::now();
            assert_eq!(bound.run(ready(1)).await, Some(1));
            assert_eq!(bound.run(sleep(Duration::from_secs(9))).await, Some(()));
            assert_eq!(bound.run(pending::<()>()).await, None);
            assert_eq!(start.elapsed(), Duration::from_secs(19));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_ended_between_two_runs_does_not_end_the_next_one() {
        let bound = Bound::new(Duration::from_secs(10));
        bound.run(ready(())).await;
        sleep(Duration::from_mins(5)).await;
        assert_eq!(bound.run(sleep(Duration::from_secs(5))).await, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_was_dropped_leaves_nothing_behind() {
        let bound = Bound::new(Duration::from_secs(10));
        drop(tokio::time::timeout(Duration::from_secs(1), bound.run(pending::<()>())).await);
        assert_eq!(bound.run(sleep(Duration::from_secs(9))).await, Some(()));
    }
}
