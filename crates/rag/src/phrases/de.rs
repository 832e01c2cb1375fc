//! German.

use super::{Grammar, Phrases, Prompt, Questions, Replies};

// One table is easier to read in full lines than with an entry on each.
#[rustfmt::skip]
pub(super) const PHRASES: Phrases = Phrases {
    code: "de",
    prompt: Prompt {
        system: "Du beantwortest Fragen zu den Texten von {author}. Nutze nur die nummerierten Abschnitte. Antworte auf \
                 Deutsch, in zwei bis vier kurzen Sätzen, und beende jeden Satz mit der Nummer seines Abschnitts, zum \
                 Beispiel [1]. Wenn die Abschnitte die Frage nicht beantworten, sage, dass die Texte nichts dazu sagen.",
        author: "ihrem Autor",
        passages: "Abschnitte",
        question: "Frage",
        small_system: "Du bist ein Assistent. Beantworte die Frage in zwei oder drei kurzen Sätzen und nutze nur den Text.",
        small_question: "Beantworte diese Frage mit Angaben aus dem Text",
    },
    replies: Replies {
        not_found: "Dazu habe ich in diesen Texten nichts gefunden.",
        nearest: "Am nächsten kommen diese Abschnitte.",
        greeting: "Hallo! Frag mich etwas zu den Texten von „{title}“.",
        thanks: "Gern geschehen.",
        farewell: "Auf Wiedersehen!",
        small_talk: "Ich bin nur ein Programm und bereit für deine Fragen zu den Texten von „{title}“.",
        about_chat: "Ich bin ein Assistent, der Fragen zu den Texten von „{title}“{author} beantwortet. Was ich sage, stammt aus ihnen, mit Verweisen auf die Stellen; was sie nicht sagen, weiß ich nicht. Du kannst mich auch fragen, welche Texte es gibt, nach Thema oder Datum.",
        suggestions: "Zum Beispiel:",
        about_site: "Das sind die Texte von „{title}“{author}.",
        author: "Hier schreibt {author}.",
        count: ("Es gibt einen Text.", "Es gibt {n} Texte."),
        dates: "Sie sind datiert vom {from} bis zum {to}.",
        tags: "Die häufigsten Themen: {tags}.",
        list_topic: "Texte zu „{topic}“:",
        list_latest: "Die neuesten Texte:",
        list_oldest: "Die ersten Texte:",
        list_period: "Texte aus {period}:",
        list_all: "Alle Texte ({n}):",
        none_topic: "Zu „{topic}“ habe ich keinen Text gefunden.",
        none_period: "Es gibt keinen Text aus {period}.",
        no_dates: "Diese Texte haben kein Datum, daher kann ich nicht sagen, welche die neuesten sind.",
    },
    grammar: Grammar {
        negations: &[
            "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie", "niemals", "nichts", "niemand", "ohne",
            "weder", "noch", "unmöglich", "nein",
        ],
        contrasts: &["aber", "sondern", "während", "jedoch", "doch", "obwohl", "hingegen", "dagegen"],
        leaning: &[
            "er", "sie", "es", "dies", "diese", "dieser", "dieses", "diesen", "das", "sein", "seine", "ihr", "ihre", "ihnen",
            "ihm", "so", "also", "daher", "deshalb", "deswegen", "darum", "dann", "danach", "dabei", "damit", "dafür",
            "dadurch", "dazu", "außerdem", "zudem", "auch", "aber", "und", "oder", "denn", "jedoch", "dennoch", "trotzdem",
            "sonst", "hier", "dort", "beide", "solche", "solch",
        ],
        pronouns: &[
            "er", "sie", "es", "ihm", "ihn", "ihnen", "ihr", "ihre", "ihren", "ihrem", "ihrer", "sein", "seine", "seinen",
            "seinem", "seiner", "dessen", "deren", "dafür", "damit", "davon", "daran", "darin", "dazu",
        ],
        demonstratives: &["das", "dies", "diese", "dieser", "dieses"],
        after_demonstrative: &["ist", "sind", "war", "waren", "bedeutet", "heißt", "funktioniert", "macht", "geht", "kann"],
        interrogatives: &[
            "was", "wer", "wem", "wen", "wessen", "welche", "welcher", "welches", "welchen", "wann", "wo", "warum", "wieso",
            "weshalb", "wie", "woher", "wohin", "wozu", "womit", "wofür",
        ],
        questions_alone: ["warum", "wie", "wann", "wo", "wer"],
        articles: &["der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines"],
        prepositions: &["in", "im", "auf", "mit", "für", "bei", "beim", "ohne", "unter", "während", "zwischen", "zur", "zum"],
        indefinites: &["ein", "eine", "einen", "einem", "einer"],
        conjunctions: &["und", "oder"],
        numbers: &[
            ("null", 0), ("zwei", 2), ("zwo", 2), ("drei", 3), ("vier", 4), ("fünf", 5), ("sechs", 6), ("sieben", 7),
            ("acht", 8), ("neun", 9), ("zehn", 10), ("elf", 11), ("zwölf", 12), ("dreizehn", 13), ("vierzehn", 14),
            ("fünfzehn", 15), ("sechzehn", 16), ("siebzehn", 17), ("achtzehn", 18), ("neunzehn", 19), ("zwanzig", 20),
            ("dreißig", 30), ("vierzig", 40), ("fünfzig", 50), ("sechzig", 60), ("siebzig", 70), ("achtzig", 80),
            ("neunzig", 90), ("hundert", 100), ("tausend", 1000), ("million", 1_000_000), ("millionen", 1_000_000),
        ],
        months: [
            "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
            "Dezember",
        ],
        languages: &[
            ("englisch", "en"), ("italienisch", "it"), ("französisch", "fr"), ("deutsch", "de"), ("spanisch", "es"),
            ("portugiesisch", "pt"), ("niederländisch", "nl"), ("holländisch", "nl"),
        ],
        particles: &["ja", "nein", "doch", "wahr", "falsch", "richtig", "genau"],
        abstentions: &[
            "text|texte|abschnitt|abschnitte|passage|passagen|autor|artikel|dokument|dokumente|kontext sagt|sagen|erwähnt|erwähnen|enthält|enthalten|beantwortet|beantworten|nennt|nennen|gibt|geben [dazu] [das] [es] nicht|nichts|keine",
            "wird|werden [in] [den|dem] [texten|text] nicht erwähnt|genannt|gesagt|angegeben|erklärt",
            "keine information|informationen|angaben|angabe", "nichts dazu|darüber", "ich weiß es nicht", "tut mir leid",
        ],
    },
    questions: Questions {
        classes: &[
            ("docs", "artikel beitrag beiträge text texte essay essays post posts seite seiten notiz notizen geschichte \
             geschichten dokument dokumente aufsatz aufsätze"),
            ("site", "blog seite website webseite buch handbuch dokumentation magazin sammlung archiv wiki"),
            ("about", "über zu zum zur"), ("here", "hier"),
        ],
        polite: &[
            "bitte", "kannst|könntest|können|könnten du|sie mir [bitte] sagen|zeigen|geben",
            "sag|sagen|zeig|zeige|zeigen [sie] mir", "ich möchte|will wissen", "danke",
        ],
        greeting: &["hallo|servus|moin|grüezi [zusammen|alle|daneel|du|da]", "guten morgen|tag|abend", "grüß gott|dich"],
        thanks: &[
            "[ok|super|gut] danke [schön|sehr|dir|ihnen|vielmals] [für] [die|deine|ihre] [hilfe|antwort]",
            "vielen|besten|herzlichen dank", "super|toll|perfekt|ok|okay|gut|verstanden|prima|klasse|ausgezeichnet",
            "sehr gut|hilfreich|interessant", "alles klar", "dankeschön",
        ],
        farewell: &["auf wiedersehen", "tschüss|tschüs|ciao|servus", "bis bald|später|morgen|dann", "gute nacht"],
        small_talk: &["wie geht es dir|ihnen [heute]", "wie geht s [dir]", "alles gut|klar|ok", "wie läuft s|es"],
        about_chat: &[
            "wer|was bist|sind du|sie", "wie heißt|heißen du|sie", "was ist|ist dein|ihr name", "wie ist dein|ihr name",
            "was kannst|können du|sie [für] [mich] [tun|alles|machen]", "was kannst|können du|sie für mich tun",
            "wie kannst|können du|sie mir helfen", "womit kannst|können du|sie mir helfen",
            "bist|sind du|sie ein|eine [echter] roboter|mensch|bot|ki|programm|maschine|assistent",
            "was kann ich dich|sie|hier fragen", "welche fragen kann ich [dir|ihnen] stellen", "hilfe", "hilf mir",
            "wie funktionierst|funktionieren du|sie", "stell|stellen [sie] dich|sich vor",
            "erzähl|erzähle mir [etwas] [von|über] dir|dich",
        ],
        about_site: &[
            "worum geht es [hier] [auf|in] [dieser|diesem|der|dem] [<site>]", "worum geht s [hier]",
            "wovon handelt|handeln dieser|diese|dieses|der|die|das <site>|<docs>",
            "was ist das [hier] [für] [ein|eine] [<site>]", "was ist diese|dieser|dieses <site>",
            "welche themen gibt es [hier]", "welche themen behandelt|hat dieser|diese|dieses|der|die|das <site>",
            "was kann ich|man hier lesen|finden", "was finde|gibt ich|es hier",
            "erzähl|erzähle mir [etwas] von|über diesem|diesen|dieser|diese|dieses <site>",
            "beschreibe|beschreib diesen|diese|dieses <site>", "worüber schreibt der autor [hier]",
            "worüber schreibst|schreiben du|sie [hier]",
        ],
        about_author: &[
            "wer schreibt [hier|diesen|diese|dieses] [<site>|<docs>]",
            "wer hat diesen|diese|dieses|das|die|den [<site>|<docs>] geschrieben|gemacht|erstellt|verfasst",
            "wer ist der|die autor|autorin|verfasser|blogger [dieses|dieser|des|der] [<site>|<docs>|blogs|buches]",
            "wer steckt|steht hinter diesem|dieser|dem|der <site>", "wem gehört diese|dieser|dieses <site>",
            "erzähl|erzähle mir [etwas] über|von den|dem|die|der autor|autorin", "wie heißt der|die autor|autorin",
        ],
        count: &[
            "wie viele <docs> gibt es [hier]",
            "wie viele <docs> hat|hast|haben [der|die|du|sie|dieser] [autor|<site>] [geschrieben|veröffentlicht]",
            "wie groß ist diese|dieser|dieses <site>",
        ],
        list_topic: &[
            "[welche|liste|zeige|zeig|alle] [mir] [alle] [die] <docs> <about> {topic}", "welche <docs> gibt es <about> {topic}",
            "welche <docs> handeln von|vom {topic}", "welche <docs> behandeln|erwähnen|erklären|beschreiben {topic}",
            "in welchen <docs> geht es um {topic}", "gibt es [einen|ein|eine] <docs> <about> {topic}",
            "gibt es etwas <about> {topic}", "hast|haben du|sie [etwas|schon] [einmal] über {topic} geschrieben",
            "<docs> mit dem tag|schlagwort {topic}", "ich suche <docs> <about> {topic}",
        ],
        list_latest: &[
            "was gibt es neues [hier]", "was gibt s neues", "was ist neu [hier]", "gibt es neuigkeiten|neues",
            "[welche|welcher|welches|was] [sind|ist] [die|der|das|den] [{n}] neuesten|neueste|letzten|letzte|neuester|letzter|aktuellen [{n}] <docs> [<about>] [{topic}]",
            "[zeige|zeig|liste] [mir] die [{n}] neuesten|letzten|aktuellen [{n}] <docs>",
        ],
        list_oldest: &[
            "[welche|welcher|was] [sind|ist|war|waren] [die|der|das] [{n}] ersten|erste|ältesten|älteste|erster [{n}] <docs>",
        ],
        list_dated: &[
            "wann wurde|wurden|ist [der|die|das] <docs> <about> {topic} veröffentlicht|geschrieben|erschienen",
        ],
        list_period: &[
            "was hast|haben du|sie [im|in] [jahr] {period} geschrieben|veröffentlicht",
            "was wurde [im|in] [jahr] {period} geschrieben|veröffentlicht",
            "[welche|zeige|alle] <docs> [sind|stammen] [gibt] [es] [aus|von|vom|im|in] [dem] [jahr] {period}",
            "welche <docs> wurden|erschienen [im|in] [jahr] {period} [geschrieben|veröffentlicht]",
        ],
        list_all: &[
            "[liste|zeige|zeig] [mir] alle <docs> [auf]", "welche <docs> gibt es [hier]", "was hast|haben du|sie geschrieben",
            "[das] inhaltsverzeichnis",
        ],
        more: &[
            "erzähl|erzähle|sag [mir] mehr [darüber|davon|dazu]", "mehr [dazu|darüber|davon|details]", "weiter", "mach weiter",
            "noch mehr|etwas", "und weiter", "was noch", "genauer", "erkläre|erklär [es|das] [mir] genauer|näher",
            "ausführlicher",
        ],
        bare: &[
            "warum [nicht|das|so]", "wieso [nicht]", "weshalb", "wie [so|das]", "wann", "wo", "wer", "welche|welcher|welches",
            "seit wann", "wozu", "womit", "wie viel|viele|lange|oft", "zum beispiel", "wirklich", "das heißt", "ein beispiel",
            "hast du ein beispiel", "was bedeutet das", "was heißt das", "wie geht das", "wie funktioniert das",
        ],
        in_language: &[
            "[sag|sage|antworte|antworten|wiederhole|übersetze|kannst] [du|sie] [es|das] [mir] auf|ins|in <language> [sagen|antworten|übersetzen]",
            "<language>",
        ],
        openers: &["und was ist mit", "und wie steht es mit", "was ist mit", "und", "aber", "also", "dann", "auch", "oder"],
        definitions: &[
            "was ist|sind|war|waren [ein|eine|der|die|das] {topic}", "wer ist|war|sind {topic}",
            "was macht|bedeutet|heißt {topic}", "wie funktioniert|funktionieren {topic}", "wozu dient|dienen {topic}",
        ],
    },
};
