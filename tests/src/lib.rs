//! The harness: real parts on this machine, brought up and taken down, for tests and developer programs alike.
//!
//! - [`process`], [`scratch`], [`user`], [`net`], [`logs`], [`progress`]: children that end with us, temporary
//!   directories, ports, output.
//! - [`install`], [`python`]: what is brought below `target/local`, pinned.
//! - [`browser`]: a real Chromium; [`site`]: what it sees; [`minify`]: the snippet made small; [`funnel`]: a demo to click through.
//! - [`postgres`]: a real server, [`authority`]: its certificates; [`ministack`]: the AWS protocols; [`simulator`]: Meta's Graph API.
//! - [`lambda`]: the functions under `cargo lambda watch`; [`queues`], [`event_source`]: SQS to a function.
//! - [`runtime_api`]: release binaries as Lambda runs them, to measure them.
//! - [`relay`]: a network that fails; [`trap`]: a line that is held at one moment; [`chaos`]: what is done to a stack, and whether
//!   it lost anything.
//! - [`capacity`]: what the system takes and costs, simulated.
//! - [`webhook`]: what we would make of a platform's body; [`signers`]: senders' own packages, which sign.
//! - [`sam`], [`template`], [`calls`]: the deployment: its tool, what it makes, and which of AWS's calls a binary can make.
//! - [`wire`]: a relay before Postgres that counts round trips; [`heard`]: what is logged.
//! - [`seed`], [`request`], [`answer`], [`world`]: a tenant, requests as API Gateway sends them, answers, and all of it for one
//!   test.

#![expect(
    clippy::disallowed_methods,
    reason = "the harness has a machine's clock and environment, and clients of its own"
)]

pub mod answer;
pub mod authority;
pub mod browser;
pub mod calls;
pub mod capacity;
pub mod chaos;
pub mod event_source;
pub mod funnel;
pub mod heard;
pub mod install;
pub mod lambda;
pub mod logs;
pub mod minify;
pub mod ministack;
pub mod net;
mod npm;
pub mod openapi;
pub mod postgres;
pub mod process;
pub mod progress;
pub mod python;
pub mod queues;
pub mod relay;
pub mod request;
pub mod runtime_api;
pub mod sam;
pub mod scratch;
pub mod seed;
pub mod signers;
pub mod simulator;
pub mod site;
pub mod template;
pub mod trap;
pub mod user;
pub mod webhook;
pub mod wire;
pub mod world;
