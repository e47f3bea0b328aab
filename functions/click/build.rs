//! Writes the list of the crate `isbot` as two tables that `visitor::bots` walks, one step a byte.
//!
//! Compiled when the function is built, the list needs no regular expressions at run time: their engine would be a sixteenth of the
//! package, and would build itself anew at each environment's first visitor.
#![expect(clippy::disallowed_methods, reason = "cargo says there where to write")]

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use isbot::Bots;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::nfa::thompson::{self, Compiler, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind, Look};

/// What the list does not have: Meta's own that look at what people share and advertise, and its messenger's preview on iOS and the
/// web. By how the agent begins: an app's own browser begins as browsers do.
const METAS: [&str; 3] = ["^meta-external", "^facebookcatalog", "^whatsapp/"];

/// Numbers of the two states that end a walk; `visitor::bots` knows them too.
const NONE: u16 = 0;
const FOUND: u16 = 1;
/// The number of the state in which a walk begins.
const START: u16 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut bots = Bots::default();
    bots.append(&METAS);
    let list = regex_syntax::parse(&expression(&bots)?)?;
    let HirKind::Alternation(patterns) = list.into_kind() else { return Err("isbot's list is no alternation".into()) };
    // Apart, since in one table each state of a beginning would stand beside each of what may come later.
    let (starts, anywhere): (Vec<Hir>, Vec<Hir>) =
        patterns.into_iter().partition(|it| it.properties().look_set_prefix().contains(Look::Start));
    let folder = std::env::var("OUT_DIR")?;
    write(Path::new(&folder), "starts", &rows(starts, Anchored::Yes)?)?;
    write(Path::new(&folder), "anywhere", &rows(anywhere, Anchored::No)?)
}

/// The list as one expression. The crate gives it to nobody but `Debug`; in another form than this one it fails the build.
fn expression(bots: &Bots) -> Result<String, Box<dyn Error>> {
    let shown = format!("{bots:?}");
    let quoted = shown
        .split_once(" user_agents_regex: Regex(\"")
        .and_then(|(_, rest)| rest.strip_suffix("\") }"))
        .ok_or("isbot shows its expression differently")?;
    let mut expression = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        expression.push(match character {
            '\\' => characters.next().filter(|it| matches!(it, '\\' | '"')).ok_or("isbot's list has another escape")?,
            _ => character,
        });
    }
    Ok(expression)
}

/// The input behind the 256 bytes: the end of the text.
const END: usize = 256;

/// By state: where each byte leads, and the end of the text.
type Rows = Vec<[u16; END + 1]>;

/// The rows of an automaton that finds one of these patterns: from the start of the text, or anywhere.
fn rows(patterns: Vec<Hir>, anchored: Anchored) -> Result<Rows, Box<dyn Error>> {
    let starts = if anchored == Anchored::Yes { StartKind::Anchored } else { StartKind::Unanchored };
    let nfa = Compiler::new()
        .configure(thompson::Config::new().which_captures(WhichCaptures::None))
        .build_from_hir(&Hir::alternation(patterns))?;
    let automaton = dense::Builder::new()
        .configure(dense::Config::new().start_kind(starts).minimize(true).accelerate(false))
        .build_from_nfa(&nfa)?;
    let start = automaton.start_state_forward(&Input::new("").anchored(anchored))?;
    let mut states = States { automaton, numbers: HashMap::new(), met: Vec::new() };
    if states.number(start)? != START {
        return Err("the list takes every agent, or none".into());
    }
    let mut rows = vec![[NONE; END + 1], [FOUND; END + 1]];
    while let Some(&state) = states.met.get(rows.len() - usize::from(START)) {
        rows.push(states.row(state)?);
    }
    Ok(rows)
}

/// An automaton's states, numbered as they are met. What is found is known at the first match, so none is met behind one.
struct States {
    automaton: DFA<Vec<u32>>,
    numbers: HashMap<StateID, u16>,
    met: Vec<StateID>,
}

impl States {
    fn number(&mut self, state: StateID) -> Result<u16, Box<dyn Error>> {
        if self.automaton.is_dead_state(state) {
            return Ok(NONE);
        }
        if self.automaton.is_match_state(state) {
            return Ok(FOUND);
        }
        if let Some(&number) = self.numbers.get(&state) {
            return Ok(number);
        }
        let number = START + u16::try_from(self.met.len())?;
        self.numbers.insert(state, number);
        self.met.push(state);
        Ok(number)
    }

    /// Letters lead where their lower case does: the list is in lower case.
    fn row(&mut self, state: StateID) -> Result<[u16; END + 1], Box<dyn Error>> {
        let mut row = [NONE; END + 1];
        for byte in 0..=u8::MAX {
            let next = self.automaton.next_state(state, byte.to_ascii_lowercase());
            row[usize::from(byte)] = self.number(next)?;
        }
        row[END] = self.number(self.automaton.next_eoi_state(state))?;
        Ok(row)
    }
}

/// Inputs that lead everywhere to the same are one column. `<name>.columns` has the column of each byte and of the end of the text,
/// which is the last; `<name>.next` the columns one after the other, two little-endian bytes a number.
fn write(folder: &Path, name: &str, rows: &Rows) -> Result<(), Box<dyn Error>> {
    let mut columns: Vec<Vec<u16>> = Vec::new();
    let mut of_inputs = Vec::new();
    for input in 0..=END {
        let column: Vec<u16> = rows.iter().map(|row| row[input]).collect();
        let known = columns.iter().position(|it| *it == column).filter(|_| input != END);
        of_inputs.push(u8::try_from(known.unwrap_or(columns.len()))?);
        if known.is_none() {
            columns.push(column);
        }
    }
    let next: Vec<u8> = columns.into_iter().flatten().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.join(format!("{name}.columns")), of_inputs)?;
    std::fs::write(folder.join(format!("{name}.next")), next)?;
    Ok(())
}
