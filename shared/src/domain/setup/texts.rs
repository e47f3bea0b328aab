//! The issues in words: what is wrong, and what to do, in English and in Brazilian Portuguese. `{}` is the detail.

use super::{Code, Locale};

impl Code {
    /// The message and the fix.
    pub(super) fn texts(self, locale: Locale) -> (&'static str, &'static str) {
        let [english, portuguese] = self.both();
        match locale {
            Locale::English => english,
            Locale::Portuguese => portuguese,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(in crate::domain) fn both(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::BusinessNameMissing => [
                ("The business has no name.", "Enter the name under which you sell."),
                ("O negócio não tem nome.", "Informe o nome com que você vende."),
            ],
            Self::SlugMissing => [
                ("The business has no short name.", "Choose a short name in lower-case letters, such as my-shop."),
                ("O negócio não tem nome curto.", "Escolha um nome curto em letras minúsculas, como minha-loja."),
            ],
            Self::SlugShape => [
                (
                    "The short name cannot be used.",
                    "Use 3 to 40 lower-case letters and digits, with single hyphens between them.",
                ),
                (
                    "O nome curto não pode ser usado.",
                    "Use de 3 a 40 letras minúsculas e números, com hífens simples entre eles.",
                ),
            ],
            Self::SlugTaken => [
                ("Another business has this short name.", "Choose another short name."),
                ("Outro negócio já tem este nome curto.", "Escolha outro nome curto."),
            ],
            Self::CountryMissing => [
                (
                    "The country is missing.",
                    "Enter the country in which you sell, such as BR: phones without a country code are read by it.",
                ),
                (
                    "Falta o país.",
                    "Informe o país em que você vende, como BR: telefones sem código do país são lidos por ele.",
                ),
            ],
            Self::CountryUnknown => [
                ("This is no country's code.", "Enter two letters of ISO 3166-1, such as BR, PT or US."),
                ("Este não é um código de país.", "Informe duas letras da ISO 3166-1, como BR, PT ou US."),
            ],
            Self::CurrencyMissing => [
                ("The currency is missing.", "Enter the currency in which you sell, such as BRL."),
                ("Falta a moeda.", "Informe a moeda em que você vende, como BRL."),
            ],
            Self::CurrencyUnknown => [
                ("This is no currency's code.", "Enter three letters of ISO 4217, such as BRL, EUR or USD."),
                ("Este não é um código de moeda.", "Informe três letras da ISO 4217, como BRL, EUR ou USD."),
            ],
            Self::FunnelNameMissing => [
                ("The funnel has no name.", "Enter a name by which you recognise it."),
                ("O funil não tem nome.", "Informe um nome pelo qual você o reconheça."),
            ],
            Self::DomainsMissing => [
                ("The funnel has no domain.", "Enter the domains of your pages, such as www.example.com."),
                ("O funil não tem domínio.", "Informe os domínios das suas páginas, como www.example.com."),
            ],
            Self::DomainShape => [
                ("This is no domain.", "Enter a domain alone, without a path: www.example.com."),
                ("Isto não é um domínio.", "Informe somente o domínio, sem caminho: www.example.com."),
            ],
            Self::DomainTooWide => [
                ("This domain would cover everybody's sites.", "Enter your own domain below it."),
                ("Este domínio incluiria os sites de todos.", "Informe o seu próprio domínio abaixo dele."),
            ],
            Self::DomainNotFound => [
                (
                    "The domain {} is not found in the DNS: nobody can open a page on it.",
                    "Compare its spelling with your pages' address; one that was just registered may take a day.",
                ),
                (
                    "O domínio {} não é encontrado no DNS: ninguém consegue abrir uma página nele.",
                    "Compare a grafia com o endereço das suas páginas; um domínio recém-registrado pode levar um dia.",
                ),
            ],
            Self::PixelMissing => [
                ("The pixel is missing.", "Copy the pixel's (dataset's) id from Events Manager, under Settings."),
                (
                    "Falta o pixel.",
                    "Copie o ID do pixel (conjunto de dados) no Gerenciador de Eventos, em Configurações.",
                ),
            ],
            Self::PixelShape => [
                ("This is no pixel's id.", "Copy the digits of the id from Events Manager, and nothing else."),
                ("Este não é um ID de pixel.", "Copie somente os números do ID no Gerenciador de Eventos."),
            ],
            Self::TokenMissing => [
                (
                    "The access token is missing.",
                    "In Events Manager, under Settings, Conversions API, generate an access token and paste it here.",
                ),
                (
                    "Falta o token de acesso.",
                    "No Gerenciador de Eventos, em Configurações, API de Conversões, gere um token de acesso e cole-o aqui.",
                ),
            ],
            Self::TokenRefused => [
                (
                    "Meta refuses the access token: it is expired, revoked or not complete.",
                    "Generate a new access token in Events Manager and paste all of it.",
                ),
                (
                    "A Meta recusa o token de acesso: expirou, foi revogado ou não está completo.",
                    "Gere um novo token de acesso no Gerenciador de Eventos e cole-o por inteiro.",
                ),
            ],
            Self::PixelNotShared => [
                (
                    "Meta says that there is no such pixel, or that it is not shared with the token's owner.",
                    "Compare the pixel's id with Events Manager, and generate the token for this pixel; or send a test event, which shows whether Meta takes it.",
                ),
                (
                    "A Meta diz que este pixel não existe ou não está compartilhado com o dono do token.",
                    "Compare o ID do pixel com o Gerenciador de Eventos e gere o token para este pixel; ou envie um evento de teste, que mostra se a Meta o aceita.",
                ),
            ],
            Self::TokenUnproven => [
                (
                    "The token is valid, but may not read the pixel: whether it may send to it is not known.",
                    "Send a test event.",
                ),
                (
                    "O token é válido, mas não pode ler o pixel: não se sabe se pode enviar para ele.",
                    "Envie um evento de teste.",
                ),
            ],
            Self::MetaUnchecked => [
                ("Meta has not confirmed pixel and token yet.", "Check again in a minute, or send a test event."),
                (
                    "A Meta ainda não confirmou o pixel e o token.",
                    "Verifique de novo em um minuto ou envie um evento de teste.",
                ),
            ],
            Self::ClockSkew => [
                (
                    "A clock is {} seconds off against Meta's: times of clicks and sales may be refused or misjudged.",
                    "The operator of this deployment has to set the clocks of its servers by NTP.",
                ),
                (
                    "Um relógio está {} segundos diferente do da Meta: horários de cliques e vendas podem ser recusados ou mal interpretados.",
                    "O operador desta instalação precisa acertar os relógios dos servidores por NTP.",
                ),
            ],
            Self::TestCodeWithoutEnd => [
                (
                    "The test code has no end.",
                    "Say until when it is used, a week at the most: one that is left on marks your sales as tests.",
                ),
                (
                    "O código de teste não tem fim.",
                    "Informe até quando ele é usado, no máximo uma semana: se ficar ligado, suas vendas são marcadas como teste.",
                ),
            ],
            Self::TestEndWithoutCode => [
                ("There is an end, but no test code.", "Enter the test code too, or remove its end."),
                ("Há um fim, mas nenhum código de teste.", "Informe também o código de teste ou remova o fim."),
            ],
            Self::TestCodeEndTooFar => [
                ("The test code would be on for more than a week.", "Choose an end within the next 7 days."),
                ("O código de teste ficaria ligado por mais de uma semana.", "Escolha um fim nos próximos 7 dias."),
            ],
            Self::TestCodeOn => [
                ("A test code is on: every sale goes to Test Events too.", "Remove it before you spend on ads."),
                (
                    "Um código de teste está ligado: cada venda vai também para os Eventos de Teste.",
                    "Remova-o antes de investir em anúncios.",
                ),
            ],
            Self::TestCodeOver => [
                ("The test code's time is over.", "Remove it, or enter a new end."),
                ("O prazo do código de teste acabou.", "Remova-o ou informe um novo fim."),
            ],
            Self::PlatformMissing => [
                (
                    "The checkout is missing.",
                    "Choose the platform on which you sell, or api if your own server sends the orders.",
                ),
                (
                    "Falta o checkout.",
                    "Escolha a plataforma em que você vende, ou api se o seu próprio servidor envia os pedidos.",
                ),
            ],
            Self::PlatformUnknown => [
                ("This platform is not known.", "Choose one of: {}."),
                ("Esta plataforma não é conhecida.", "Escolha uma destas: {}."),
            ],
            Self::AmountNotStated => [
                ("The platform does not state this amount.", "Choose one of: {}."),
                ("A plataforma não informa este valor.", "Escolha um destes: {}."),
            ],
            Self::ShopNotUsed => [
                (
                    "This platform needs no shop's name, and a sale could count twice with one.",
                    "Remove the shop's name.",
                ),
                (
                    "Esta plataforma não precisa do nome da loja, e com ele uma venda poderia contar duas vezes.",
                    "Remova o nome da loja.",
                ),
            ],
            Self::ShopShape => [
                (
                    "This is no shop's name.",
                    "Use 1 to 32 lower-case letters, digits, - and _, beginning with a letter or digit.",
                ),
                (
                    "Este não é um nome de loja.",
                    "Use de 1 a 32 letras minúsculas, números, - e _, começando com letra ou número.",
                ),
            ],
            Self::SlotShape => [
                ("This is no tracking parameter's name.", "Use 1 to 64 characters without spaces."),
                ("Este não é um nome de parâmetro de rastreamento.", "Use de 1 a 64 caracteres sem espaços."),
            ],
            Self::PlatformSecretMissing => [
                (
                    "What the platform signs with is missing: its deliveries cannot be told from forged ones.",
                    "Copy the webhook's secret or token from the platform.",
                ),
                (
                    "Falta o segredo com que a plataforma assina: suas entregas não podem ser distinguidas de falsas.",
                    "Copie o segredo ou token do webhook na plataforma.",
                ),
            ],
            Self::CheckoutDomainsMissing => [
                (
                    "The checkout's domain is missing: the click does not go along to it, and more sales stay without their ad.",
                    "Enter the domain to which your buy buttons lead.",
                ),
                (
                    "Falta o domínio do checkout: o clique não segue até ele, e mais vendas ficam sem o seu anúncio.",
                    "Informe o domínio para onde levam os seus botões de compra.",
                ),
            ],
            Self::CheckoutDomainShape => [
                ("This is no domain.", "Enter the checkout's domain alone, without a path: pay.example.com."),
                ("Isto não é um domínio.", "Informe somente o domínio do checkout, sem caminho: pay.example.com."),
            ],
            Self::CheckoutDomainTooWide => [
                ("This domain would cover everybody's sites.", "Enter the checkout's own domain below it."),
                ("Este domínio incluiria os sites de todos.", "Informe o próprio domínio do checkout abaixo dele."),
            ],
            Self::ClickIdByHand => [
                (
                    "This platform gives no parameter of the link back with the order by itself.",
                    "Let your page put the parameter click_id into the order's metadata; without it, sales are matched by e-mail, phone and browser alone.",
                ),
                (
                    "Esta plataforma não devolve sozinha um parâmetro do link com o pedido.",
                    "Faça sua página colocar o parâmetro click_id nos metadados do pedido; sem ele, as vendas são associadas somente por e-mail, telefone e navegador.",
                ),
            ],
            Self::OtherSendersUnconfirmed => [
                (
                    "Nobody has said that nothing else tells Meta of your sales.",
                    "Turn off the checkout's own pixel and Conversions API for Purchase, or let them share our event id; then confirm it.",
                ),
                (
                    "Ninguém confirmou que nada mais informa suas vendas à Meta.",
                    "Desligue o pixel e a API de Conversões do próprio checkout para Purchase, ou faça-os usar o nosso event_id; depois confirme.",
                ),
            ],
            Self::OtherSendersOn => [
                (
                    "Something else tells Meta of the same sales: each would count twice.",
                    "Turn off the checkout's own pixel and Conversions API for Purchase.",
                ),
                (
                    "Outra ferramenta informa as mesmas vendas à Meta: cada uma contaria duas vezes.",
                    "Desligue o pixel e a API de Conversões do próprio checkout para Purchase.",
                ),
            ],
            Self::NoClickYet => [
                (
                    "No click has come yet.",
                    "Put the snippet on every page of the funnel, and open one with ?fbclid=test at its end.",
                ),
                (
                    "Nenhum clique chegou ainda.",
                    "Coloque o snippet em todas as páginas do funil e abra uma com ?fbclid=test no final.",
                ),
            ],
            Self::NoOrderYet => [
                ("No order has come yet.", "Enter the connection's URL at the checkout, and make a test order."),
                ("Nenhum pedido chegou ainda.", "Informe a URL da conexão no checkout e faça um pedido de teste."),
            ],
            Self::NoEventYet => [
                ("Meta has not taken an event yet.", "Wait for the first paid order, or send a test event."),
                ("A Meta ainda não recebeu um evento.", "Aguarde o primeiro pedido pago ou envie um evento de teste."),
            ],
        }
    }
}
