//! Dutch.

use super::{Grammar, Phrases, Prompt, Questions, Replies};

// One table is easier to read in full lines than with an entry on each.
#[rustfmt::skip]
pub(super) const PHRASES: Phrases = Phrases {
    code: "nl",
    prompt: Prompt {
        system: "Je beantwoordt vragen over de teksten van {author}. Gebruik alleen de genummerde passages. Antwoord in \
                 het Nederlands, in twee tot vier korte zinnen, en sluit elke zin af met het nummer van zijn passage, \
                 bijvoorbeeld [1]. Als de passages de vraag niet beantwoorden, zeg dan dat de teksten het niet zeggen.",
        author: "de auteur",
        passages: "Passages",
        question: "Vraag",
        small_system: "Je bent een assistent. Beantwoord de vraag in twee of drie korte zinnen en gebruik alleen de tekst.",
        small_question: "Beantwoord deze vraag met feiten uit de tekst",
    },
    replies: Replies {
        not_found: "Hierover heb ik in deze teksten niets gevonden.",
        nearest: "Deze passages komen het dichtst in de buurt.",
        greeting: "Hallo! Vraag me iets over de teksten van ‘{title}’.",
        thanks: "Graag gedaan.",
        farewell: "Tot ziens!",
        small_talk: "Ik ben maar een programma, klaar voor je vragen over de teksten van ‘{title}’.",
        about_chat: "Ik ben een assistent die vragen beantwoordt over de teksten van ‘{title}’{author}. Wat ik zeg komt daaruit, met verwijzingen naar de passages; wat ze niet zeggen weet ik niet. Je kunt me ook vragen welke teksten er zijn, op onderwerp of op datum.",
        suggestions: "Bijvoorbeeld:",
        about_site: "Dit zijn de teksten van ‘{title}’{author}.",
        author: "Hier schrijft {author}.",
        count: ("Er is één tekst.", "Er zijn {n} teksten."),
        dates: "Hun data lopen van {from} tot {to}.",
        tags: "De meest voorkomende onderwerpen: {tags}.",
        list_topic: "Teksten over ‘{topic}’:",
        list_latest: "De nieuwste teksten:",
        list_oldest: "De eerste teksten:",
        list_period: "Teksten uit {period}:",
        list_all: "Alle teksten ({n}):",
        none_topic: "Ik heb geen tekst over ‘{topic}’ gevonden.",
        none_period: "Er is geen tekst uit {period}.",
        no_dates: "Deze teksten hebben geen datum, dus ik kan niet zeggen welke de nieuwste zijn.",
    },
    grammar: Grammar {
        negations: &["niet", "geen", "nooit", "niets", "niemand", "zonder", "noch", "onmogelijk", "nergens", "nee"],
        contrasts: &["maar", "terwijl", "echter", "hoewel", "doch"],
        leaning: &[
            "hij", "zij", "ze", "het", "dit", "dat", "deze", "die", "zijn", "haar", "hun", "hen", "hem", "zo", "dus", "daarom",
            "dan", "daarna", "daarbij", "daarmee", "daarvoor", "daardoor", "bovendien", "ook", "maar", "en", "of", "want",
            "echter", "toch", "anders", "hier", "daar", "beide", "zulke", "zulk",
        ],
        pronouns: &[
            "hij", "zij", "ze", "hem", "haar", "hun", "hen", "ervan", "ermee", "ervoor", "erin", "eraan", "daarvan", "daarmee",
            "daarvoor",
        ],
        demonstratives: &["dit", "dat", "deze", "die", "het"],
        after_demonstrative: &["is", "zijn", "was", "waren", "betekent", "werkt", "doet", "kan", "heet"],
        interrogatives: &["wat", "wie", "welke", "welk", "wanneer", "waar", "waarom", "hoe", "hoeveel", "waarvoor", "waarmee"],
        questions_alone: ["waarom", "hoe", "wanneer", "waar", "wie"],
        articles: &["de", "het", "een"],
        prepositions: &["in", "op", "met", "voor", "zonder", "bij", "tijdens", "tussen"],
        indefinites: &["een"],
        conjunctions: &["en", "of"],
        numbers: &[
            ("nul", 0), ("twee", 2), ("drie", 3), ("vier", 4), ("vijf", 5), ("zes", 6), ("zeven", 7), ("acht", 8), ("negen", 9),
            ("tien", 10), ("elf", 11), ("twaalf", 12), ("dertien", 13), ("veertien", 14), ("vijftien", 15), ("zestien", 16),
            ("zeventien", 17), ("achttien", 18), ("negentien", 19), ("twintig", 20), ("dertig", 30), ("veertig", 40),
            ("vijftig", 50), ("zestig", 60), ("zeventig", 70), ("tachtig", 80), ("negentig", 90), ("honderd", 100),
            ("duizend", 1000), ("miljoen", 1_000_000),
        ],
        months: [
            "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
            "december",
        ],
        languages: &[
            ("engels", "en"), ("italiaans", "it"), ("frans", "fr"), ("duits", "de"), ("spaans", "es"), ("portugees", "pt"),
            ("nederlands", "nl"),
        ],
        particles: &["ja", "nee", "waar", "onwaar", "juist", "klopt"],
        abstentions: &[
            "tekst|teksten|passage|passages|auteur|artikel|artikelen|document|documenten|context zegt|zeggen|vermeldt|vermelden|noemt|noemen|bevat|bevatten|beantwoordt|beantwoorden|geeft|geven [dat|het|dit] niet|niets|geen",
            "wordt|worden niet vermeld|genoemd|gezegd|aangegeven|uitgelegd", "geen informatie", "ik weet [het] niet",
            "het spijt me",
        ],
    },
    questions: Questions {
        classes: &[
            ("docs", "artikel artikelen tekst teksten essay essays post posts pagina bericht berichten verhaal verhalen \
             document documenten notitie notities stuk stukken"),
            ("site", "blog site website boek handboek documentatie tijdschrift verzameling archief wiki"), ("about", "over"),
            ("here", "hier"),
        ],
        polite: &[
            "alsjeblieft|alstublieft", "kun|kan|kunt|zou|zou je|jij|u me|mij [vertellen|zeggen|laten] [zien]",
            "vertel|zeg me|mij", "ik wil|zou [graag] weten", "bedankt",
        ],
        greeting: &[
            "hallo|hoi|dag [allemaal|daneel|daar]", "goedemorgen|goedemiddag|goedenavond|goedendag",
            "goede morgen|middag|avond",
        ],
        thanks: &[
            "[ok|goed] bedankt [voor] [de|je|uw] [hulp|antwoord]", "dank je|u [wel|zeer]", "dankjewel|dankuwel",
            "hartelijk bedankt|dank", "super|perfect|ok|oké|goed|begrepen|mooi|prima|top", "heel goed|nuttig|interessant",
        ],
        farewell: &["tot ziens|straks|morgen|later", "doei|dag|vaarwel", "goede nacht", "welterusten"],
        small_talk: &["hoe gaat het [met] [je|jou|u] [vandaag]", "hoe is het", "alles goed|ok"],
        about_chat: &[
            "wie|wat ben|bent je|jij|u", "hoe heet je|jij|u", "wat is je|jouw|uw naam",
            "wat kun|kan|kunt je|jij|u [allemaal] [voor] [mij|me] [doen]", "hoe kun|kan|kunt je|jij|u me|mij helpen",
            "waarmee kun|kan|kunt je|jij|u me|mij helpen", "ben|bent je|jij|u een [echte] robot|mens|bot|ai|programma|machine",
            "wat kan ik [je|jou|u] [hier] vragen", "welke vragen kan ik [je|hier] stellen", "help [me|mij]", "hulp",
            "hoe werk|werkt je|jij|u", "stel je|jezelf voor", "vertel [iets] over jezelf|jou",
        ],
        about_site: &[
            "waar gaat dit|deze|de|het|die [<site>] [hier] over", "waarover gaat dit|deze|de|het [<site>]",
            "wat is dit|deze [<site>] [voor] [een] [<site>]", "welke onderwerpen behandelt|heeft dit|deze|de|het <site>",
            "welke onderwerpen zijn er [hier]", "wat kan ik hier lezen|vinden", "wat staat er hier",
            "vertel [me|mij] [iets] over dit|deze <site>", "beschrijf dit|deze <site>", "waar schrijft de auteur [hier] over",
            "waar schrijf je [hier] over",
        ],
        about_author: &[
            "wie schrijft [hier|dit|deze] [<site>|<docs>]", "wie heeft dit|deze|de|alles [<site>|<docs>] geschreven|gemaakt",
            "wie schreef|maakte dit|deze|de|alles [<site>|<docs>]",
            "wie is de auteur|schrijver|blogger [van] [dit|deze|de] [<site>|<docs>]", "wie zit er achter dit|deze <site>",
            "van wie is dit|deze <site>", "vertel [me|mij] [iets] over de auteur|schrijver", "hoe heet de auteur|schrijver",
        ],
        count: &["hoeveel <docs> zijn er [hier]", "hoeveel <docs> heeft|heb de|je|dit|deze [auteur|<site>] [geschreven]"],
        list_topic: &[
            "[welke|lijst|toon|geef] [me|mij] [alle] [de] <docs> over {topic}", "welke <docs> gaan over {topic}",
            "welke <docs> zijn er over {topic}", "welke <docs> behandelen|noemen|vermelden|beschrijven {topic}",
            "in welke <docs> gaat het over {topic}", "zijn er <docs> over {topic}", "is er iets|een [<docs>] over {topic}",
            "heb je [ooit] [iets] geschreven over {topic}", "heb je [ooit] [iets] over {topic} geschreven",
            "<docs> met de|het tag|label {topic}", "ik zoek <docs> over {topic}",
        ],
        list_latest: &[
            "wat is er nieuw [hier]", "is er nieuws",
            "[wat] [zijn|is] [de|het] [{n}] nieuwste|laatste|recentste|recente [{n}] <docs> [over] [{topic}]",
            "[welke] [zijn] [de] [{n}] nieuwste|laatste|recentste [{n}] <docs>",
            "[toon|geef] [me|mij] de [{n}] nieuwste|laatste [{n}] <docs>", "wat heb je onlangs|recent geschreven",
        ],
        list_oldest: &["[wat|welke] [zijn|is|was|waren] [de|het] [{n}] eerste|oudste [{n}] <docs>"],
        list_dated: &[
            "wanneer is|werd|zijn [de|het] <docs> <about> {topic} gepubliceerd|geschreven|verschenen",
        ],
        list_period: &[
            "wat heb|heeft je|jij|u|de [auteur] geschreven|gepubliceerd in {period}",
            "wat heb|heeft je|jij|u|de [auteur] in {period} geschreven|gepubliceerd",
            "wat is|werd er [in] {period} [geschreven|gepubliceerd]",
            "[welke|toon] <docs> [zijn|komen] [er] [uit|van|in] {period}",
            "welke <docs> zijn in {period} geschreven|gepubliceerd",
        ],
        list_all: &[
            "[toon|geef] [me|mij] alle <docs>", "welke <docs> zijn er [hier]", "wat heb je [allemaal] geschreven",
            "[de] inhoudsopgave",
        ],
        more: &[
            "vertel|zeg [me|mij] [er] meer [over|hierover|daarover]", "meer [hierover|daarover|details]", "ga verder|door",
            "verder", "en verder|dan", "wat nog [meer]", "leg [het|dat] beter|verder uit", "uitgebreider",
        ],
        bare: &[
            "waarom [niet|dat|zo]", "hoe [zo|dat]", "hoezo", "wanneer", "waar", "wie", "welke|welk", "sinds wanneer",
            "hoeveel|hoelang", "waarvoor", "bijvoorbeeld", "echt", "dat wil zeggen", "een voorbeeld", "wat betekent dat",
            "hoe werkt dat|het",
        ],
        in_language: &[
            "[zeg|antwoord|herhaal|vertaal] [het|dat] [me|mij] in|naar [het] <language>",
            "kun|kan je|jij|u [het|dat] in [het] <language> zeggen|vertalen|antwoorden", "<language>",
        ],
        openers: &["en hoe zit het met", "en wat met", "hoe zit het met", "en", "maar", "dus", "dan", "ook", "of"],
        definitions: &[
            "wat is|zijn|was|waren [een|de|het] {topic}", "wie is|was|zijn {topic}", "wat doet|betekent {topic}",
            "hoe werkt|werken {topic}", "waarvoor dient|dienen {topic}",
        ],
    },
};
