//! Every test that needs a real part: one binary, one cluster, one local AWS.

mod address;
mod any_input;
mod click_input;
mod clicks;
mod delivery;
mod dispatch;
mod faults;
mod flow;
mod hot_path;
mod isolation;
mod keys;
mod logs;
mod matching;
mod migrations;
mod order_input;
mod orders;
mod payload;
mod programs;
mod round_trips;
mod statuses;
mod sweep;
