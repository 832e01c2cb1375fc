//! Questions in many wordings, and the plans that they become.

use super::*;

const CORPUS: [Language; 2] = [Language::ITALIAN, Language::ENGLISH];

fn planned(question: &str, history: &[Turn]) -> Plan {
    plan(question, history, &CORPUS)
}

fn turn(question: &str, kind: AnswerKind) -> Turn {
    Turn { question: question.into(), standalone: None, answer: "Words.".into(), kind }
}

#[track_caller]
fn check_look_up(question: &str) {
    let plan = planned(question, &[]);
    let Intent::LookUp(look_ups) = &plan.intent else { panic!("{question}: {:?}", plan.intent) };
    assert!(plan.rewritten().is_none() && !look_ups.is_empty(), "{question}: {look_ups:?}");
}

#[test]
fn remarks_are_told_from_questions() {
    for (remark, questions) in [
        (
            Remark::Greeting,
            &[
                "Ciao!",
                "ciao a tutti",
                "Buongiorno",
                "buona sera",
                "Salve Daneel",
                "Hello",
                "hi there",
                "Good morning!",
                "Hey",
                "Hallo",
                "Bonjour",
                "Hola, buenos días",
                "Olá",
                "Goedemorgen",
            ][..],
        ),
        (
            Remark::Thanks,
            &[
                "Grazie",
                "grazie mille!",
                "Ok grazie",
                "Perfetto, grazie",
                "ti ringrazio",
                "Thanks!",
                "Thank you very much",
                "ok thanks a lot",
                "Great, thanks.",
                "cheers",
                "Danke schön",
                "Merci beaucoup",
                "Muchas gracias",
                "Obrigado",
            ],
        ),
        (
            Remark::Farewell,
            &["Arrivederci", "a presto", "bye", "See you later!", "Auf Wiedersehen", "Au revoir"],
        ),
        (
            Remark::SmallTalk,
            &[
                "Come stai?",
                "Ciao, come va?",
                "tutto bene?",
                "How are you?",
                "Hi! How are you doing today?",
                "what's up",
                "Wie geht es dir?",
            ],
        ),
        (
            Remark::AboutChat,
            &[
                "Chi sei?",
                "Ciao, chi sei?",
                "cosa sai fare?",
                "Che cosa puoi fare per me?",
                "Come ti chiami?",
                "Sei un robot?",
                "cosa posso chiederti",
                "Come puoi aiutarmi?",
                "Aiuto",
                "Who are you?",
                "What can you do?",
                "what's your name?",
                "Are you a bot?",
                "Hi, what can I ask you?",
                "help",
                "How can you help me?",
                "Tell me about yourself",
                "Wer bist du?",
                "Qui es-tu ?",
                "¿Quién eres?",
                "Quem és tu?",
                "Wie ben je?",
            ],
        ),
    ] {
        for question in questions {
            assert_eq!(planned(question, &[]).intent, Intent::Remark(remark), "{question}");
        }
    }
}

#[test]
fn the_reply_is_in_the_language_of_the_remark() {
    for (question, language) in
        [("Ciao!", "it"), ("Hello!", "en"), ("Grazie", "it"), ("Bonjour", "fr"), ("Danke", "de")]
    {
        assert_eq!(planned(question, &[]).language.code(), language, "{question}");
    }
}

#[test]
fn the_site_and_its_author_are_asked_about() {
    for question in [
        "Di che cosa parla questo blog?",
        "di cosa parla il blog",
        "Di che parla questo sito?",
        "Quali sono gli argomenti principali di questo blog?",
        "Che argomenti tratta questo sito?",
        "Cosa trovo qui?",
        "Parlami di questo blog",
        "Quanti articoli ci sono?",
        "Quanti post hai scritto?",
        "Mi sai dire di cosa parla questo sito?",
        "What is this blog about?",
        "what's this site about",
        "What do you write about here?",
        "What topics does this blog cover?",
        "Tell me about this site",
        "What can I find here?",
        "How many posts are there?",
        "What is this all about?",
        "Worum geht es hier?",
        "De quoi parle ce blog ?",
        "¿De qué trata este blog?",
    ] {
        assert_eq!(planned(question, &[]).intent, Intent::AboutSite, "{question}");
    }
    for question in [
        "Chi scrive qui?",
        "Chi è l'autore?",
        "Chi è l’autrice di questo blog?",
        "Chi ha scritto questi testi?",
        "Di chi è questo blog?",
        "Chi c'è dietro questo sito?",
        "Parlami dell'autore",
        "Who writes here?",
        "Who is the author of this blog?",
        "Who wrote these posts?",
        "Who's behind this site?",
        "Can you tell me who is the author?",
        "Wer schreibt hier?",
        "Qui écrit ici ?",
    ] {
        assert_eq!(planned(question, &[]).intent, Intent::AboutAuthor, "{question}");
    }
}

