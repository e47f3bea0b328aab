//! Fields of a step's form, each with what is wrong with it beside it.

use maud::{Markup, html};
use shared::domain::setup::{Severity, Step};

use super::super::context::Context;
use super::Shown;
use super::entry::Said;

/// What a field of a form looks like.
#[derive(Clone, Copy, Default)]
pub(super) struct Field<'a> {
    /// Its name within the step's section.
    pub(super) name: &'static str,
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
    pub(super) placeholder: &'a str,
    /// What a browser or a password manager may fill in.
    pub(super) autocomplete: &'static str,
    pub(super) inputmode: Option<&'static str>,
    /// What is meant where nothing is chosen.
    pub(super) default: Option<&'static str>,
    /// A name that is made of another field's text while it is empty.
    pub(super) suggests: Option<&'static str>,
}

/// A step's form: what is entered, what is wrong, and what was said of the last try.
pub(super) struct Fields<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) shown: &'a Shown,
    pub(super) step: Step,
    pub(super) said: &'a Said,
}

/// The parameter that says whether issues are shown: `1` where a form was sent although nothing of it may have been entered, `0` where
/// it was sent for the fields that it has now.
pub(super) const CHECKED: &str = "checked";

/// Something wrong with a field.
struct Wrong {
    is_error: bool,
    message: String,
    fix: String,
}

