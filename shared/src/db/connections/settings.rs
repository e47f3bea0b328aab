//! What a connection is set to, and what it cannot be set to.

use crate::domain::order::Amount;
use crate::domain::setup::{is_shop, is_slot};
use crate::platforms::Platform;

/// Why a connection cannot be made, or not changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such tenant, or it is retired.
    #[error("there is no such tenant, or it is retired")]
    NoTenant,
    /// No such connection in force.
    #[error("the tenant has no such connection in force")]
    NoConnection,
    /// Not one of the platform's amounts.
    #[error("{platform} does not state the amount {amount}; it states {stated}")]
    AmountNotStated {
        /// The platform's word.
        platform: &'static str,
        /// The amount's word.
        amount: &'static str,
        /// Those that it states.
        stated: String,
    },
    /// Two shops would share order numbers.
    #[error(
        "each shop of {platform} numbers its orders by itself, and the tenant has a connection {whose}: order 1001 of one shop would be \
         taken for order 1001 of the other. Give this one a shop's name of its own"
    )]
    ShopTaken {
        /// The platform's word.
        platform: &'static str,
        /// Whose name is taken.
        whose: String,
    },
    /// A shop's name where it does harm.
    #[error(
        "{platform} gives no two orders one id, whatever the shop: with a shop's name, a sale that comes over two connections would count \
         twice"
    )]
    ShopNotUsed {
        /// The platform's word.
        platform: &'static str,
    },
    /// Not a shop's name.
    #[error("a shop's name has 1 to 32 lower-case letters, digits, - and _, and begins with a letter or digit")]
    NotAShop,
    /// Not a slot.
    #[error("a tracking slot's name has 1 to 64 printable characters")]
    NotASlot,
}

/// What a connection is set to. Its default is what it is where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// For people.
    pub label: String,
    /// Which amount of a sale is its value.
    pub amount: Amount,
    /// The tracking slot that gives back the seller's own order id.
    pub order_id_slot: Option<String>,
    /// Which of the tenant's shops it is.
    pub shop: Option<String>,
}

impl Settings {
    pub(super) fn check(&self, platform: Platform) -> Result<(), Refused> {
        if !platform.amounts().contains(&self.amount) {
            let stated: Vec<&str> = platform.amounts().iter().map(|it| it.as_str()).collect();
            return Err(Refused::AmountNotStated {
                platform: platform.as_str(),
                amount: self.amount.as_str(),
                stated: stated.join(", "),
            });
        }
        if self.order_id_slot.as_deref().is_some_and(|slot| !is_slot(slot)) {
            return Err(Refused::NotASlot);
        }
        match &self.shop {
            Some(_) if !platform.ids_are_per_shop() => Err(Refused::ShopNotUsed { platform: platform.as_str() }),
            Some(shop) if !is_shop(shop) => Err(Refused::NotAShop),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_must_be_one_that_the_platform_states() {
        let of = |amount| Settings { amount, ..Settings::default() };
        assert_eq!(of(Amount::Net).check(Platform::Hotmart), Ok(()));
        let refused = of(Amount::Net).check(Platform::Braip).unwrap_err();
        assert_eq!(refused.to_string(), "braip does not state the amount net; it states price");
    }

    #[test]
    fn a_shop_has_a_name_only_where_shops_number_their_orders() {
        let of = |shop: &str| Settings { shop: Some(shop.to_owned()), ..Settings::default() };
        assert_eq!(of("north-1").check(Platform::WooCommerce), Ok(()));
        assert_eq!(of("north").check(Platform::Hotmart), Err(Refused::ShopNotUsed { platform: "hotmart" }));
        for shop in ["", "North", "-a", "a b", "loja:1", "ç", &"x".repeat(33)] {
            assert_eq!(of(shop).check(Platform::Generic), Err(Refused::NotAShop), "{shop}");
        }
    }

    #[test]
    fn a_slot_has_a_printable_name() {
        let of = |slot: &str| Settings { order_id_slot: Some(slot.to_owned()), ..Settings::default() };
        assert_eq!(of("utm_content").check(Platform::Hotmart), Ok(()));
        for slot in ["", "a b", "a\n", &"x".repeat(65)] {
            assert_eq!(of(slot).check(Platform::Hotmart), Err(Refused::NotASlot), "{slot:?}");
        }
    }
}
