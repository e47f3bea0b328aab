//! The pages of the steps.

use maud::{Markup, html};
use shared::domain::country::Country;
use shared::domain::setup::{Severity, Step};
use shared::platforms::Platform;

use super::super::context::Context;
use super::super::layout::{copyable, notice};
use super::entry::Said;
use super::fields::{Field, Fields};
use super::words::title;
use super::{Shown, checkout, frame, install, live, meta, senders};

/// A step's page.
pub(super) fn page(context: &Context<'_>, shown: &Shown, step: Step, said: &Said) -> Markup {
    let fields = Fields { context, shown, step, said };
    let main = match step {
        Step::Business => saved_form(&fields, &business(&fields)),
        Step::Funnel => saved_form(&fields, &funnel(&fields)),
        Step::Meta => {
            html! { (saved_form(&fields, &meta::form(&fields))) (meta::test_code(&fields)) (meta::test(&fields)) }
        }
        Step::Checkout => saved_form(&fields, &checkout::form(&fields)),
        Step::OtherSenders => saved_form(&fields, &senders::form(&fields)),
        Step::Snippet => snippet(context, shown),
        Step::TestOrder => test_order(&fields),
        Step::Active => active(context, shown, false),
    };
    frame::page(context, shown, step, &main)
}

/// The last step after an attempt to go live that was refused.
pub(super) fn refused(context: &Context<'_>, shown: &Shown) -> Markup {
    frame::page(context, shown, Step::Active, &active(context, shown, true))
}

fn saved_form(fields: &Fields<'_>, inner: &Markup) -> Markup {
    let context = fields.context;
    html! {
        @if !fields.said.errors.is_empty() {
            (notice("error", context.t("Nothing was saved: see below.", "Nada foi salvo: veja abaixo.")))
        }
        form method="post" action=(fields.shown.to(fields.step)) novalidate {
            (fields.others())
            (inner)
            div.actions { button.primary type="submit" { (context.t("Save and go on", "Salvar e continuar")) } }
        }
    }
}

fn business(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    let countries: Vec<_> = Country::all().map(|it| (it.code().to_owned(), it.code().to_owned())).collect();
    html! {
        (fields.line(&Field {
            name: "name", label: t("Name", "Nome"), hint: t("As your customers know it.", "Como seus clientes o conhecem."),
            autocomplete: "organization", ..Field::default()
        }))
        (fields.line(&Field {
            name: "slug", label: t("Short name", "Nome curto"),
            hint: t("Small letters, digits and hyphens: my-shop.", "Letras minúsculas, números e hífens: minha-loja."),
            suggests: Some("name"), ..Field::default()
        }))
        div.pair {
            (fields.choice(&Field {
                name: "country", label: t("Country", "País"),
                hint: t("Phone numbers without a country code are read by it.", "Telefones sem código do país são lidos por ele."),
                ..Field::default()
            }, &countries, Some("region")))
            (fields.line(&Field {
                name: "currency", label: t("Currency", "Moeda"), hint: t("Three letters: BRL, USD, EUR.", "Três letras: BRL, USD, EUR."),
                placeholder: "BRL", ..Field::default()
            }))
        }
    }
}

fn funnel(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    html! {
        (fields.line(&Field {
            name: "name", label: t("The funnel's name", "Nome do funil"), hint: t("For you alone: a course, a launch.", "Só para você: um curso, um lançamento."),
            ..Field::default()
        }))
        (fields.lines(&Field {
            name: "domains", label: t("Domains", "Domínios"),
            hint: t(
                "Where your ads lead, one a line. Each covers its subdomains.",
                "Para onde seus anúncios levam, um por linha. Cada um cobre seus subdomínios.",
            ),
            placeholder: "www.example.com", inputmode: Some("url"), ..Field::default()
        }))
        (fields.tick(&Field {
            name: "requires_consent", label: t("Ask for consent first", "Pedir consentimento antes"),
            hint: t(
                " Nothing is kept of a visitor before your page says that they agreed.",
                " Nada é guardado de um visitante antes de sua página dizer que ele concordou.",
            ),
            ..Field::default()
        }))
    }
}

