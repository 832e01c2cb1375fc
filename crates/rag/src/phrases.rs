//! The few sentences that Daneel itself says, in the languages it can say them in.

use daneel_corpus::Language;

/// What is said in one language.
pub(crate) struct Phrases {
    code: &'static str,
    /// Nothing relevant was found.
    pub not_found: &'static str,
    /// Instructions before the persona's; `{author}` stands for whose texts they are.
    pub system: &'static str,
    /// Whose texts they are, where the persona has no name.
    pub author: &'static str,
    /// In front of the passages.
    pub passages: &'static str,
    /// In front of the question.
    pub question: &'static str,
    /// Instructions that a very small model can follow.
    pub small_system: &'static str,
    /// In front of the question, for a very small model.
    pub small_question: &'static str,
}

const ENGLISH: Phrases = Phrases {
    code: "en",
    not_found: "I found nothing about this in these texts.",
    system: "You answer questions about the texts of {author}. Use only the numbered passages. Answer in English, \
             in two to four short sentences, and end each sentence with the number of its passage, such as [1]. \
             If the passages do not answer the question, say that the texts do not say.",
    author: "the author",
    passages: "Passages",
    question: "Question",
    small_system: "You are a helpful assistant. Answer the question in two or three short sentences, using only the text.",
    small_question: "Answer this question with facts from the text",
};

const ALL: [Phrases; 7] = [
    ENGLISH,
    Phrases {
        code: "it",
        not_found: "In questi testi non ho trovato nulla su questo argomento.",
        system: "Rispondi alle domande sui testi di {author}. Usa soltanto i brani numerati. Rispondi in italiano, \
                 in due, tre o quattro frasi brevi, e chiudi ogni frase con il numero del suo brano, per esempio [1]. \
                 Se i brani non rispondono alla domanda, di' che i testi non lo dicono.",
        author: "chi li ha scritti",
        passages: "Brani",
        question: "Domanda",
        small_system: "Sei un assistente. Rispondi alla domanda in due o tre frasi brevi, usando soltanto il testo.",
        small_question: "Rispondi a questa domanda con fatti presi dal testo",
    },
    Phrases {
        code: "fr",
        not_found: "Je n'ai rien trouvé à ce sujet dans ces textes.",
        system: "Tu réponds aux questions sur les textes de {author}. N'utilise que les passages numérotés. Réponds en \
                 français, en deux à quatre phrases courtes, et termine chaque phrase par le numéro de son passage, par \
                 exemple [1]. Si les passages ne répondent pas à la question, dis que les textes ne le disent pas.",
        author: "leur auteur",
        passages: "Passages",
        question: "Question",
        small_system: "Tu es un assistant. Réponds à la question en deux ou trois phrases courtes, en n'utilisant que le texte.",
        small_question: "Réponds à cette question avec des faits tirés du texte",
    },
    Phrases {
        code: "de",
        not_found: "Dazu habe ich in diesen Texten nichts gefunden.",
        system: "Du beantwortest Fragen zu den Texten von {author}. Nutze nur die nummerierten Abschnitte. Antworte auf \
                 Deutsch, in zwei bis vier kurzen Sätzen, und beende jeden Satz mit der Nummer seines Abschnitts, zum \
                 Beispiel [1]. Wenn die Abschnitte die Frage nicht beantworten, sage, dass die Texte nichts dazu sagen.",
        author: "ihrem Autor",
        passages: "Abschnitte",
        question: "Frage",
        small_system: "Du bist ein Assistent. Beantworte die Frage in zwei oder drei kurzen Sätzen und nutze nur den Text.",
        small_question: "Beantworte diese Frage mit Angaben aus dem Text",
    },
    Phrases {
        code: "es",
        not_found: "No he encontrado nada sobre esto en estos textos.",
        system: "Respondes a preguntas sobre los textos de {author}. Usa solo los pasajes numerados. Responde en español, \
                 en dos a cuatro frases breves, y termina cada frase con el número de su pasaje, por ejemplo [1]. \
                 Si los pasajes no responden a la pregunta, di que los textos no lo dicen.",
        author: "su autor",
        passages: "Pasajes",
        question: "Pregunta",
        small_system: "Eres un asistente. Responde a la pregunta en dos o tres frases breves, usando solo el texto.",
        small_question: "Responde a esta pregunta con datos del texto",
    },
    Phrases {
        code: "pt",
        not_found: "Não encontrei nada sobre isto nestes textos.",
        system: "Respondes a perguntas sobre os textos de {author}. Usa apenas as passagens numeradas. Responde em \
                 português, em duas a quatro frases curtas, e termina cada frase com o número da sua passagem, por \
                 exemplo [1]. Se as passagens não respondem à pergunta, diz que os textos não o dizem.",
        author: "quem os escreveu",
        passages: "Passagens",
        question: "Pergunta",
        small_system: "És um assistente. Responde à pergunta em duas ou três frases curtas, usando apenas o texto.",
        small_question: "Responde a esta pergunta com factos do texto",
    },
    Phrases {
        code: "nl",
        not_found: "Hierover heb ik in deze teksten niets gevonden.",
        system: "Je beantwoordt vragen over de teksten van {author}. Gebruik alleen de genummerde passages. Antwoord in \
                 het Nederlands, in twee tot vier korte zinnen, en sluit elke zin af met het nummer van zijn passage, \
                 bijvoorbeeld [1]. Als de passages de vraag niet beantwoorden, zeg dan dat de teksten het niet zeggen.",
        author: "de auteur",
        passages: "Passages",
        question: "Vraag",
        small_system: "Je bent een assistent. Beantwoord de vraag in twee of drie korte zinnen en gebruik alleen de tekst.",
        small_question: "Beantwoord deze vraag met feiten uit de tekst",
    },
];

/// The phrases of a language; English where it has none.
pub(crate) fn phrases(language: Language) -> &'static Phrases {
    ALL.iter().find(|phrases| phrases.code == language.code()).unwrap_or(&ENGLISH)
}

/// Languages a question is recognised in, whatever the corpus is written in.
pub(crate) fn languages() -> impl Iterator<Item = Language> {
    ALL.iter().filter_map(|phrases| Language::from_tag(phrases.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_whose_texts_and_how_to_cite() {
        for phrases in &ALL {
            assert!(Language::from_tag(phrases.code).is_some());
            assert!(
                phrases.system.contains("{author}") && phrases.system.contains("[1]"),
                "{}",
                phrases.code
            );
            assert!(!phrases.system.contains("  "), "a line break left two blanks in {}", phrases.code);
        }
        assert_eq!(phrases(Language::from_tag("ja").unwrap()).code, "en");
    }
}
