// What both engines are asked: a question over passages, about as long as the product's own prompts.
const PASSAGE =
  "A heat pump moves warmth instead of making it. A fluid evaporates at low pressure outside, where it takes up heat even " +
  "from cold air, and condenses at high pressure inside, where it gives the heat back. For each unit of electricity the " +
  "compressor uses, three to four units of heat arrive in the house; on very cold days it is nearer to two. ";

/** Chat messages; `run` stands first, so that no run can use what an earlier one kept. */
export function messages(run) {
  return [
    { role: "system", content: `Run ${run}. You answer from the passages and write in full sentences.` },
    {
      role: "user",
      content: `${[1, 2, 3, 4].map((number) => `[${number}] ${PASSAGE}`).join("\n\n")}\n\nExplain at length how a heat pump works.`,
    },
  ];
}

export const ANSWER_TOKENS = 64;
