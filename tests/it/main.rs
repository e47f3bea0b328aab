//! Every test that needs a real part: one binary, one cluster, one local AWS.

mod address;
mod any_input;
mod chaos;
mod click_input;
mod clicks;
mod delivery;
mod dispatch;
mod faults;
mod flow;
mod hot_path;
mod isolation;
mod keys;
mod ledger;
mod logs;
mod matching;
mod migrations;
mod operate;
mod order_input;
mod orders;
mod payload;
mod programs;
mod replay;
mod round_trips;
mod statuses;
mod stories;
mod sweep;