impl Fields<'_> {
    /// The text that a field shows: what was just sent, else what is entered.
    pub(super) fn value(&self, name: &str) -> String {
        if let Some(sent) = self.said.sent(name) {
            return sent.to_owned();
        }
        let value = &self.shown.session.input[self.step.as_str()][name];
        match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(all) => {
                all.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        }
    }

    fn wrongs(&self, name: &str) -> Vec<Wrong> {
        let path = format!("{}.{name}", self.step.as_str());
        let is_of =
            |field: &str| field == path || field.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('['));
        let refused = self.said.errors.iter().filter(|it| is_of(&it.field)).map(|it| Wrong {
            is_error: true,
            message: refusal(self.context, it.code).to_owned(),
            fix: String::new(),
        });
        let locale = self.context.locale;
        let is_shown = self.shows_issues();
        let issues = self.shown.assessed.issues.iter().filter(|it| is_shown && is_of(&it.field)).map(|it| Wrong {
            is_error: it.severity() == Severity::Error,
            message: it.message(locale),
            fix: it.fix(locale),
        });
        refused.chain(issues).collect()
    }

    /// What is wrong with the step and with none of the fields that its form has.
    pub(super) fn others(&self) -> Markup {
        let locale = self.context.locale;
        let names: Vec<String> =
            super::entry::names(self.step).map(|name| format!("{}.{name}", self.step.as_str())).collect();
        let is_of_a_field = |field: &str| names.iter().any(|name| field.starts_with(name.as_str()));
        let mine =
            self.shown.assessed.issues.iter().filter(|it| it.code.step() == self.step && !is_of_a_field(&it.field));
        let wrongs: Vec<Wrong> = mine
            .map(|it| Wrong {
                is_error: it.severity() == Severity::Error,
                message: it.message(locale),
                fix: it.fix(locale),
            })
            .collect();
        let wrongs = if self.shows_issues() { wrongs } else { Vec::new() };
        self.told(self.step.as_str(), &wrongs)
    }

    /// Issues are shown of what was entered: an empty form that nobody has sent is no error yet.
    fn shows_issues(&self) -> bool {
        match self.context.query(CHECKED).as_deref() {
            _ if self.said.is_sent() => true,
            Some("0") => false,
            Some(_) => true,
            None => super::frame::is_entered(self.shown, self.step),
        }
    }

    fn around(&self, field: &Field<'_>, wrongs: &[Wrong], input: &Markup) -> Markup {
        html! {
            div.field.wrong[wrongs.iter().any(|it| it.is_error)] {
                label for=(field.name) { (field.label) }
                (input)
                @if !field.hint.is_empty() { p.hint id={ (field.name) "-hint" } { (field.hint) } }
                (self.told(field.name, wrongs))
            }
        }
    }

    fn told(&self, name: &str, wrongs: &[Wrong]) -> Markup {
        html! {
            @if !wrongs.is_empty() {
                ul.issues id={ (name) "-issues" } {
                    @for it in wrongs {
                        li.(if it.is_error { "error" } else { "warning" }) {
                            strong { (if it.is_error { self.context.t("Error", "Erro") } else { self.context.t("Note", "Aviso") }) ": " }
                            (it.message) " " (it.fix)
                        }
                    }
                }
            }
        }
    }

    /// A line of text.
    pub(super) fn line(&self, field: &Field<'_>) -> Markup {
        let wrongs = self.wrongs(field.name);
        let autocomplete = if field.autocomplete.is_empty() { "off" } else { field.autocomplete };
        let input = html! {
            input id=(field.name) name=(field.name) type="text" value=(self.value(field.name)) placeholder=(field.placeholder)
                autocomplete=(autocomplete) inputmode=[field.inputmode] data-suggests=[field.suggests] autocapitalize="off" spellcheck="false"
                aria-invalid=[wrongs.iter().any(|it| it.is_error).then_some("true")]
                aria-describedby=[described(field, &wrongs)];
        };
        self.around(field, &wrongs, &input)
    }

    /// A list, an entry a line.
    pub(super) fn lines(&self, field: &Field<'_>) -> Markup {
        let wrongs = self.wrongs(field.name);
        let input = html! {
            textarea id=(field.name) name=(field.name) rows="3" placeholder=(field.placeholder) autocapitalize="off" spellcheck="false"
                aria-invalid=[wrongs.iter().any(|it| it.is_error).then_some("true")]
                aria-describedby=[described(field, &wrongs)] { (self.value(field.name)) }
        };
        self.around(field, &wrongs, &input)
    }

    /// A secret: never shown again, and kept as it is while the field is empty.
    pub(super) fn secret(&self, field: &Field<'_>) -> Markup {
        let wrongs = self.wrongs(field.name);
        let kept = self.shown.session.input[self.step.as_str()][field.name]["set_at"].as_i64();
        let placeholder = if kept.is_some() {
            self.context.t("kept: leave empty to keep it", "guardado: deixe vazio para manter")
        } else {
            field.placeholder
        };
        let input = html! {
            input id=(field.name) name=(field.name) type="password" autocomplete="off" placeholder=(placeholder) spellcheck="false"
                aria-invalid=[wrongs.iter().any(|it| it.is_error).then_some("true")]
                aria-describedby=[described(field, &wrongs)];
            @if let Some(at) = kept {
                p.kept { (self.context.t("Kept since", "Guardado desde")) " " (super::super::layout::moment(at)) }
            }
        };
        self.around(field, &wrongs, &input)
    }

    /// One of a list of values and their names.
    pub(super) fn choice(
        &self,
        field: &Field<'_>,
        options: &[(String, String)],
        names: Option<&'static str>,
    ) -> Markup {
        let wrongs = self.wrongs(field.name);
        let mut value = self.value(field.name);
        if let Some(default) = field.default.filter(|_| value.is_empty()) {
            default.clone_into(&mut value);
        }
        let is_listed = options.iter().any(|(it, _)| it.eq_ignore_ascii_case(&value));
        let input = html! {
            select id=(field.name) name=(field.name) data-names=[names]
                aria-invalid=[wrongs.iter().any(|it| it.is_error).then_some("true")]
                aria-describedby=[described(field, &wrongs)] {
                @if field.default.is_none() { option value="" { (self.context.t("Choose…", "Escolha…")) } }
                // What came by the API may be none of these; it is not lost by looking at it.
                @if !is_listed && !value.is_empty() { option value=(value) selected { (value) } }
                @for (it, name) in options { option value=(it) selected[it.eq_ignore_ascii_case(&value)] { (name) } }
            }
        };
        self.around(field, &wrongs, &input)
    }

    /// One of a few, each explained.
    pub(super) fn radios(&self, field: &Field<'_>, options: &[(&str, &str, &str)]) -> Markup {
        let (wrongs, value) = (self.wrongs(field.name), self.value(field.name));
        html! {
            fieldset.field.wrong[wrongs.iter().any(|it| it.is_error)] aria-describedby=[described(field, &wrongs)] {
                legend { (field.label) }
                @if !field.hint.is_empty() { p.hint id={ (field.name) "-hint" } { (field.hint) } }
                @for (it, name, text) in options {
                    label.option {
                        input type="radio" name=(field.name) value=(it) checked[*it == value];
                        span { strong { (name) } @if !text.is_empty() { span.quiet { (text) } } }
                    }
                }
                (self.told(field.name, &wrongs))
            }
        }
    }

    /// A box to tick.
    pub(super) fn tick(&self, field: &Field<'_>) -> Markup {
        let is_ticked = if self.said.is_sent() {
            self.said.sent(field.name).is_some()
        } else {
            self.shown.session.input[self.step.as_str()][field.name] == true
        };
        html! {
            div.field {
                label.option {
                    input type="checkbox" name=(field.name) value="on" checked[is_ticked];
                    span { strong { (field.label) } span.quiet { (field.hint) } }
                }
            }
        }
    }
}

/// The ids of what describes a field.
fn described(field: &Field<'_>, wrongs: &[Wrong]) -> Option<String> {
    let hint = (!field.hint.is_empty()).then(|| format!("{}-hint", field.name));
    let issues = (!wrongs.is_empty()).then(|| format!("{}-issues", field.name));
    let all: Vec<String> = [hint, issues].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// Why a value was not taken at all, in words.
fn refusal<'t>(context: &Context<'_>, code: &str) -> &'t str {
    match code {
        "too_long" | "control_characters" => {
            context.t("Enter one line that is not so long.", "Informe uma única linha, mais curta.")
        }
        "too_many" => context.t("These are too many.", "São itens demais."),
        "token_refused" => context.t(
            "Meta refuses this token; the one before stays in force.",
            "A Meta recusa este token; o anterior continua valendo.",
        ),
        "platform_first" => context.t("Choose the platform first.", "Escolha a plataforma primeiro."),
        "token_first" => context.t("Enter the access token first.", "Informe primeiro o token de acesso."),
        "required" => context.t("This is missing.", "Falta preencher."),
        _ => context.t("This cannot be used.", "Isto não pode ser usado."),
    }
}