/// The snippet for the funnel's pages.
fn snippet(context: &Context<'_>, shown: &Shown) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let id = &shown.session.id;
    if !shown.session.live.is_provisioned {
        let has_error = |step: Step| {
            shown.assessed.issues.iter().any(|it| it.code.step() == step && it.severity() == Severity::Error)
        };
        let missing: Vec<Step> = [Step::Business, Step::Funnel].into_iter().filter(|step| has_error(*step)).collect();
        return html! {
            p { (t(
                "With what you have entered your tracking is made now: a snippet for your pages, a webhook for your checkout, a key for your server. You can change everything later.",
                "Com o que você informou, seu rastreamento é criado agora: um snippet para suas páginas, um webhook para seu checkout, uma chave para seu servidor. Você pode mudar tudo depois.",
            )) }
            @if missing.is_empty() {
                form method="post" action={ "/setup/sessions/" (id) "/provision" } {
                    div.actions { button.primary type="submit" { (t("Create my tracking", "Criar meu rastreamento")) } }
                }
            } @else {
                (notice("warning", t("First finish these steps:", "Antes, conclua estas etapas:")))
                ul { @for step in missing { li { a href=(shown.to(step)) { (title(context, step)) } } } }
            }
        };
    }
    let base = crate::answer::base_url(context.state, context.request);
    let funnel = shown.session.facts["funnel_id"].as_str().unwrap_or_default();
    let snippet = format!("<script async src=\"{base}/t.js?f={funnel}\"></script>");
    let domain = shown.assessed.input.funnel.domains.first().map_or("example.com", String::as_str);
    html! {
        ol.todo {
            li {
                (t("Put this into the head of each page of your funnel:", "Coloque isto no head de cada página do seu funil:"))
                (copyable(context, t("Snippet", "Snippet"), &snippet))
                (install::places(context))
            }
            li { (t("Open your page as a visitor from an ad would:", "Abra sua página como um visitante vindo de um anúncio:"))
                (copyable(context, t("Address", "Endereço"), &format!("https://{domain}/?fbclid=TestClick_{}", &id[..id.len().min(8)]))) }
        }
        (live::part(context, shown, Step::Snippet))
        details {
            summary { (t("Nothing arrives?", "Não chega nada?")) }
            ul {
                li { (t("Is the page on one of the domains of step 2? Others are refused.", "A página está em um dos domínios da etapa 2? Os outros são recusados.")) }
                li { (t("Does an ad blocker stop the script? Try a private window.", "Um bloqueador de anúncios barra o script? Tente uma janela anônima.")) }
                li { (t("If consent is required, has the page given it?", "Se o consentimento é exigido, a página o informou?")) }
            }
        }
        div.actions { a.button.primary href=(shown.to(Step::TestOrder)) { (t("Go on", "Continuar")) } }
    }
}

