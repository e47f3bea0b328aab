//! Where the snippet goes on the systems that funnels are made with.

use maud::{Markup, html};

use super::super::context::Context;

/// A fold with a line for each system.
pub(super) fn places(context: &Context<'_>) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        details {
            summary { (t("Where is that in WordPress, Shopify, Tag Manager…?", "Onde fica isso no WordPress, Shopify, Tag Manager…?")) }
            dl.places {
                dt { "WordPress" }
                dd { (t(
                    "A plugin for code in the header (WPCode, for instance): Header. In a cache plugin leave the script out of “delay” and “combine”.",
                    "Um plugin de código no cabeçalho (o WPCode, por exemplo): Header. No plugin de cache, deixe o script fora de “adiar” e “combinar”.",
                )) }
                dt { "Elementor Pro" }
                dd { (t("Elementor → Custom Code → Add new, location <head>.", "Elementor → Código personalizado → Adicionar, local <head>.")) }
                dt { "Shopify" }
                dd { (t(
                    "Online Store → Themes → Edit code → layout/theme.liquid, before </head>.",
                    "Loja virtual → Temas → Editar código → layout/theme.liquid, antes de </head>.",
                )) }
                dt { "Google Tag Manager" }
                dd { (t(
                    "A Custom HTML tag on All Pages. Ad blockers take Tag Manager away with all that is in it: the page itself is better.",
                    "Uma tag de HTML personalizado em All Pages. Bloqueadores removem o Tag Manager com tudo dentro: na própria página é melhor.",
                )) }
                dt { (t("Another page builder", "Outro construtor de páginas")) }
                dd { (t(
                    "The field for code in the head, or for a “pixel”, in the settings of the page.",
                    "O campo de código no head, ou de “pixel”, nas configurações da página.",
                )) }
            }
        }
    }
}
