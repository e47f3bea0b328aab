//! What happens when, drawn from a seed: the same seed gives the same schedule.

use std::fmt;

use fastrand::Rng;

use crate::simulator::{Answer, Fault};

/// A function whose environments are killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Takes orders.
    Order,
    /// Sends.
    Dispatch,
    /// Wakes.
    Sweep,
}

/// How Postgres ends. It recovers from its log each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Crash {
    /// `kill -9` of the server, which is started again.
    Killed,
    /// An immediate shutdown (`pg_ctl stop -m immediate`), and a start.
    Immediate,
    /// `kill -9` of one session: the server ends all the others and recovers by itself.
    Session,
}

/// A `kill -9`, of whom and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blow {
    /// An environment, whatever it does.
    Anytime(Part),
    /// An environment whose statement has left and has not reached Postgres.
    BeforeStatement(Part),
    /// An environment whose statement Postgres has done, before it hears of that.
    AfterStatement(Part),
    /// A dispatcher that has Meta's answer, before anything of it reaches Postgres.
    BeforeRecord,
    /// A dispatcher that has recorded Meta's answer, before it hears of that.
    AfterRecord,
    /// Postgres.
    Postgres(Crash),
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Part| match part {
            Part::Order => "order",
            Part::Dispatch => "dispatch",
            Part::Sweep => "sweep",
        };
        match self {
            Self::Anytime(it) => write!(f, "{} at any moment", part(it)),
            Self::BeforeStatement(it) => write!(f, "{} before its statement reached Postgres", part(it)),
            Self::AfterStatement(it) => write!(f, "{} after its statement, before it heard of it", part(it)),
            Self::BeforeRecord => f.write_str("dispatch between Meta's answer and the record"),
            Self::AfterRecord => f.write_str("dispatch after the record, before it heard of it"),
            Self::Postgres(Crash::Killed) => f.write_str("Postgres, kill -9 and start"),
            Self::Postgres(Crash::Immediate) => f.write_str("Postgres, immediate shutdown and start"),
            Self::Postgres(Crash::Session) => f.write_str("Postgres, kill -9 of a session"),
        }
    }
}

/// A blow and the pause before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// After the blow before, in milliseconds.
    pub after_ms: u64,
    /// The blow.
    pub blow: Blow,
    /// Chooses among the part's environments, where the moment does not.
    pub choice: usize,
}

/// An order to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which tenant's: 0 is the healthy one, 1 the dead one.
    pub tenant: usize,
    /// Whether its caller posts it again after the answer.
    pub twice: bool,
}

/// Everything that a seed decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Who is killed, in order.
    pub strikes: Vec<Strike>,
    /// What is posted, in order.
    pub orders: Vec<Plan>,
    /// What a healthy Meta does at times: standing faults, each by its own chance.
    pub weather: Vec<Fault>,
    /// What the dead tenant's requests meet, one after the other; the last stands.
    pub death: Vec<Fault>,
}

/// How many of the dead tenant's requests have an answer of their own.
const DEATHS: usize = 300;
/// Longer than a dispatcher waits.
const TOO_LONG: std::time::Duration = std::time::Duration::from_secs(12);

impl Schedule {
    /// Draws so many strikes and orders.
    pub fn draw(seed: u64, kills: usize, orders: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        Self {
            strikes: (0..kills).map(|_| strike(&mut rng)).collect(),
            orders: (0..orders).map(|_| Plan { tenant: rng.usize(0..2), twice: rng.u8(0..100) < 15 }).collect(),
            weather: weather(&mut rng),
            death: death(&mut rng),
        }
    }

    /// How long the strikes take by themselves, in milliseconds: what they do comes on top.
    pub fn pauses_ms(&self) -> u64 {
        self.strikes.iter().map(|it| it.after_ms).sum()
    }
}

fn strike(rng: &mut Rng) -> Strike {
    let part = |rng: &mut Rng| match rng.u8(0..10) {
        0..5 => Part::Order,
        5..8 => Part::Dispatch,
        _ => Part::Sweep,
    };
    let blow = match rng.u8(0..100) {
        0..28 => Blow::Anytime(part(rng)),
        28..40 => Blow::BeforeStatement(part(rng)),
        40..54 => Blow::AfterStatement(part(rng)),
        54..74 => Blow::BeforeRecord,
        74..88 => Blow::AfterRecord,
        88..92 => Blow::Postgres(Crash::Killed),
        92..96 => Blow::Postgres(Crash::Immediate),
        _ => Blow::Postgres(Crash::Session),
    };
    Strike { after_ms: rng.u64(300..1500), blow, choice: rng.usize(..) }
}

fn preset(name: &str) -> Answer {
    // A name that the simulator does not know would be a change there; then a plain 503 stands for it.
    Answer::preset(name).unwrap_or(Answer::Http { status: 503, body: String::new() })
}

fn weather(rng: &mut Rng) -> Vec<Fault> {
    [
        (0.06, Answer::AcceptThenReset),
        (0.04, Answer::Reset),
        (0.05, Answer::Half),
        (0.05, preset("gateway_html_502")),
        (0.03, preset("transient_2")),
        (0.02, preset("throttled_4")),
        (0.02, preset("gateway_text_200")),
    ]
    .map(|(chance, answer)| Fault::standing(answer).by_chance(chance, rng.u64(..)))
    .into()
}

fn death(rng: &mut Rng) -> Vec<Fault> {
    let mut each: Vec<Fault> = (0..DEATHS)
        .map(|_| match rng.u8(0..100) {
            0..30 => Answer::Reset,
            30..55 => preset("gateway_html_502"),
            55..80 => preset("gateway_json_503"),
            80..88 => preset("transient_1"),
            88..93 => Answer::AcceptThenReset,
            93..97 => Answer::Half,
            _ => Answer::Delay(TOO_LONG),
        })
        .map(Fault::once)
        .collect();
    each.push(Fault::standing(preset("gateway_json_503")));
    each
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_schedule_and_another_one_another() {
        let first = Schedule::draw(7, 50, 100);
        assert_eq!(first, Schedule::draw(7, 50, 100));
        let other = Schedule::draw(8, 50, 100);
        assert_ne!(first.strikes, other.strikes);
        assert_ne!(first.orders, other.orders);
        assert_ne!(first.death, other.death);
    }

    #[test]
    fn every_blow_comes() {
        let blows: HashSet<Blow> = Schedule::draw(1, 2000, 0).strikes.into_iter().map(|it| it.blow).collect();
        // Three for each of three parts, two of the record, three of Postgres.
        assert_eq!(blows.len(), 14);
    }

    #[test]
    fn the_presets_are_known_to_the_simulator() {
        let schedule = Schedule::draw(1, 0, 0);
        let unknown = Answer::Http { status: 503, body: String::new() };
        assert!(schedule.weather.iter().chain(&schedule.death).all(|it| it.answer != unknown));
    }
}