fn test_order(fields: &Fields<'_>) -> Markup {
    let (context, shown) = (fields.context, fields.shown);
    let t = |english, portuguese| context.t(english, portuguese);
    let id = &shown.session.id;
    if !shown.session.live.is_provisioned {
        return html! { p { (t("Create your tracking first.", "Crie antes o seu rastreamento.")) } p { a.button href=(shown.to(Step::Snippet)) { (title(context, Step::Snippet)) } } };
    }
    let platform = shown.assessed.input.checkout.platform.as_deref();
    let is_platform = platform.is_some_and(|it| Platform::parse(it).is_some());
    let code = shown.assessed.input.meta.test_event_code.as_deref();
    html! {
        ol.todo {
            @if is_platform {
                li { (t("Paste the webhook's URL into your checkout, and switch on every event of orders.", "Cole a URL do webhook no seu checkout e ligue todos os eventos de pedidos.")) " "
                    (again(id, "connection", t("I lost the URL: make a new one", "Perdi a URL: gerar outra"))) }
                li { (t("Send a test from there, or buy something yourself.", "Envie um teste por lá ou faça uma compra você mesmo.")) }
            } @else {
                li { (t("Let your server post each order with its API key.", "Faça seu servidor enviar cada pedido com a chave de API.")) " "
                    (again(id, "api_key", t("I lost the key: make a new one (the former ends at once)", "Perdi a chave: gerar outra (a anterior deixa de valer na hora)"))) }
            }
        }
        (live::part(context, shown, Step::TestOrder))
        h2 { (t("See it at Meta before you go live", "Ver na Meta antes de entrar no ar")) }
        p { (t(
            "With a test code of Events Manager (Test Events) on, sales go there at once, for a day. Purchases that you make with it are counted by Meta too.",
            "Com um código de teste do Gerenciador de Eventos (Eventos de teste), as vendas vão para lá na hora, por um dia. A Meta também conta as compras feitas com ele.",
        )) }
        @if !fields.said.errors.is_empty() { (notice("error", t("This is no test code.", "Isto não é um código de teste."))) }
        form.inline method="post" action=(shown.to(Step::TestOrder)) {
            label for="test_event_code" { (t("Test code", "Código de teste")) }
            input #test_event_code name="test_event_code" type="text" value=(code.unwrap_or_default()) placeholder="TEST12345" autocomplete="off" maxlength="64";
            button type="submit" { (t("On for a day", "Ligar por um dia")) }
        }
        (meta::test_code(fields))
        div.actions { a.button.primary href=(shown.to(Step::Active)) { (t("Go on", "Continuar")) } }
    }
}

fn again(id: &str, what: &str, text: &str) -> Markup {
    html! {
        form.again method="post" action={ "/setup/sessions/" (id) "/provision" } {
            input type="hidden" name="rotate" value=(what);
            button.link type="submit" { (text) }
        }
    }
}

/// What is left, and the way to go live.
fn active(context: &Context<'_>, shown: &Shown, was_refused: bool) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        shown.assessed.issues.iter().partition(|it| it.severity() == Severity::Error);
    let is_active = shown.session.live.is_active;
    let is_retired = shown.session.tenant_status.as_deref() == Some("retired");
    let list = |issues: &[&shared::domain::setup::Issue], kind: &str| {
        html! {
            ul.issues { @for it in issues {
                li.(kind) {
                    strong { (it.message(context.locale)) } " " (it.fix(context.locale)) " "
                    a href=(shown.to(it.code.step())) { (title(context, it.code.step())) }
                }
            } }
        }
    };
    html! {
        @if was_refused {
            (notice("error", t("Not yet: this has to be repaired first.", "Ainda não: isto precisa ser corrigido antes.")))
        } @else if is_active {
            (notice("success", t("You are live. Every sale goes to Meta.", "Você está no ar. Cada venda vai para a Meta.")))
            p { a.button.primary href={ "/setup/tenants/" (shown.session.tenant_id()) } { (t("See what happens to your sales", "Ver o que acontece com suas vendas")) } }
        } @else if errors.is_empty() && !is_retired {
            (notice("success", t("Everything that has to be right is right.", "Tudo o que precisa estar certo está certo.")))
        }
        @if !errors.is_empty() { h2 { (t("To repair", "A corrigir")) } (list(&errors, "error")) }
        @if !warnings.is_empty() { h2 { (t("Worth doing", "Vale a pena fazer")) } (list(&warnings, "warning")) }
        @if !is_active {
            @if shown.session.tenant_status.as_deref() == Some("suspended") {
                p { (t("The operator has suspended this seller.", "O operador suspendeu este vendedor.")) }
            } @else if is_retired {
                p { (t("This seller is retired, which is for good.", "Este vendedor foi encerrado, e isso é definitivo.")) }
            } @else {
                form method="post" action={ "/setup/sessions/" (shown.session.id) "/activate" } {
                    div.actions { button.primary type="submit" { (t("Go live", "Entrar no ar")) } }
                }
            }
        }
    }
}