#[track_caller]
fn check_list(
    question: &str,
    topic: Option<&str>,
    period: Option<(Option<u16>, Option<u8>)>,
    order: Order,
    limit: usize,
) {
    let plan = planned(question, &[]);
    let Intent::List(request) = plan.intent else { panic!("{question}: {:?}", plan.intent) };
    let found = request.period.map(|period| (period.year, period.month));
    assert_eq!(
        (request.topic.as_deref(), found, request.order, request.limit),
        (topic, period, order, limit),
        "{question}"
    );
}

#[test]
fn lists_by_topic() {
    for (question, topic) in [
        ("Quali post parlano di RAG?", "RAG"),
        ("quali articoli trattano della quantizzazione?", "quantizzazione"),
        ("Ci sono articoli su C++?", "C++"),
        ("Hai scritto qualcosa sui modelli piccoli?", "modelli piccoli"),
        ("In quali post si parla di privacy?", "privacy"),
        ("Mostrami gli articoli sul WebGPU", "WebGPU"),
        ("Which posts are about RAG?", "RAG"),
        ("which posts talk about small models", "small models"),
        ("Do you have any articles on the GPU?", "GPU"),
        ("Have you written anything about privacy?", "privacy"),
        ("Show me posts about HNSW please", "HNSW"),
        ("List all posts tagged rust", "rust"),
        ("What posts mention quantization?", "quantization"),
        ("Quels articles parlent de la recherche ?", "recherche"),
        ("Welche Artikel gibt es über HNSW?", "HNSW"),
    ] {
        check_list(question, Some(topic), None, Order::Best, MOST_LISTED);
    }
}

#[test]
fn lists_by_date() {
    let latest = Order::Latest;
    for (question, limit) in [
        ("Quali sono le novità?", LATEST),
        ("Cosa c'è di nuovo?", LATEST),
        ("gli ultimi tre articoli", 3),
        ("Quali sono gli ultimi 4 post?", 4),
        ("Qual è l'ultimo post?", 1),
        ("Qual è l'articolo più recente?", 1),
        ("What's new?", LATEST),
        ("the three latest posts", 3),
        ("Show me your last two essays", 2),
        ("What is the latest post?", 1),
        ("latest posts", LATEST),
        ("Was gibt es Neues?", LATEST),
    ] {
        check_list(question, None, None, latest, limit);
    }
    check_list("What are the first posts?", None, None, Order::Oldest, LATEST);
    check_list("Gli ultimi articoli su LoRA", Some("LoRA"), None, latest, LATEST);
    let best = Order::Best;
    check_list("When was the post about WebGPU published?", Some("WebGPU"), None, best, 1);
    check_list("Di quando è l'articolo su LoRA?", Some("LoRA"), None, best, 1);
    check_list("What did you write in 2024?", None, Some((Some(2024), None)), best, MOST_LISTED);
    check_list("Cosa hai scritto nel 2024?", None, Some((Some(2024), None)), best, MOST_LISTED);
    check_list("what was published in March", None, Some((None, Some(3))), best, MOST_LISTED);
    check_list(
        "Quali articoli sono usciti a marzo 2023?",
        None,
        Some((Some(2023), Some(3))),
        best,
        MOST_LISTED,
    );
    check_list("Che cosa ha scritto l'autore nel 2022?", None, Some((Some(2022), None)), best, MOST_LISTED);
    check_list("posts from December 2021", None, Some((Some(2021), Some(12))), best, MOST_LISTED);
    check_list("Quali articoli ci sono?", None, None, best, MOST_LISTED);
    check_list("list all posts", None, None, best, MOST_LISTED);
}

