//! Who may do what with a tenant.

mod act;
mod policy;
mod scope;

pub use act::Act;
pub use policy::{Needs, Own, Verdict, Who, judge};
pub use scope::{Scope, Scopes};
