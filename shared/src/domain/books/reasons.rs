//! The table of reasons.

type Both = [&'static str; 2];

/// The reason `word` of what is in `state`; `None` where nothing is known of it.
pub(super) fn of(state: &str, word: &str) -> Option<Both> {
    match state {
        "pending" => pending(word),
        "parked" => parked(word),
        "held" => held(word),
        "quarantined" => quarantined(word),
        "expired" => Some([
            "It could not be sent within the 7 days that Meta takes events for.",
            "Não pôde ser enviado nos 7 dias em que a Meta aceita eventos.",
        ]),
        "duplicate" => duplicate(word),
        "ignored" => ignored(word),
        "rejected" => rejected(word),
        "missing" => Some([
            "It was accepted and is not there any more. Tell the operator.",
            "Foi aceito e não está mais aqui. Avise o operador.",
        ]),
        _ => None,
    }
}

fn pending(word: &str) -> Option<Both> {
    Some(match word {
        "breaker_open" => [
            "The last sends to Meta all failed, so a single try is made first. It goes by itself when that one succeeds.",
            "Os últimos envios à Meta falharam, então primeiro é feita uma única tentativa. Vai sozinho quando ela der certo.",
        ],
        "throttled" => [
            "Meta wants fewer requests for now. It goes by itself later.",
            "A Meta quer menos requisições no momento. Vai sozinho mais tarde.",
        ],
        _ => return None,
    })
}

/// Why sending is parked.
fn parked(word: &str) -> Option<Both> {
    Some(match word {
        "credentials" => [
            "Meta refuses the access token or its permissions. Put a new token in place and it goes by itself.",
            "A Meta recusa o token de acesso ou as suas permissões. Informe um novo token e vai sozinho.",
        ],
        "no_pixel" => {
            ["No pixel is set. Set it and it goes by itself.", "Nenhum pixel está definido. Defina-o e vai sozinho."]
        }
        "no_token" => [
            "There is no access token. Put one in place and it goes by itself.",
            "Não há token de acesso. Informe um e vai sozinho.",
        ],
        "malformed_token" => [
            "The stored access token cannot be read. Put it in place anew and it goes by itself.",
            "O token de acesso guardado não pode ser lido. Informe-o de novo e vai sozinho.",
        ],
        "refused_alike" => [
            "Meta refuses all events alike, so they are not at fault. Look at the pixel in Events Manager.",
            "A Meta recusa todos os eventos do mesmo modo, então a falha não é deles. Veja o pixel no Gerenciador de Eventos.",
        ],
        _ => return None,
    })
}

fn held(word: &str) -> Option<Both> {
    Some(match word {
        "suspended" => [
            "The account is suspended. It goes when the account is active again.",
            "A conta está suspensa. Vai quando a conta estiver ativa de novo.",
        ],
        "provisioning" => {
            ["The account is not active yet. It goes when it is.", "A conta ainda não está ativa. Vai quando estiver."]
        }
        "retired" => {
            ["The account is retired and sends nothing any more.", "A conta foi encerrada e não envia mais nada."]
        }
        _ => return None,
    })
}

fn quarantined(word: &str) -> Option<Both> {
    Some(match word {
        "data" => [
            "Meta refused what is in the event. Once what Meta names is put right, it can be replayed.",
            "A Meta recusou o conteúdo do evento. Quando o que ela aponta for corrigido, pode ser reenviado.",
        ],
        "unclear" => [
            "Nothing said whether Meta has it. Look for it in Events Manager, and have it replayed if it is not there.",
            "Nada indicou se a Meta o tem. Procure-o no Gerenciador de Eventos e reenvie-o se não estiver lá.",
        ],
        "payload" => [
            "The event could not be written down for Meta. Tell the operator.",
            "O evento não pôde ser escrito para a Meta. Avise o operador.",
        ],
        "unknown" => [
            "Meta refused it again and again with an error that it does not document.",
            "A Meta o recusou várias vezes com um erro que ela não documenta.",
        ],
        _ => return None,
    })
}

fn duplicate(word: &str) -> Option<Both> {
    Some(match word {
        "" => [
            "The same sale was told of before. It is counted once.",
            "A mesma venda já tinha sido informada. É contada uma vez.",
        ],
        "redelivery" => [
            "The platform sent the same notice again. It is counted once.",
            "A plataforma enviou o mesmo aviso de novo. É contado uma vez.",
        ],
        _ => return None,
    })
}

fn ignored(word: &str) -> Option<Both> {
    Some(match word {
        "order_not_paid" => [
            "The order was not paid, and only a paid order is a Purchase.",
            "O pedido não foi pago, e só um pedido pago é um Purchase.",
        ],
        "no_person" => [
            "The order had nothing by which Meta knows a person.",
            "O pedido não tinha nada pelo qual a Meta reconheça uma pessoa.",
        ],
        "consent_denied" => [
            "The visitor whose click it came from denied consent, and the account sends nothing then.",
            "O visitante de cujo clique veio negou o consentimento, e então a conta não envia nada.",
        ],
        "erased" => [
            "The buyer's data was erased before it could be sent.",
            "Os dados do comprador foram apagados antes que pudesse ser enviado.",
        ],
        "pending" => ["The payment was still to come.", "O pagamento ainda estava por vir."],
        "paid" => ["It was told as paid before.", "Já tinha sido informado como pago."],
        "refused" => ["The payment was refused.", "O pagamento foi recusado."],
        "expired" => ["It was not paid in time.", "Não foi pago a tempo."],
        "canceled" => ["It was called off.", "Foi cancelado."],
        "abandoned" => ["The checkout was left.", "O checkout foi abandonado."],
        "refunded" => [
            "It was paid back, which does not undo that there was a sale.",
            "Foi reembolsado, o que não desfaz que houve uma venda.",
        ],
        "partially_refunded" => [
            "A part was paid back, which does not undo that there was a sale.",
            "Uma parte foi reembolsada, o que não desfaz que houve uma venda.",
        ],
        "charged_back" => ["The buyer's bank took the payment back.", "O banco do comprador estornou o pagamento."],
        "renewal" => [
            "It is a further payment of a subscription, and the ad sold only the first.",
            "É mais um pagamento de uma assinatura, e o anúncio vendeu só o primeiro.",
        ],
        "test_sale" => ["A test of the platform, not a sale.", "Um teste da plataforma, não uma venda."],
        "event_not_used" => ["It says nothing of a payment.", "Não diz nada de um pagamento."],
        "completed_sale" => [
            "The guarantee of a sale that was approved before is over.",
            "Acabou a garantia de uma venda que já tinha sido aprovada.",
        ],
        "refund_requested" => [
            "The buyer asked for a refund, and nothing was paid back yet.",
            "O comprador pediu reembolso, e nada foi devolvido ainda.",
        ],
        "counted_elsewhere" => [
            "The same sale is taken from another notice of the platform.",
            "A mesma venda é contada por outro aviso da plataforma.",
        ],
        "payment_not_stated" => ["It does not say whether the order is paid.", "Não diz se o pedido está pago."],
        _ => return None,
    })
}

fn rejected(word: &str) -> Option<Both> {
    Some(match word {
        "unreadable" => ["It cannot be read.", "Não pode ser lido."],
        "order_id_missing" => ["It does not name its order.", "Não diz qual é o pedido."],
        "order_id_unreadable" => [
            "Its order id is too long or has control characters.",
            "O número do pedido é longo demais ou tem caracteres de controle.",
        ],
        "state_missing" => ["It does not say what happened to the order.", "Não diz o que houve com o pedido."],
        "state_unknown" => [
            "It has a status that the platform is not known to send.",
            "Tem um status que não se sabe que a plataforma envie.",
        ],
        "state_contradictory" => {
            ["Its event and its status contradict each other.", "O evento e o status se contradizem."]
        }
        "value_missing" => [
            "It is paid and has no amount, and no amount is made up.",
            "Está pago e não tem valor, e nenhum valor é inventado.",
        ],
        "value_unreadable" => ["Its amount cannot be read.", "O valor não pode ser lido."],
        "currency_missing" => ["Its amount has no currency.", "O valor não tem moeda."],
        "currency_unknown" => ["Its currency is not one of ISO 4217.", "A moeda não é uma da ISO 4217."],
        "time_unreadable" => ["Its time cannot be read.", "A data não pode ser lida."],
        "amount_not_stated" => [
            "The platform does not state the amount that this connection is set to send.",
            "A plataforma não informa o valor que esta conexão está definida para enviar.",
        ],
        "too_many_sales" => [
            "It holds more sales than a checkout makes at once.",
            "Contém mais vendas do que um checkout faz de uma vez.",
        ],
        _ => return None,
    })
}
