//! One send: a request that is split when Meta refuses what is in it, and what its answers mean for each event.
//!
//! Pure: it says which events go next, is told the answer, and rules on events. Each event is ruled on once, however the
//! send ends.

use std::ops::Range;

use super::{Meaning, Refusal};

/// So many events refused alone and alike, and none taken: it is not the events.
pub const MOST_ALIKE: usize = 8;

/// How often an event may meet a code that nobody knows, before the next one is taken for a refusal of the event.
pub const TRIES_OF_UNKNOWN: i64 = 3;

/// What becomes of an event in this send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Meta took it.
    Sent,
    /// Its attempt failed; there will be another.
    Again,
    /// It was refused alone, but the send broke off before it showed whether it is the event: it will be tried again.
    Undecided,
    /// It was not sent after all, or is not at fault for what the send met: it is given back as it was.
    GivenBack,
    /// Its attempt failed for what is the tenant's matter; all of the tenant's events wait.
    Parked,
    /// Meta refused it alone.
    Quarantined(Refusal),
    /// Meta found it too old.
    Expired,
}

/// What becomes of some events, by their places in the send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Which.
    pub events: Vec<usize>,
    /// What.
    pub fate: Fate,
}

/// A send on its way.
#[derive(Debug)]
pub struct Send {
    /// How often each event met a code that nobody knows before.
    unknown: Vec<i64>,
    /// Whether the tenant is parked, and this send is to find out if it still has to be.
    is_probe_of_parked: bool,
    /// Parts that are still to be sent, the next one last.
    parts: Vec<Range<usize>>,
    /// Events refused alone while none was taken yet: whether it is the events shows only later.
    refused: Vec<(usize, Refusal)>,
    taken: bool,
    is_parked_as_alike: bool,
}

impl Send {
    /// Of as many events as there are counts of how often each met a code that nobody knows.
    pub fn new(unknown: Vec<i64>) -> Self {
        let all = 0..unknown.len();
        let parts = if all.is_empty() { Vec::new() } else { vec![all] };
        let (refused, taken, is_parked_as_alike, is_probe_of_parked) = Default::default();
        Self { unknown, is_probe_of_parked, parts, refused, taken, is_parked_as_alike }
    }

    /// The same of a tenant that is parked: refusals while none is taken do not burn the events of a probe.
    #[must_use]
    pub fn of_parked(self) -> Self {
        Self { is_probe_of_parked: true, ..self }
    }

    /// The events of the next request; none when the send is over.
    pub fn next(&self) -> Option<Range<usize>> {
        self.parts.last().cloned()
    }

    /// Whether Meta took any event.
    pub fn has_taken(&self) -> bool {
        self.taken
    }

    /// Whether it ended since many events were refused alike.
    pub fn is_parked_as_alike(&self) -> bool {
        self.is_parked_as_alike
    }

    /// What the answer to the [`next`](Self::next) request settles.
    pub fn answered(&mut self, meaning: Meaning) -> Vec<Ruling> {
        let Some(part) = self.parts.pop() else { return Vec::new() };
        match meaning {
            Meaning::Accepted => self.accepted(part),
            Meaning::Credentials => self.parked(part.collect()),
            Meaning::Data(refusal) => self.refused(part, refusal),
            Meaning::Unknown(refusal) if self.is_old_unknown(&part) => self.refused(part, refusal),
            Meaning::Passing | Meaning::Unclear | Meaning::Unknown(_) => self.failed(part),
        }
    }

    /// The send ends before its next request: there is no time for it.
    pub fn stopped(&mut self) -> Vec<Ruling> {
        let mut rulings = self.undecided();
        rulings.extend(ruling(self.rest(), Fate::GivenBack));
        rulings
    }

    fn accepted(&mut self, part: Range<usize>) -> Vec<Ruling> {
        self.taken = true;
        let mut rulings: Vec<Ruling> = ruling(part.collect(), Fate::Sent).into_iter().collect();
        rulings.extend(self.quarantined());
        rulings
    }

    /// What keeps this part away would keep the others away too.
    fn failed(&mut self, part: Range<usize>) -> Vec<Ruling> {
        let mut rulings: Vec<Ruling> = ruling(part.collect(), Fate::Again).into_iter().collect();
        rulings.extend(self.stopped());
        rulings
    }

    fn parked(&mut self, mut events: Vec<usize>) -> Vec<Ruling> {
        events.extend(std::mem::take(&mut self.refused).into_iter().map(|(event, _)| event));
        let mut rulings: Vec<Ruling> = ruling(events, Fate::Parked).into_iter().collect();
        rulings.extend(ruling(self.rest(), Fate::GivenBack));
        rulings
    }

    fn refused(&mut self, part: Range<usize>, refusal: Refusal) -> Vec<Ruling> {
        if part.len() > 1 {
            let middle = part.start + part.len() / 2;
            self.parts.extend([middle..part.end, part.start..middle]);
            return Vec::new();
        }
        if refusal == Refusal::TOO_OLD {
            return ruling(part.collect(), Fate::Expired).into_iter().chain(self.ended()).collect();
        }
        self.refused.extend(part.map(|event| (event, refusal)));
        if self.taken {
            return self.quarantined();
        }
        if self.refused.iter().filter(|(_, it)| *it == refusal).count() >= MOST_ALIKE {
            self.is_parked_as_alike = true;
            return self.parked(Vec::new());
        }
        self.look_elsewhere();
        self.ended()
    }

    /// Bad events often stand side by side: what is next is the widest part, so that eight of them do not pass for all.
    fn look_elsewhere(&mut self) {
        let widest = self.parts.iter().enumerate().max_by_key(|(_, part)| part.len()).map(|(place, _)| place);
        if let Some(place) = widest {
            let part = self.parts.remove(place);
            self.parts.push(part);
        }
    }

    /// At the end of the send, what was refused alone stays refused; of a parked tenant it only shows that it is parked still.
    fn ended(&mut self) -> Vec<Ruling> {
        if !self.parts.is_empty() {
            return Vec::new();
        }
        if self.is_probe_of_parked && !self.taken && !self.refused.is_empty() {
            self.is_parked_as_alike = true;
            return self.parked(Vec::new());
        }
        self.quarantined()
    }

    fn quarantined(&mut self) -> Vec<Ruling> {
        let refused = std::mem::take(&mut self.refused);
        refused.into_iter().map(|(event, it)| Ruling { events: vec![event], fate: Fate::Quarantined(it) }).collect()
    }

    /// The send broke off, so nobody knows whether it is the events: they are tried again.
    fn undecided(&mut self) -> Vec<Ruling> {
        let events = std::mem::take(&mut self.refused).into_iter().map(|(event, _)| event).collect();
        ruling(events, Fate::Undecided).into_iter().collect()
    }

    fn rest(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.parts).into_iter().rev().flatten().collect()
    }

    fn is_old_unknown(&self, part: &Range<usize>) -> bool {
        self.unknown.get(part.clone()).is_some_and(|of| of.iter().any(|tries| *tries >= TRIES_OF_UNKNOWN))
    }
}

fn ruling(events: Vec<usize>, fate: Fate) -> Option<Ruling> {
    (!events.is_empty()).then_some(Ruling { events, fate })
}

#[cfg(test)]
mod tests;