#[test]
fn whatever_is_asked_of_the_texts_is_a_look_up() {
    for question in [
        "Who wrote Hamlet?",
        "Che cosa scrive l'autore sui cani?",
        "hello world program?",
        "Qual è l'ultimo capitolo di X?",
        "Chi è l'autore di Pinocchio?",
        "Who is the author of Hamlet?",
        "What is new in Rust 1.80?",
        "Quanti articoli ha la Costituzione?",
        "Quali sono gli articoli della Costituzione?",
        "Which articles of the constitution protect privacy?",
        "How do you write a post?",
        "Come si scrive un articolo?",
        "What is the last post of a fence called?",
        "What can you do with a GPU?",
        "Che cosa puoi fare con LoRA?",
        "Who are you going to believe?",
        "What happened in 1848?",
        "Che cosa successe nel 1848?",
        "Come sta cambiando il web?",
        "How are models trained?",
        "How are you supposed to install it?",
        "What is this error about E0502?",
        "Grazie a che cosa funziona la ricerca?",
        "Why did the author leave Python?",
        "What does the author say about dogs in 2024?",
        "Di che cosa parla il terzo capitolo?",
        "What is the essay on taste about?",
        "Aiuto il modello a capire con gli esempi?",
        "Good morning routines for writers",
        "Index",
        "What is a post?",
        "Che cos'è un blog?",
        "Quando è nato Leopardi?",
        "In quale file si dichiarano le dipendenze?",
        "Tell me about HNSW",
        "Parlami di LoRA",
        "continue",
        "Why?",
        "Perché?",
        "e poi?",
    ] {
        check_look_up(question);
    }
}

#[test]
fn greetings_before_a_question_are_polite_and_nothing_else() {
    for (question, asked) in [
        ("Ciao, che cos'è un agente?", "che cos'è un agente?"),
        ("Ciao! Che cos'è un agente? Grazie.", "Che cos'è un agente?"),
        ("Hi, what is HNSW?", "what is HNSW?"),
        ("I have a small laptop. Which model fits?", "I have a small laptop. Which model fits?"),
    ] {
        let plan = planned(question, &[]);
        let Intent::LookUp(look_ups) = &plan.intent else { panic!("{question}: {:?}", plan.intent) };
        assert_eq!(look_ups.len(), 1);
        assert_eq!((look_ups[0].question.as_str(), look_ups[0].is_rewritten), (asked, false));
    }
    assert_eq!(planned("Ciao! Chi scrive qui?", &[]).intent, Intent::AboutAuthor);
}

#[track_caller]
fn check_parts(question: &str, expected: &[&str]) {
    let plan = planned(question, &[]);
    let Intent::LookUp(look_ups) = &plan.intent else { panic!("{question}: {:?}", plan.intent) };
    let found: Vec<_> = look_ups.iter().map(|look_up| look_up.question.as_str()).collect();
    assert_eq!(found, expected);
}

#[test]
fn several_questions_are_looked_up_one_by_one() {
    check_parts("What is LoRA? How large is the index?", &["What is LoRA?", "How large is the index?"]);
    check_parts("What is LoRA and when was it invented?", &["What is LoRA?", "When was it invented (LoRA)?"]);
    check_parts(
        "Che cos'è LoRA e come funziona la quantizzazione?",
        &["Che cos'è LoRA?", "Come funziona la quantizzazione?"],
    );
    for question in [
        "How and why does quantization work?",
        "What is the difference between what BM25 does and what vectors do?",
        "Who decides where and when to publish a post?",
        "Che differenza c'è tra LoRA e QLoRA?",
    ] {
        check_parts(question, &[question]);
    }
}

/// The last question of a conversation, as it is looked up.
#[track_caller]
fn check_follow_up(history: &[(&str, AnswerKind)], question: &str, expected: &str) {
    let mut turns: Vec<Turn> = Vec::new();
    for (question, kind) in history {
        let standalone = planned(question, &turns).rewritten();
        turns.push(Turn { standalone, ..turn(question, *kind) });
    }
    let plan = planned(question, &turns);
    let Intent::LookUp(look_ups) = &plan.intent else { panic!("{question}: {:?}", plan.intent) };
    assert_eq!(look_ups[0].question, expected);
    assert_eq!(plan.rewritten().is_some(), expected != question, "{question}");
}

const FOUND: AnswerKind = AnswerKind::Extractive;

