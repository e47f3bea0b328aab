//! Wake-ups, and the dispatchers that they wake.

use std::collections::{BTreeSet, VecDeque};

use super::{Cloud, Happening, Step};

/// Events of one request to Meta.
const MOST: usize = 1000;

/// What happens to a dispatcher.
#[derive(Debug)]
pub(super) enum Event {
    /// Its messages were gathered for long enough.
    Gathered,
    /// It knows what is due of a tenant.
    Claimed { run: usize, tenant: u32 },
    /// Meta has taken these, that came at these times.
    Recorded { run: usize, tenant: u32, since: Vec<f64> },
}

/// The queue and who reads it.
#[derive(Debug)]
pub(super) struct Dispatchers {
    messages: VecDeque<u32>,
    gathering: bool,
    running: u32,
    most: u32,
    /// When what waits of each tenant came.
    waiting: Vec<VecDeque<f64>>,
    /// Of each invocation: since when, and how many tenants it still works on.
    runs: Vec<(f64, usize)>,
}

impl Dispatchers {
    pub(super) fn new(tenants: u32) -> Self {
        let waiting = (0..tenants).map(|_| VecDeque::new()).collect();
        Self { messages: VecDeque::new(), gathering: false, running: 0, most: 0, waiting, runs: Vec::new() }
    }

    pub(super) fn running(&self) -> u32 {
        self.running
    }

    /// How many there were at once at the most: as many environments there are.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.messages.is_empty() && !self.gathering
    }

    /// When the event that waits longest came.
    pub(super) fn oldest(&self) -> Option<f64> {
        self.waiting.iter().filter_map(|it| it.front().copied()).min_by(f64::total_cmp)
    }

    fn of(&mut self, tenant: u32) -> Option<&mut VecDeque<f64>> {
        self.waiting.get_mut(tenant as usize)
    }
}

impl Cloud<'_> {
    /// An order's event waits from now on, and a message calls for it.
    pub(super) fn accept(&mut self, tenant: u32) {
        let now = self.engine.now();
        if let Some(waiting) = self.dispatchers.of(tenant) {
            waiting.push_back(now);
        }
        self.dispatchers.messages.push_back(tenant);
        self.wake();
    }

    pub(super) fn dispatch(&mut self, event: Event) {
        match event {
            Event::Gathered => {
                self.dispatchers.gathering = false;
                self.begin();
                self.wake();
            }
            Event::Claimed { run, tenant } => self.claimed(run, tenant),
            Event::Recorded { run, tenant, since } => {
                let now = self.engine.now();
                let full = since.len() == MOST;
                self.seen.sent(since.into_iter().map(|at| now - at));
                if full { self.claim(run, tenant) } else { self.over(run) }
            }
        }
    }

    /// Starts invocations of full batches at once, and gathers what is less.
    fn wake(&mut self) {
        while self.dispatchers.messages.len() >= self.settings.batch && self.begin() {}
        let idle = self.dispatchers.running < self.settings.dispatch_concurrency;
        if idle && !self.dispatchers.gathering && !self.dispatchers.messages.is_empty() {
            self.dispatchers.gathering = true;
            self.engine.after(self.settings.window, Happening::Dispatch(Event::Gathered));
        }
    }

    /// One invocation, where there is a dispatcher for it.
    fn begin(&mut self) -> bool {
        let room = self.dispatchers.running < self.settings.dispatch_concurrency;
        if !room || self.dispatchers.messages.is_empty() {
            return false;
        }
        let count = self.dispatchers.messages.len().min(self.settings.batch);
        let tenants: BTreeSet<u32> = self.dispatchers.messages.drain(..count).collect();
        self.dispatchers.running += 1;
        self.dispatchers.most = self.dispatchers.most.max(self.dispatchers.running);
        let run = self.dispatchers.runs.len();
        self.dispatchers.runs.push((self.engine.now(), tenants.len()));
        self.seen.invoked(count);
        for tenant in tenants {
            self.claim(run, tenant);
        }
        true
    }

    fn claim(&mut self, run: usize, tenant: u32) {
        let look = &self.services.look;
        let before = look.function / self.settings.share() + self.settings.network;
        let wait = look.wait.draw(&mut self.random);
        let steps = vec![Step::Wait(before), Step::Work(look.server), Step::Wait(wait)];
        self.engine.start(steps, Happening::Dispatch(Event::Claimed { run, tenant }));
    }

    fn claimed(&mut self, run: usize, tenant: u32) {
        let Some(waiting) = self.dispatchers.of(tenant) else { return };
        let count = waiting.len().min(MOST);
        let since: Vec<f64> = waiting.drain(..count).collect();
        if since.is_empty() {
            return self.over(run);
        }
        #[expect(clippy::cast_precision_loss, reason = "1,000 at the most")]
        let events = count as f64;
        let event = &self.services.event;
        let meta = self.settings.meta.draw(&mut self.random);
        let wait = self.services.look.wait.draw(&mut self.random);
        let before = events * event.function / self.settings.share() + meta + self.settings.network;
        let steps = vec![Step::Wait(before), Step::Work(events * event.server), Step::Wait(wait)];
        self.engine.start(steps, Happening::Dispatch(Event::Recorded { run, tenant, since }));
    }

    fn over(&mut self, run: usize) {
        let Some((since, left)) = self.dispatchers.runs.get_mut(run) else { return };
        *left -= 1;
        if *left > 0 {
            return;
        }
        let took = self.engine.now() - *since;
        self.dispatchers.running -= 1;
        self.seen.dispatched(took);
        // What waited while all were busy was gathered meanwhile.
        if !self.dispatchers.gathering {
            self.begin();
        }
        self.wake();
    }
}
