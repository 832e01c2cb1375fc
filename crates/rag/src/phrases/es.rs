//! Spanish.

use super::{Grammar, Phrases, Prompt, Questions, Replies};

// One table is easier to read in full lines than with an entry on each.
#[rustfmt::skip]
pub(super) const PHRASES: Phrases = Phrases {
    code: "es",
    prompt: Prompt {
        system: "Respondes a preguntas sobre los textos de {author}. Usa solo los pasajes numerados. Responde en español, \
                 en dos a cuatro frases breves, y termina cada frase con el número de su pasaje, por ejemplo [1]. \
                 Si los pasajes no responden a la pregunta, di que los textos no lo dicen.",
        author: "su autor",
        passages: "Pasajes",
        question: "Pregunta",
        small_system: "Eres un asistente. Responde a la pregunta en dos o tres frases breves, usando solo el texto.",
        small_question: "Responde a esta pregunta con datos del texto",
    },
    replies: Replies {
        not_found: "No he encontrado nada sobre esto en estos textos.",
        nearest: "Los pasajes más cercanos son estos.",
        greeting: "¡Hola! Pregúntame algo sobre los textos de «{title}».",
        thanks: "¡De nada!",
        farewell: "¡Hasta luego!",
        small_talk: "Soy solo un programa, listo para tus preguntas sobre los textos de «{title}».",
        about_chat: "Soy un asistente que responde a preguntas sobre los textos de «{title}»{author}. Lo que digo viene de ellos, con enlaces a los pasajes; lo que no dicen no lo sé. También puedes preguntarme qué textos hay, por tema o por fecha.",
        suggestions: "Por ejemplo:",
        about_site: "Estos son los textos de «{title}»{author}.",
        author: "Aquí escribe {author}.",
        count: ("Hay un solo texto.", "Hay {n} textos."),
        dates: "Sus fechas van del {from} al {to}.",
        tags: "Los temas más frecuentes: {tags}.",
        list_topic: "Textos sobre «{topic}»:",
        list_latest: "Los textos más recientes:",
        list_oldest: "Los primeros textos:",
        list_period: "Textos de {period}:",
        list_all: "Todos los textos ({n}):",
        none_topic: "No he encontrado ningún texto sobre «{topic}».",
        none_period: "No hay ningún texto de {period}.",
        no_dates: "Estos textos no tienen fecha, así que no puedo decir cuáles son los más recientes.",
    },
    grammar: Grammar {
        negations: &[
            "no", "nunca", "jamás", "ningún", "ninguno", "ninguna", "nada", "nadie", "sin", "ni", "tampoco", "imposible",
        ],
        contrasts: &["pero", "mientras", "sino", "aunque"],
        leaning: &[
            "él", "ella", "ellos", "ellas", "ello", "esto", "esta", "este", "estos", "estas", "eso", "esa", "ese", "esos",
            "esas", "su", "sus", "así", "entonces", "luego", "después", "además", "también", "pero", "y", "e", "o", "pues",
            "porque", "tampoco", "aquí", "allí", "ahí", "ambos", "ambas", "tal", "tales",
        ],
        pronouns: &["él", "ella", "ellos", "ellas", "ello", "su", "sus", "suyo", "suya", "suyos", "suyas"],
        demonstratives: &["esto", "eso", "esta", "este", "estos", "estas", "lo"],
        after_demonstrative: &["es", "son", "era", "eran", "significa", "funciona", "sirve", "hace", "puede", "quiere"],
        interrogatives: &[
            "qué", "que", "quién", "quiénes", "cuál", "cuáles", "cuándo", "dónde", "por", "cómo", "cuánto", "cuánta", "cuántos",
            "cuántas",
        ],
        questions_alone: ["por qué", "cómo", "cuándo", "dónde", "quién"],
        articles: &["el", "la", "los", "las", "un", "una", "unos", "unas", "del", "al", "lo"],
        prepositions: &["en", "con", "para", "sobre", "sin", "durante", "entre", "bajo"],
        indefinites: &["un", "una", "unos", "unas"],
        conjunctions: &["y", "e", "o"],
        numbers: &[
            ("cero", 0), ("dos", 2), ("tres", 3), ("cuatro", 4), ("cinco", 5), ("seis", 6), ("siete", 7), ("ocho", 8),
            ("nueve", 9), ("diez", 10), ("once", 11), ("doce", 12), ("trece", 13), ("catorce", 14), ("quince", 15),
            ("dieciséis", 16), ("diecisiete", 17), ("dieciocho", 18), ("diecinueve", 19), ("veinte", 20), ("treinta", 30),
            ("cuarenta", 40), ("cincuenta", 50), ("sesenta", 60), ("setenta", 70), ("ochenta", 80), ("noventa", 90),
            ("cien", 100), ("ciento", 100), ("mil", 1000), ("millón", 1_000_000), ("millones", 1_000_000),
        ],
        months: [
            "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
            "diciembre",
        ],
        languages: &[
            ("inglés", "en"), ("italiano", "it"), ("francés", "fr"), ("alemán", "de"), ("español", "es"), ("castellano", "es"),
            ("portugués", "pt"), ("neerlandés", "nl"), ("holandés", "nl"),
        ],
        particles: &["sí", "no", "cierto", "falso", "verdadero", "correcto", "exacto"],
        abstentions: &[
            "texto|textos|pasaje|pasajes|autor|artículo|artículos|documento|documentos|contexto no [lo] dice|dicen|menciona|mencionan|especifica|especifican|indica|indican|contiene|contienen|responde|responden|habla|hablan",
            "no se menciona|dice|especifica|indica|habla", "no lo dicen|dice|sé", "no hay información", "ninguna información",
            "no puedo responder", "lo siento",
        ],
    },
    questions: Questions {
        classes: &[
            ("docs", "artículo artículos entrada entradas texto textos ensayo ensayos post posts página páginas nota notas \
             relato relatos documento documentos publicación publicaciones"),
            ("site", "blog sitio web libro manual documentación revista colección archivo página wiki"), ("about", "sobre"),
            ("here", "aquí"),
        ],
        polite: &[
            "por favor", "puedes|podrías|puede|podría decirme|mostrarme|darme", "me puedes|podrías decir|mostrar|dar",
            "dime|muéstrame", "quiero|quisiera saber", "gracias",
        ],
        greeting: &["hola|buenas|saludos [a] [todos|daneel|todas]", "buenos días", "buenas tardes|noches", "buen día"],
        thanks: &[
            "[ok|perfecto] [muchas|muchísimas|mil] gracias [por] [tu|su|la|todo] [ayuda|respuesta]", "te|se lo agradezco",
            "perfecto|genial|vale|ok|excelente|bien|entendido|estupendo", "muy bien|útil|interesante",
        ],
        farewell: &["adiós|chao", "hasta luego|pronto|mañana|la vista", "nos vemos"],
        small_talk: &["cómo estás|está|va|te [va]", "qué tal [estás|todo|va]", "todo bien"],
        about_chat: &[
            "quién|qué eres|es [tú|usted]", "cómo te llamas", "cuál es tu nombre", "qué puedes|sabes hacer [por] [mí]",
            "en qué [me] puedes|puede ayudarme|ayudar", "cómo [me] puedes ayudarme|ayudar",
            "eres un|una [robot|humano|persona|ia|máquina|bot|programa|asistente]", "qué [te] puedo preguntarte|preguntar",
            "qué preguntas [te] puedo hacer|hacerte", "ayuda", "ayúdame", "cómo funcionas", "preséntate", "háblame de ti",
        ],
        about_site: &[
            "de qué trata|habla|va [este|el] [<site>]", "de qué se habla|trata [aquí]",
            "de qué tratan|hablan [estos|los] <docs>", "qué es este|esta|esto [<site>]",
            "cuáles son los temas [principales] [de] [este] [<site>]", "qué temas trata|cubre|hay [este|aquí|el] [<site>]",
            "qué puedo|se puede leer|encontrar aquí", "qué encuentro|hay aquí", "háblame de este <site>",
            "describe|resume este <site>", "sobre qué escribes|escribe [aquí] [el] [autor]", "cuál es el tema de este <site>",
        ],
        about_author: &[
            "quién escribe [aquí|este|estos|en] [este] [<site>|<docs>]",
            "quién ha escrito|hecho|creado este|estos|esto|todo|los|el [<site>|<docs>]",
            "quién escribió|hizo|creó este|estos|esto|todo|los|el [<site>|<docs>]",
            "quién es el|la autor|autora|bloguero [de|del] [este|estos|blog|sitio] [<site>|<docs>]",
            "quién está detrás de este <site>", "de quién es este <site>", "háblame del|de autor|la [autora]",
            "cómo se llama el|la autor|autora",
        ],
        count: &[
            "cuántos|cuántas <docs> hay [aquí] [en] [este] [<site>]",
            "cuántos|cuántas <docs> has|ha escrito|publicado [el] [autor]", "cuántos|cuántas <docs> tiene este|el <site>",
        ],
        list_topic: &[
            "[cuáles|lista|muestra|muéstrame] [son] [todos|todas] [los|las] <docs> sobre {topic}",
            "qué|cuáles <docs> hablan|tratan de|sobre|del {topic}",
            "qué|cuáles <docs> mencionan|tratan|explican|describen {topic}", "hay [algún|alguna|un|una] <docs> sobre {topic}",
            "hay algo sobre {topic}", "qué <docs> hay sobre {topic}", "en qué <docs> se habla|hablas de|sobre|del {topic}",
            "has escrito [algo|algún] [<docs>] sobre {topic}", "has hablado de|sobre|del {topic}",
            "<docs> con la etiqueta {topic}", "busco <docs> sobre {topic}",
        ],
        list_latest: &[
            "qué hay de nuevo [aquí]", "qué novedades hay", "[hay] [alguna] novedades|novedad",
            "[cuáles|cuál] [son|es] [los|las|el|la] [{n}] últimos|últimas|último|última [{n}] <docs> [publicados] [sobre] [{topic}]",
            "[cuáles|cuál] [son|es] [los|las|el|la] [{n}] <docs> más recientes|reciente|nuevos",
            "[muestra|muéstrame|lista|dame] [los|las] [{n}] últimos|últimas [{n}] <docs>",
            "qué has|ha escrito|publicado últimamente|recientemente",
        ],
        list_oldest: &[
            "[cuáles|cuál] [son|es|fueron|fue] [los|las|el|la] [{n}] primeros|primeras|primer|primera|primero [{n}] <docs>",
            "[cuáles|cuál] [son|es] [los|las|el|la] <docs> más antiguos|antiguo|antiguas",
        ],
        list_dated: &[
            "cuándo se publicó|escribió [el|la|los|las] <docs> <about> {topic}",
            "de cuándo es|son [el|la|los|las] <docs> <about> {topic}",
        ],
        list_period: &[
            "qué has|ha|escribiste|publicaste [escrito|publicado] [el] [autor] en {period}",
            "qué se escribió|publicó en {period}",
            "[qué|cuáles|lista|muestra] [son] [los|las] <docs> [son|hay|escritos|publicados] [de|del|en|desde] {period}",
        ],
        list_all: &[
            "[lista|muestra|muéstrame|dame] todos|todas los|las <docs>", "qué|cuáles <docs> hay [aquí]",
            "cuáles son los|las <docs>", "qué has escrito", "[el] índice",
        ],
        more: &[
            "dime|cuéntame [algo] más [sobre] [esto|eso]", "[algo] más [detalles]", "continúa|sigue", "y luego|después",
            "qué más", "en detalle", "explica|explícame|explícamelo mejor|más",
        ],
        bare: &[
            "por qué [no]", "cómo", "cuándo", "dónde", "quién|quiénes", "cuál|cuáles", "desde cuándo", "cuánto|cuántos",
            "para qué [sirve]", "por ejemplo", "de verdad", "es decir", "un ejemplo", "qué significa [eso|esto]",
            "cómo funciona|funcionan",
        ],
        in_language: &[
            "[dilo|dímelo|responde|repítelo|tradúcelo|puedes] [decirlo|responder|traducirlo] en|al <language>", "<language>",
        ],
        openers: &[
            "y qué hay de|del", "y qué pasa con", "qué hay de", "y si", "y", "e", "pero", "entonces", "luego", "también", "o",
        ],
        definitions: &[
            "qué es|son|era|eran [un|una|el|la|los|las] {topic}", "quién es|era|fue|son {topic}", "qué significa|hace {topic}",
            "cómo funciona|funcionan {topic}", "para qué sirve|sirven {topic}",
        ],
    },
};