#[test]
fn a_follow_up_gets_the_topic_of_the_question_before() {
    let agent = [("Che cos'è un agente?", FOUND)];
    check_follow_up(&agent, "E quali sono i rischi?", "Quali sono i rischi (agente)?");
    check_follow_up(&agent, "E i vantaggi?", "I vantaggi (agente)?");
    check_follow_up(&agent, "Come funziona?", "Che cos'è un agente – come funziona?");
    check_follow_up(&agent, "E perché?", "Che cos'è un agente – perché?");
    check_follow_up(&agent, "E LoRA?", "Che cos'è un LoRA?");
    check_follow_up(&agent, "Quali sono i suoi limiti?", "Quali sono i suoi limiti (agente)?");
    let graph = [("What is an HNSW graph?", FOUND)];
    check_follow_up(&graph, "And why?", "What is an HNSW graph – why?");
    check_follow_up(&graph, "What about its memory?", "Its memory (HNSW graph)?");
    check_follow_up(&graph, "How fast is it?", "How fast is it (HNSW graph)?");
    check_follow_up(&graph, "and the risks?", "The risks (HNSW graph)?");
    check_follow_up(&graph, "what about BM25?", "What is an BM25?");
    check_follow_up(&graph, "Tell me more", "What is an HNSW graph?");
    let block = [("How many bytes does a Q4_0 block take?", AnswerKind::Extractive)];
    check_follow_up(&block, "And Q4_1?", "How many bytes does a Q4_1 block take?");
    let hold = [("Come si blocca un pacchetto con apt?", AnswerKind::Extractive)];
    check_follow_up(&hold, "E con aptitude?", "Come si blocca un pacchetto con aptitude?");
    let cost = [("Quanto è costata la torre nel 2023?", AnswerKind::Extractive)];
    let indent = [("How many spaces is one level of indentation?", AnswerKind::Extractive)];
    check_follow_up(&indent, "And in Python?", "How many spaces is one level of indentation in Python?");
    check_follow_up(&indent, "Why are they used?", "Why are they used (spaces is one level of indentation)?");
    check_follow_up(&indent, "E perché?", "How many spaces is one level of indentation – why?");
    check_follow_up(&agent, "E nella pratica?", "Che cos'è un agente nella pratica?");
    check_follow_up(&cost, "E nel 2024?", "Quanto è costata la torre nel 2024?");
    let risks = [("Che cos'è un agente?", FOUND), ("E quali sono i rischi?", FOUND)];
    check_follow_up(&risks, "E i vantaggi?", "I vantaggi (agente)?");
}

#[test]
fn a_question_with_a_subject_stands_alone() {
    let agent = [("Che cos'è un agente?", FOUND)];
    for question in [
        "Che cos'è la quantizzazione?",
        "Come si installa Ollama?",
        "Quanti parametri ha il modello predefinito?",
        "Chi ha scritto la Divina Commedia?",
        "What is BM25?",
        "Where does the page store its models?",
    ] {
        check_follow_up(&agent, question, question);
    }
    check_follow_up(&[], "E quali sono i rischi?", "E quali sono i rischi?");
}

#[test]
fn topics_outlive_thanks_whys_and_what_was_not_found() {
    let history = [
        ("What is an HNSW graph?", FOUND),
        ("And why?", FOUND),
        ("thanks", AnswerKind::Conversation),
        ("Who won the cup in 1998?", AnswerKind::NotFound),
    ];
    check_follow_up(&history, "and why?", "What is an HNSW graph – why?");
    check_follow_up(&history, "Thanks! How fast is it?", "How fast is it (HNSW graph)?");
}

#[test]
fn the_same_can_be_asked_for_in_another_language() {
    let history = [turn("What is an HNSW graph?", FOUND)];
    for question in
        ["And in Italian?", "in italiano?", "E in italiano?", "Can you answer that in Italian please"]
    {
        let plan = planned(question, &history);
        assert_eq!(plan.language, Language::ITALIAN, "{question}");
        let Intent::LookUp(look_ups) = &plan.intent else { panic!("{question}: {:?}", plan.intent) };
        assert_eq!(look_ups[0].question, "What is an HNSW graph?");
        assert!(look_ups[0].prefers_language);
    }
}

#[test]
fn a_list_is_gone_on_with_another_topic() {
    let history = [turn("Quali post parlano di RAG?", AnswerKind::Listing)];
    let Intent::List(request) = planned("E su LoRA?", &history).intent else { panic!() };
    assert_eq!(request.topic.as_deref(), Some("LoRA"));
}
