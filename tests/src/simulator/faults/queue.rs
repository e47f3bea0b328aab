//! The faults that wait.

use fastrand::Rng;
use serde_json::{Value, json};

use super::Fault;

struct Waiting {
    fault: Fault,
    draws: Option<Rng>,
}

impl Waiting {
    /// Draws only when everything else fits, so that the requests of others do not move the draws.
    fn meets(&mut self, pixel: Option<&str>, carries: impl Fn(&str) -> bool) -> bool {
        let Fault { pixel: only, event_id, chance, .. } = &self.fault;
        let here = only.is_none() || only.as_deref() == pixel;
        here && event_id.as_deref().is_none_or(carries)
            && chance.is_none_or(|chance| self.draws.as_mut().is_some_and(|draws| draws.f64() < chance.of))
    }
}

/// The faults that wait, in the order of their arrival.
#[derive(Default)]
pub(in super::super) struct Faults(Vec<Waiting>);

impl Faults {
    pub(in super::super) fn add(&mut self, fault: Fault) {
        if fault.times != Some(0) {
            let draws = fault.chance.map(|chance| Rng::with_seed(chance.seed));
            self.0.push(Waiting { fault, draws });
        }
    }

    /// Forgets all, or only those that are for this pixel alone.
    pub(in super::super) fn clear(&mut self, pixel: Option<&str>) {
        self.0.retain(|waiting| pixel.is_some() && waiting.fault.pixel.as_deref() != pixel);
    }

    /// How many requests will meet one, beside those that stand.
    pub(in super::super) fn waiting(&self) -> u64 {
        self.0.iter().filter_map(|waiting| waiting.fault.times).map(u64::from).sum()
    }

    /// How many stand until they are cleared.
    pub(in super::super) fn standing(&self) -> usize {
        self.0.iter().filter(|waiting| waiting.fault.times.is_none()).count()
    }

    /// What a request to `pixel` meets, which carries the events that `carries` says; uses up one time of that fault.
    pub(in super::super) fn meet(&mut self, pixel: Option<&str>, carries: impl Fn(&str) -> bool) -> Option<Fault> {
        let at = self.0.iter_mut().position(|waiting| waiting.meets(pixel, &carries))?;
        let fault = &mut self.0.get_mut(at)?.fault;
        fault.times = fault.times.map(|times| times - 1);
        let met = fault.clone();
        if fault.times == Some(0) {
            self.0.remove(at);
        }
        Some(met)
    }

    /// Who meets each of them, and how many times still.
    pub(in super::super) fn list(&self) -> Vec<Value> {
        let told = |Waiting { fault, .. }: &Waiting| {
            json!({
                "pixel": fault.pixel,
                "event_id": fault.event_id,
                "times": fault.times,
                "chance": fault.chance.map(|chance| chance.of),
                "answer": fault.answer.name(),
            })
        };
        self.0.iter().map(told).collect()
    }
}
