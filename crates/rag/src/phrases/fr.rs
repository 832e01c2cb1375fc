//! French.

use super::{Grammar, Phrases, Prompt, Questions, Replies};

// One table is easier to read in full lines than with an entry on each.
#[rustfmt::skip]
pub(super) const PHRASES: Phrases = Phrases {
    code: "fr",
    prompt: Prompt {
        system: "Tu réponds aux questions sur les textes de {author}. N'utilise que les passages numérotés. Réponds en \
                 français, en deux à quatre phrases courtes, et termine chaque phrase par le numéro de son passage, par \
                 exemple [1]. Si les passages ne répondent pas à la question, dis que les textes ne le disent pas.",
        author: "leur auteur",
        passages: "Passages",
        question: "Question",
        small_system: "Tu es un assistant. Réponds à la question en deux ou trois phrases courtes, en n'utilisant que le texte.",
        small_question: "Réponds à cette question avec des faits tirés du texte",
    },
    replies: Replies {
        not_found: "Je n'ai rien trouvé à ce sujet dans ces textes.",
        nearest: "Ces passages sont les plus proches.",
        greeting: "Bonjour ! Posez-moi une question sur les textes de « {title} ».",
        thanks: "Je vous en prie.",
        farewell: "Au revoir !",
        small_talk: "Je ne suis qu'un programme, prêt pour vos questions sur les textes de « {title} ».",
        about_chat: "Je suis un assistant qui répond aux questions sur les textes de « {title} »{author}. Ce que je dis en vient, avec des liens vers les passages ; ce qu'ils ne disent pas, je ne le sais pas. Vous pouvez aussi me demander quels textes il y a, par sujet ou par date.",
        suggestions: "Par exemple :",
        about_site: "Voici les textes de « {title} »{author}.",
        author: "{author} écrit ici.",
        count: ("Il y a un texte.", "Il y a {n} textes."),
        dates: "Leurs dates vont du {from} au {to}.",
        tags: "Les sujets les plus fréquents : {tags}.",
        list_topic: "Textes sur « {topic} » :",
        list_latest: "Les textes les plus récents :",
        list_oldest: "Les premiers textes :",
        list_period: "Textes datés de {period} :",
        list_all: "Tous les textes ({n}) :",
        none_topic: "Je n'ai trouvé aucun texte sur « {topic} ».",
        none_period: "Aucun texte n'est daté de {period}.",
        no_dates: "Ces textes n'ont pas de date : je ne peux pas dire lesquels sont les plus récents.",
    },
    grammar: Grammar {
        negations: &[
            "ne", "n", "pas", "jamais", "aucun", "aucune", "rien", "personne", "sans", "ni", "non", "impossible", "nul",
            "nulle",
        ],
        contrasts: &["mais", "cependant", "toutefois", "tandis", "alors", "pourtant"],
        leaning: &[
            "il", "elle", "ils", "elles", "ce", "cela", "ceci", "ça", "c", "celui", "celle", "ceux", "celles", "son", "sa",
            "ses", "leur", "leurs", "lui", "ainsi", "donc", "alors", "puis", "ensuite", "aussi", "mais", "et", "ou", "car",
            "or", "cependant", "toutefois", "pourtant", "néanmoins", "sinon", "ici", "là", "tel", "telle", "tels", "telles",
        ],
        pronouns: &["il", "elle", "ils", "elles", "lui", "eux", "leur", "leurs", "son", "sa", "ses", "en", "y", "cela", "ça"],
        demonstratives: &["ceci", "celui-ci", "celle-ci", "ce"],
        after_demonstrative: &["est", "sont", "était", "marche", "fonctionne", "sert", "veut", "signifie", "peut"],
        interrogatives: &[
            "que", "qu", "quel", "quelle", "quels", "quelles", "qui", "quand", "où", "pourquoi", "comment", "combien", "quoi",
        ],
        questions_alone: ["pourquoi", "comment", "quand", "où", "qui"],
        articles: &["le", "la", "les", "l", "un", "une", "des", "du", "de", "d", "au", "aux"],
        prepositions: &["dans", "en", "sur", "avec", "pour", "chez", "sans", "sous", "pendant", "entre"],
        indefinites: &["un", "une", "des"],
        conjunctions: &["et", "ou"],
        numbers: &[
            ("zéro", 0), ("deux", 2), ("trois", 3), ("quatre", 4), ("cinq", 5), ("six", 6), ("sept", 7), ("huit", 8),
            ("neuf", 9), ("dix", 10), ("onze", 11), ("douze", 12), ("treize", 13), ("quatorze", 14), ("quinze", 15),
            ("seize", 16), ("dix-sept", 17), ("dix-huit", 18), ("dix-neuf", 19), ("vingt", 20), ("trente", 30),
            ("quarante", 40), ("cinquante", 50), ("soixante", 60), ("soixante-dix", 70), ("quatre-vingts", 80),
            ("quatre-vingt-dix", 90), ("cent", 100), ("cents", 100), ("mille", 1000), ("million", 1_000_000),
            ("millions", 1_000_000),
        ],
        months: [
            "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
            "décembre",
        ],
        languages: &[
            ("anglais", "en"), ("italien", "it"), ("français", "fr"), ("allemand", "de"), ("espagnol", "es"),
            ("portugais", "pt"), ("néerlandais", "nl"), ("hollandais", "nl"),
        ],
        particles: &["oui", "non", "si", "vrai", "faux", "exact"],
        abstentions: &[
            "texte|textes|passage|passages|auteur|article|articles|document|documents|contexte ne|n disent|dit|mentionne|mentionnent|précise|précisent|indique|indiquent|contient|contiennent|répond|répondent|parle|parlent",
            "n est|sont pas mentionné|mentionnée|précisé|indiqué|dit|fourni", "ne le disent|dit pas",
            "aucune information|mention", "je ne sais|peux|trouve pas", "je suis désolé",
        ],
    },
    questions: Questions {
        classes: &[
            ("docs", "article articles billet billets texte textes essai essais post posts page pages note notes récit récits \
             document documents publication publications"),
            ("site", "blog site livre manuel documentation revue recueil archive journal wiki page"),
            ("about", "sur concernant"), ("here", "ici"),
        ],
        polite: &[
            "s il vous|te plaît|plait", "pouvez|peux vous|tu me dire|donner|montrer", "peux|pourrais tu", "dis|dites moi",
            "je voudrais|veux savoir", "merci",
        ],
        greeting: &["bonjour|salut|bonsoir|coucou|allô [à] [tous|toi|vous|daneel]", "bonne journée|soirée"],
        thanks: &[
            "[ok|parfait] merci [beaucoup|bien|encore|infiniment] [pour] [votre|ton|l] [aide|réponse]", "je vous|te remercie",
            "parfait|super|génial|ok|excellent|bien|compris|d accord", "très bien|intéressant",
        ],
        farewell: &["au revoir", "adieu", "à bientôt|demain|plus [tard]", "bonne nuit"],
        small_talk: &["[comment] ça va", "comment vas|allez tu|vous", "tout va bien", "tu vas bien"],
        about_chat: &[
            "qui|que es|êtes tu|vous", "tu es qui", "vous êtes qui", "comment t|vous appelles|appelez [tu|vous]",
            "quel est ton|votre nom", "que peux|pouvez|sais|savez tu|vous faire [pour] [moi]",
            "comment peux|pouvez tu|vous m aider",
            "es|êtes tu|vous un|une [vrai] robot|humain|machine|ia|programme|assistant|bot",
            "qu est ce que tu|vous peux|pouvez|sais|savez faire", "que puis je te|vous demander",
            "quelles questions puis je [te|vous] poser", "aide|aidez moi", "aide", "comment fonctionnes|fonctionnez tu|vous",
            "présente|présentez toi|vous", "parle|parlez moi de toi|vous",
        ],
        about_site: &[
            "de quoi parle|traite [ce|le|votre|ton] [<site>]", "de quoi parle t on ici", "de quoi parlent ces|les <docs>",
            "de quoi s agit il", "qu est ce que ce <site>",
            "quels sont les sujets|thèmes [abordés|traités|principaux] [ici] [de|du|dans|sur] [ce] [<site>]",
            "que peut|puis on|je lire|trouver ici", "que trouve t on ici|dans [ce] [<site>]", "parle|parlez moi de ce <site>",
            "décris|décrivez|résume|résumez ce <site>", "quel est le sujet|thème|but de ce <site>", "ce <site> parle de quoi",
        ],
        about_author: &[
            "qui écrit|écris [ici|ce|ces] [<site>|<docs>]", "qui a écrit|créé|fait ce|ces|cette|le|les|tout <site>|<docs>",
            "qui est l|le auteur|autrice|blogueur [de] [ce|ces] [<site>|<docs>]", "qui est l auteure",
            "qui se cache|est derrière ce <site>", "à qui est ce <site>", "parle|parlez moi de l auteur|autrice",
            "comment s appelle l auteur|autrice",
        ],
        count: &[
            "combien d|de <docs> y a t il [ici] [dans] [ce] [<site>]", "combien d|de <docs> as|avez|a tu|vous [écrit|publiés]",
            "combien y a t il de|d <docs>",
        ],
        list_topic: &[
            "[quels|quelles|liste|montre|donne] [moi] [sont] [tous|toutes] [les|des] <docs> sur|concernant {topic}",
            "quels|quelles <docs> parlent|traitent de|du|des|d {topic}",
            "quels|quelles <docs> mentionnent|abordent|expliquent|décrivent|évoquent|concernent {topic}",
            "y a t il des|un <docs> sur {topic}", "y a t il quelque chose sur {topic}",
            "as|avez tu|vous écrit|publié [quelque] [chose|des|un] [<docs>] sur {topic}",
            "as|avez tu|vous parlé de|du|des|d {topic}", "où parles|parlez tu|vous de|du|des|d {topic}",
            "<docs> avec le tag {topic}", "je cherche des <docs> sur {topic}",
        ],
        list_latest: &[
            "quoi de neuf [ici]", "qu y a t il de nouveau|neuf [ici]", "quelles sont les nouveautés",
            "[quels|quelles|quel|quelle] [sont|est] [les|le|la|l] [{n}] derniers|dernières|dernier|dernière [{n}] <docs> [publiés|publié] [sur] [{topic}]",
            "[quels|quelles|quel|quelle] [sont|est] [les|le|la|l] [{n}] <docs> [le|les|la] plus récents|récentes|récent|récente",
            "[montre|donne|liste] [moi] les [{n}] derniers|dernières <docs>",
        ],
        list_oldest: &[
            "[quels|quelles|quel|quelle] [sont|est|était] [les|le|la|l] [{n}] premiers|premières|premier|première [{n}] <docs> [publiés|publié]",
            "[quels|quelles] [sont|est] les <docs> les plus anciens|anciennes|vieux",
        ],
        list_dated: &[
            "quand a|ont été publié|écrit|publiés [le|la|l|les] <docs> <about> {topic}",
            "de quand date|datent [le|la|l|les] <docs> <about> {topic}",
        ],
        list_period: &[
            "qu as tu écrit|publié en {period}", "qu avez vous écrit|publié en {period}",
            "qu est ce que tu|vous as|avez écrit|publié en {period}",
            "[quels|quelles|liste|montre] [sont] [les] <docs> [écrits|publiés|datés] [ont] [été] [écrits|publiés] en|de {period}",
            "qu est ce qui a été publié|écrit en {period}",
        ],
        list_all: &[
            "[liste|montre|donne] [moi] tous|toutes les <docs>", "quels|quelles <docs> y a t il [ici]",
            "quels|quelles sont les <docs> [ici]", "[la] table des matières",
        ],
        more: &[
            "dis|dites m en|moi [en] plus", "plus [de] [détails]", "continue|continuez", "encore", "et ensuite|puis",
            "développe|développez", "quoi d autre", "en détail", "raconte|racontez m en plus",
        ],
        bare: &[
            "pourquoi [pas|ça]", "comment [ça]", "quand", "où", "qui", "lequel|laquelle|lesquels", "depuis quand", "combien",
            "par exemple", "vraiment", "c est à dire", "un|des exemple|exemples", "à quoi ça|cela sert [il]",
            "comment ça marche|fonctionne", "qu est ce que ça|cela veut dire", "que signifie cela|ça",
        ],
        in_language: &[
            "[dis|dites|réponds|répondez|répète|traduis|traduisez] [le] [moi] en <language>", "<language>",
            "peux|pouvez tu|vous [me] [le] dire|répondre|traduire en <language>",
        ],
        openers: &["et qu en est il de|du|des", "et si", "et", "mais", "donc", "alors", "puis", "aussi", "ou"],
        definitions: &[
            "qu est ce que|qu [c] [est] [que] [un|une|le|la|l|les] {topic}", "c est quoi [un|une|le|la|l|les] {topic}",
            "qui est|était {topic}", "que fait|signifie {topic}", "comment fonctionne|marche {topic}",
            "à quoi sert|servent {topic}",
        ],
    },
};
