//! The findings in words: what is wrong, and what to do, in English and in Brazilian Portuguese. `{name}` is a part of the detail.

use super::super::setup;
use super::Code;

type Text = (&'static str, &'static str);

impl Code {
    /// The message and the fix.
    pub(super) fn texts(self, locale: setup::Locale) -> Text {
        let [english, portuguese] = self.both();
        match locale {
            setup::Locale::English => english,
            setup::Locale::Portuguese => portuguese,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    fn both(self) -> [Text; 2] {
        match self {
            Self::PixelMissing => setup::Code::PixelMissing.both(),
            Self::TokenMissing => setup::Code::TokenMissing.both(),
            Self::TokenRefused => setup::Code::TokenRefused.both(),
            Self::PixelNotShared => setup::Code::PixelNotShared.both(),
            Self::TokenUnproven => setup::Code::TokenUnproven.both(),
            Self::TestCodeOn => setup::Code::TestCodeOn.both(),
            Self::TestCodeOver => setup::Code::TestCodeOver.both(),
            Self::OtherSendersUnconfirmed => setup::Code::OtherSendersUnconfirmed.both(),
            Self::OtherSendersOn => setup::Code::OtherSendersOn.both(),
            Self::ClockSkew => [
                (
                    "The {clock} clock is {seconds} seconds off against Meta's: times of clicks and sales may be refused or misjudged.",
                    "The operator of this deployment has to set the clocks of its servers by NTP.",
                ),
                (
                    "O relógio {clock} está {seconds} segundos diferente do da Meta: horários de cliques e vendas podem ser recusados ou mal interpretados.",
                    "O operador desta instalação precisa acertar os relógios dos servidores por NTP.",
                ),
            ],
            Self::Parked => [
                (
                    "Nothing is sent to Meta: {reason}.",
                    "Repair it under Meta (pixel and token). What waits goes by itself then; after 7 days it is lost.",
                ),
                (
                    "Nada é enviado à Meta: {reason}.",
                    "Corrija em Meta (pixel e token). O que espera segue sozinho depois; após 7 dias é perdido.",
                ),
            ],
            Self::BreakerOpen => [
                (
                    "Ten sends in a row failed, so that only one try at a time goes to Meta now.",
                    "Nothing needs to be done if Meta has an outage: sending goes on by itself. Else look at the latest attempts.",
                ),
                (
                    "Dez envios seguidos falharam; agora só uma tentativa por vez vai para a Meta.",
                    "Se a Meta está fora do ar, nada precisa ser feito: o envio continua sozinho. Senão, veja as últimas tentativas.",
                ),
            ],
            Self::EventsRefused => [
                (
                    "Meta refused {events} events in the last 7 days. Of {most} of them the reason is: {refusal}.",
                    "Repair what is named, and put the events back to be sent (replay) before they are 7 days old.",
                ),
                (
                    "A Meta recusou {events} eventos nos últimos 7 dias. Em {most} deles o motivo é: {refusal}.",
                    "Corrija o que é indicado e coloque os eventos de volta para envio (replay) antes que completem 7 dias.",
                ),
            ],
            Self::EventsUnclear => [
                (
                    "Of {events} events of the last 7 days nothing says whether Meta has them.",
                    "Look for them in Events Manager. Send again what is not there; what is there would count twice.",
                ),
                (
                    "De {events} eventos dos últimos 7 dias não se sabe se a Meta os tem.",
                    "Procure-os no Gerenciador de Eventos. Reenvie o que não está lá; o que está lá contaria duas vezes.",
                ),
            ],
            Self::EventsExpired => [
                (
                    "{events} events were never sent and became too old for Meta in the last 7 days.",
                    "These sales are lost to Meta. Repair what keeps events back, so that no more follow.",
                ),
                (
                    "{events} eventos nunca foram enviados e ficaram antigos demais para a Meta nos últimos 7 dias.",
                    "Essas vendas estão perdidas para a Meta. Corrija o que retém os eventos, para que não haja mais.",
                ),
            ],
            Self::EventsNearExpiry => [
                (
                    "{events} events wait and will be too old for Meta within a day.",
                    "Repair what keeps them back today: see the other issues of delivery.",
                ),
                (
                    "{events} eventos esperam e ficarão antigos demais para a Meta em menos de um dia.",
                    "Corrija hoje o que os retém: veja os outros problemas de entrega.",
                ),
            ],
            Self::ClicksStopped => [
                (
                    "No click came in 24 hours, where on each of the 7 days before there were {least} or more.",
                    "If your ads and pages are paused, nothing is wrong. Else open a page of the funnel, and look whether the snippet is still in it.",
                ),
                (
                    "Nenhum clique chegou em 24 horas, e em cada um dos 7 dias anteriores houve {least} ou mais.",
                    "Se os anúncios e páginas estão pausados, está tudo certo. Senão, abra uma página do funil e veja se o snippet ainda está nela.",
                ),
            ],
            Self::AdClicksWithoutFbc => [
                (
                    "{share} of {clicks} clicks that name Meta as their source came without Meta's click id (fbclid).",
                    "Let no redirect or link shortener between ad and page drop the parameter fbclid. Open your ad's link with ?fbclid=test at its end and look whether the page still has it.",
                ),
                (
                    "{share} de {clicks} cliques que indicam a Meta como origem chegaram sem o ID de clique da Meta (fbclid).",
                    "Nenhum redirecionamento ou encurtador entre o anúncio e a página pode remover o parâmetro fbclid. Abra o link do anúncio com ?fbclid=test no final e veja se a página ainda o tem.",
                ),
            ],
            Self::ClicksWithoutAddress => [
                (
                    "{share} of the clicks have no address of the visitor, which Meta matches by.",
                    "Let the proxy or program before the API hand on the visitor's address (X-Forwarded-For).",
                ),
                (
                    "{share} dos cliques não têm o endereço do visitante, que a Meta usa para associar.",
                    "O proxy ou programa diante da API precisa repassar o endereço do visitante (X-Forwarded-For).",
                ),
            ],
            Self::ClicksOfOneAddress => [
                (
                    "{share} of the clicks, of {browsers} browsers, come from one address: it is a proxy's and not the visitors'.",
                    "The operator of this deployment has to set TRUSTED_PROXY_HOPS to the number of its own proxies.",
                ),
                (
                    "{share} dos cliques, de {browsers} navegadores, vêm de um só endereço: é de um proxy e não dos visitantes.",
                    "O operador desta instalação precisa ajustar TRUSTED_PROXY_HOPS ao número de proxies próprios.",
                ),
            ],
            Self::FbcWrongIndex => [
                (
                    "{share} of the click cookies (_fbc) count the domain wrongly, such as {index} on {host}.",
                    "Look for a script that writes the cookie _fbc by itself, and take it out: the snippet and Meta's pixel write it.",
                ),
                (
                    "{share} dos cookies de clique (_fbc) contam o domínio errado, como {index} em {host}.",
                    "Procure um script que grave o cookie _fbc por conta própria e remova-o: o snippet e o pixel da Meta já o gravam.",
                ),
            ],
            Self::OrdersStopped => [
                (
                    "No order came in 24 hours, where on each of the 7 days before there were {least} or more.",
                    "If you do not sell today, nothing is wrong. Else look at the checkout whether its webhook is still on and which answer it got.",
                ),
                (
                    "Nenhum pedido chegou em 24 horas, e em cada um dos 7 dias anteriores houve {least} ou mais.",
                    "Se você não está vendendo hoje, está tudo certo. Senão, veja no checkout se o webhook ainda está ligado e que resposta recebeu.",
                ),
            ],
            Self::MatchRateFell => [
                (
                    "Only {matched} of {sales} sales found their click this week, against {before} in the weeks before (by click {click}, by buyer {identity}, by network {network}).",
                    "Look at what changed at pages or checkout: the snippet belongs on every page, and the buy buttons must lead to one of the checkout's domains.",
                ),
                (
                    "Só {matched} de {sales} vendas encontraram o seu clique nesta semana, contra {before} nas semanas anteriores (por clique {click}, por comprador {identity}, por rede {network}).",
                    "Veja o que mudou nas páginas ou no checkout: o snippet deve estar em todas as páginas, e os botões de compra devem levar a um dos domínios do checkout.",
                ),
            ],
            Self::MatchRateLow => [
                (
                    "Only {matched} of {sales} sales found their click (by click {click}, by buyer {identity}, by network {network}).",
                    "Put the snippet on every page of the funnel, and enter the checkout's domain, so that the click id goes along to it.",
                ),
                (
                    "Só {matched} de {sales} vendas encontraram o seu clique (por clique {click}, por comprador {identity}, por rede {network}).",
                    "Coloque o snippet em todas as páginas do funil e informe o domínio do checkout, para que o ID do clique siga até ele.",
                ),
            ],
            Self::OtherCurrency => [
                (
                    "{share} of the orders are in {currency}, and the business sells in {own}.",
                    "If you sell in both, nothing is wrong: Meta converts. Else compare the product's currency at the checkout.",
                ),
                (
                    "{share} dos pedidos são em {currency}, e o negócio vende em {own}.",
                    "Se você vende nas duas, está tudo certo: a Meta converte. Senão, confira a moeda do produto no checkout.",
                ),
            ],
            Self::OrdersComeLate => [
                (
                    "{share} of the orders came more than 2 hours after they happened: Meta learns too late which ad sold.",
                    "Let the checkout or your server tell of each order at once, and compare its time zone: a time without one may be hours off.",
                ),
                (
                    "{share} dos pedidos chegaram mais de 2 horas depois de acontecer: a Meta sabe tarde demais qual anúncio vendeu.",
                    "Faça o checkout ou o seu servidor informar cada pedido na hora, e confira o fuso horário: um horário sem fuso pode estar horas errado.",
                ),
            ],
            Self::AddressesDiffer => [
                (
                    "In {share} of the orders that have a click, the order's address is IPv4 and the click's IPv6, or the other way round: Meta may take them for two people.",
                    "Let your server leave out the buyer's address (customer.ip) where it only knows one of another kind: the click's is used then.",
                ),
                (
                    "Em {share} dos pedidos com clique, o endereço do pedido é IPv4 e o do clique é IPv6, ou o contrário: a Meta pode vê-los como duas pessoas.",
                    "Faça o seu servidor omitir o endereço do comprador (customer.ip) quando só conhece um de outro tipo: então o do clique é usado.",
                ),
            ],
            Self::NotAuthentic => [
                (
                    "{bodies} deliveries of {platform} failed its own check in the last 7 days: none of them counts.",
                    "Copy the platform's secret anew, enter it, and replay the kept deliveries within 7 days.",
                ),
                (
                    "{bodies} entregas da {platform} falharam na verificação dela nos últimos 7 dias: nenhuma conta.",
                    "Copie de novo o segredo da plataforma, informe-o e reprocesse as entregas guardadas em até 7 dias.",
                ),
            ],
            Self::BodiesUnread => [
                (
                    "{bodies} deliveries of {platform} could not be used in the last 7 days.",
                    "Look at the reasons under kept deliveries. After the repair replay them within 7 days.",
                ),
                (
                    "{bodies} entregas da {platform} não puderam ser usadas nos últimos 7 dias.",
                    "Veja os motivos nas entregas guardadas. Depois de corrigir, reprocesse-as em até 7 dias.",
                ),
            ],
            Self::ConnectionSilent => [
                (
                    "The connection of {platform} had no delivery in {days} days.",
                    "Compare the URL that is entered at the checkout, and make a test order there. Revoke the connection if it is not used.",
                ),
                (
                    "A conexão da {platform} não teve nenhuma entrega em {days} dias.",
                    "Confira a URL informada no checkout e faça um pedido de teste. Revogue a conexão se ela não é usada.",
                ),
            ],
        }
    }
}
