//! Known crawlers and link previews, by their agent: the list of the crate `isbot` and what `build.rs` adds to it.

/// Patterns that an agent begins with.
static STARTS: Table = Table::new(
    include_bytes!(concat!(env!("OUT_DIR"), "/starts.columns")),
    include_bytes!(concat!(env!("OUT_DIR"), "/starts.next")).as_chunks().0,
);

/// Patterns that stand anywhere in an agent.
static ANYWHERE: Table = Table::new(
    include_bytes!(concat!(env!("OUT_DIR"), "/anywhere.columns")),
    include_bytes!(concat!(env!("OUT_DIR"), "/anywhere.next")).as_chunks().0,
);

/// States by their numbers, as `build.rs` gives them. Below the first, the walk is over.
const FOUND: u16 = 1;
const START: u16 = 2;

/// The input behind the 256 bytes: the end of the text.
const END: usize = 256;

/// Whether the list knows the agent. Letters are alike in both cases.
pub(super) fn knows(agent: &str) -> bool {
    STARTS.finds(agent) || ANYWHERE.finds(agent)
}

/// Patterns as an automaton: the state that it is in and the next byte give the next state.
struct Table {
    /// By input: its column of `next`. The last is that of the end.
    columns: &'static [u8; END + 1],
    /// By column and state: the next state, little-endian. In this order a step waits for nothing but the step before.
    next: &'static [[u8; 2]],
    states: usize,
}

impl Table {
    const fn new(columns: &'static [u8; END + 1], next: &'static [[u8; 2]]) -> Self {
        Self { columns, next, states: next.len() / (columns[END] as usize + 1) }
    }

    fn finds(&self, text: &str) -> bool {
        let mut state = START;
        for byte in text.bytes() {
            state = self.step(state, usize::from(byte));
            if state < START {
                return state == FOUND;
            }
        }
        self.step(state, END) == FOUND
    }

    /// Inline, for the profile is one of size, and would make each byte a call.
    #[inline]
    fn step(&self, state: u16, input: usize) -> u16 {
        u16::from_le_bytes(self.next[usize::from(self.columns[input]) * self.states + usize::from(state)])
    }
}

#[cfg(test)]
mod tests;
