//! Portuguese.

use super::{Grammar, Phrases, Prompt, Questions, Replies};

// One table is easier to read in full lines than with an entry on each.
#[rustfmt::skip]
pub(super) const PHRASES: Phrases = Phrases {
    code: "pt",
    prompt: Prompt {
        system: "Respondes a perguntas sobre os textos de {author}. Usa apenas as passagens numeradas. Responde em \
                 português, em duas a quatro frases curtas, e termina cada frase com o número da sua passagem, por \
                 exemplo [1]. Se as passagens não respondem à pergunta, diz que os textos não o dizem.",
        author: "quem os escreveu",
        passages: "Passagens",
        question: "Pergunta",
        small_system: "És um assistente. Responde à pergunta em duas ou três frases curtas, usando apenas o texto.",
        small_question: "Responde a esta pergunta com factos do texto",
    },
    replies: Replies {
        not_found: "Não encontrei nada sobre isto nestes textos.",
        nearest: "As passagens mais próximas são estas.",
        greeting: "Olá! Pergunta-me algo sobre os textos de «{title}».",
        thanks: "De nada!",
        farewell: "Até logo!",
        small_talk: "Sou apenas um programa, pronto para as tuas perguntas sobre os textos de «{title}».",
        about_chat: "Sou um assistente que responde a perguntas sobre os textos de «{title}»{author}. O que digo vem deles, com ligações para as passagens; o que não dizem não sei. Também me podes perguntar que textos há, por assunto ou por data.",
        suggestions: "Por exemplo:",
        about_site: "Estes são os textos de «{title}»{author}.",
        author: "Aqui escreve {author}.",
        count: ("Há um só texto.", "Há {n} textos."),
        dates: "As datas vão de {from} a {to}.",
        tags: "Os assuntos mais frequentes: {tags}.",
        list_topic: "Textos sobre «{topic}»:",
        list_latest: "Os textos mais recentes:",
        list_oldest: "Os primeiros textos:",
        list_period: "Textos de {period}:",
        list_all: "Todos os textos ({n}):",
        none_topic: "Não encontrei nenhum texto sobre «{topic}».",
        none_period: "Não há nenhum texto de {period}.",
        no_dates: "Estes textos não têm data, por isso não sei dizer quais são os mais recentes.",
    },
    grammar: Grammar {
        negations: &["não", "nunca", "jamais", "nenhum", "nenhuma", "nada", "ninguém", "sem", "nem", "tampouco", "impossível"],
        contrasts: &["mas", "enquanto", "porém", "contudo", "embora", "todavia"],
        leaning: &[
            "ele", "ela", "eles", "elas", "isto", "isso", "aquilo", "este", "esta", "estes", "estas", "esse", "essa", "esses",
            "essas", "seu", "sua", "seus", "suas", "assim", "então", "depois", "além", "também", "mas", "e", "ou", "pois",
            "porque", "porém", "contudo", "aqui", "ali", "lá", "ambos", "ambas", "tal", "tais",
        ],
        pronouns: &["ele", "ela", "eles", "elas", "seu", "sua", "seus", "suas", "dele", "dela", "deles", "delas"],
        demonstratives: &["isto", "isso", "este", "esta", "esse", "essa"],
        after_demonstrative: &["é", "são", "era", "eram", "significa", "funciona", "serve", "faz", "pode", "quer"],
        interrogatives: &[
            "que", "quem", "qual", "quais", "quando", "onde", "porquê", "porque", "como", "quanto", "quanta", "quantos",
            "quantas",
        ],
        questions_alone: ["por que", "como", "quando", "onde", "quem"],
        articles: &[
            "o", "a", "os", "as", "um", "uma", "uns", "umas", "do", "da", "dos", "das", "ao", "à", "no", "na", "nos", "nas",
        ],
        prepositions: &["em", "no", "na", "nos", "nas", "num", "numa", "com", "para", "sem", "durante", "entre"],
        indefinites: &["um", "uma", "uns", "umas"],
        conjunctions: &["e", "ou"],
        numbers: &[
            ("zero", 0), ("dois", 2), ("duas", 2), ("três", 3), ("quatro", 4), ("cinco", 5), ("seis", 6), ("sete", 7),
            ("oito", 8), ("nove", 9), ("dez", 10), ("onze", 11), ("doze", 12), ("treze", 13), ("catorze", 14), ("quatorze", 14),
            ("quinze", 15), ("dezasseis", 16), ("dezesseis", 16), ("dezassete", 17), ("dezessete", 17), ("dezoito", 18),
            ("dezanove", 19), ("dezenove", 19), ("vinte", 20), ("trinta", 30), ("quarenta", 40), ("cinquenta", 50),
            ("sessenta", 60), ("setenta", 70), ("oitenta", 80), ("noventa", 90), ("cem", 100), ("cento", 100), ("mil", 1000),
            ("milhão", 1_000_000), ("milhões", 1_000_000),
        ],
        months: [
            "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
            "dezembro",
        ],
        languages: &[
            ("inglês", "en"), ("italiano", "it"), ("francês", "fr"), ("alemão", "de"), ("espanhol", "es"), ("português", "pt"),
            ("neerlandês", "nl"), ("holandês", "nl"),
        ],
        particles: &["sim", "não", "verdade", "falso", "certo", "correto", "exato"],
        abstentions: &[
            "texto|textos|passagem|passagens|autor|artigo|artigos|documento|documentos|contexto não [o] diz|dizem|menciona|mencionam|especifica|especificam|indica|indicam|contém|contêm|responde|respondem|fala|falam",
            "não é|são|foi mencionado|mencionada|dito|especificado|indicado", "não o dizem|diz",
            "não há informação|informações", "nenhuma informação", "não sei|posso [responder]", "lamento|desculpe",
        ],
    },
    questions: Questions {
        classes: &[
            ("docs", "artigo artigos texto textos ensaio ensaios post posts página páginas nota notas conto contos documento \
             documentos publicação publicações"),
            ("site", "blog blogue site sítio livro manual documentação revista coleção arquivo página wiki"),
            ("about", "sobre"), ("here", "aqui"),
        ],
        polite: &[
            "por favor|gentileza", "podes|pode|poderia|poderias dizer|mostrar|dar [me]", "podes|pode|poderia me dizer|mostrar",
            "diz|diga|mostra|mostre me", "quero|queria|gostaria [de] saber", "obrigado|obrigada",
        ],
        greeting: &["olá|oi|viva|alô [a] [todos|daneel]", "bom dia", "boa tarde|noite"],
        thanks: &[
            "[ok|perfeito] [muito] obrigado|obrigada [pela] [ajuda|resposta]", "obrigadão", "valeu",
            "perfeito|ótimo|óptimo|ok|excelente|bem|entendi|legal|fixe", "muito bem|bom|útil|interessante",
        ],
        farewell: &["adeus|tchau", "até logo|breve|amanhã|já"],
        small_talk: &["como estás|está|vai|vais", "tudo bem|bom", "como é que estás|está"],
        about_chat: &[
            "quem|que|o [que] és|é [tu|você]", "como te|se chamas|chama", "qual é o teu|seu nome",
            "o que [é] [que] podes|pode|sabes|sabe fazer [por] [mim]", "como [é] [que] me podes|pode ajudar",
            "como pode|podes me ajudar", "és|é [um|uma] robô|humano|pessoa|ia|máquina|bot|programa",
            "o que [te|lhe] posso perguntar", "que perguntas posso fazer", "ajuda", "ajuda|ajude me", "como funcionas",
            "apresenta|apresente te|se", "fala|fale me de ti|você",
        ],
        about_site: &[
            "de|sobre que|o trata|fala|é [que] [este|o] [<site>]", "do|sobre o|que que trata|fala [este|o] [<site>]",
            "do que se fala|trata [aqui]", "o que é isto|este|esta [<site>]",
            "quais são os temas|assuntos [principais] [deste|do] [<site>]",
            "que temas|assuntos trata|há [este|aqui|o] [<site>]", "o que posso ler|encontrar aqui", "o que há aqui",
            "fala|fale me deste <site>", "descreve|descreva|resume|resuma este <site>",
        ],
        about_author: &[
            "quem escreve [aqui|este|estes|neste] [<site>|<docs>]",
            "quem escreveu|fez|criou este|estes|isto|tudo|os|o [<site>|<docs>]",
            "quem é o|a autor|autora [deste|destes|do|dos] [<site>|<docs>]", "quem está por trás deste <site>",
            "de quem é este <site>", "fala|fale me do|da|sobre autor|autora|o [autor]", "como se chama o|a autor|autora",
        ],
        count: &[
            "quantos|quantas <docs> há|existem|tem [aqui] [neste|este] [<site>]",
            "quantos|quantas <docs> escreveu|publicou o|a autor|autora",
        ],
        list_topic: &[
            "[quais|lista|mostra|mostre] [são] [todos|todas] [os|as] <docs> sobre {topic}",
            "que|quais <docs> falam|tratam de|do|da|sobre {topic}",
            "que|quais <docs> mencionam|abordam|explicam|descrevem {topic}",
            "há|existe|existem [algum|alguma|um|uma] <docs> sobre {topic}", "há|existe algo sobre {topic}",
            "que|quais <docs> há sobre {topic}", "em que <docs> se fala de|do|da|sobre {topic}",
            "escreveste|escreveu [algo] sobre {topic}", "<docs> com a etiqueta|tag {topic}", "procuro <docs> sobre {topic}",
        ],
        list_latest: &[
            "o que há de novo [aqui]", "que novidades há", "[há] novidades|novidade",
            "[quais|qual] [são|é] [os|as|o|a] [{n}] últimos|últimas|último|última [{n}] <docs> [publicados] [sobre] [{topic}]",
            "[quais|qual] [são|é] [os|as|o|a] [{n}] <docs> mais recentes|recente|novos",
            "[mostra|mostre|lista] [me] [os|as] [{n}] últimos|últimas [{n}] <docs>",
        ],
        list_oldest: &[
            "[quais|qual] [são|é|foram|foi] [os|as|o|a] [{n}] primeiros|primeiras|primeiro|primeira [{n}] <docs>",
            "[quais|qual] [são|é] [os|as|o|a] <docs> mais antigos|antigo|antigas",
        ],
        list_dated: &[
            "quando foi|foram publicado|escrito|publicada|escrita [o|a|os|as] <docs> <about> {topic}",
            "de quando é|são [o|a|os|as] <docs> <about> {topic}",
        ],
        list_period: &[
            "o que escreveste|escreveu|publicaste|publicou [o] [autor] em {period}", "o que foi escrito|publicado em {period}",
            "[que|quais|lista|mostra] [são] [os|as] <docs> [são|há|escritos|publicados|foram] [publicados|escritos] [de|do|em|desde] {period}",
        ],
        list_all: &[
            "[lista|mostra|mostre] [me] todos|todas os|as <docs>", "que|quais <docs> há|existem [aqui]",
            "quais são os|as <docs>", "[o] índice",
        ],
        more: &[
            "diz|diga|conta|conte me mais [sobre] [isso|isto]", "[algo] mais [detalhes]", "continua|continue", "e depois",
            "que mais", "o que mais", "em detalhe", "explica|explique melhor",
        ],
        bare: &[
            "porquê|porque [não]", "por quê|que", "como", "quando", "onde", "quem", "qual|quais", "desde quando",
            "quanto|quantos", "para que [serve]", "por exemplo", "a sério", "ou seja", "um exemplo",
            "o que significa [isso|isto]", "como funciona|funcionam",
        ],
        in_language: &["[diz|diga|responde|responda|repete|traduz|traduza] [isso|o] em|para <language>", "<language>"],
        openers: &["e quanto a|ao|à|aos", "e o que dizer de|do|da", "e se", "e", "mas", "então", "depois", "também", "ou"],
        definitions: &[
            "o que é|são|era|eram [um|uma|o|a|os|as] {topic}", "que é|são [um|uma|o|a] {topic}", "quem é|era|foi|são {topic}",
            "o que significa|faz {topic}", "como funciona|funcionam {topic}", "para que serve|servem {topic}",
        ],
    },
};
