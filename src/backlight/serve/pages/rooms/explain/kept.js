// An explanation that was kept, as it was answered then: nothing is asked of a model.

import { getJSON } from "../../api.js";

/** What is kept as that number, as any other answer of the room; with `kept`, what it is called. */
export async function keptAnswer(stored, { signal } = {}) {
  const { name, made, asked, answer } = await getJSON(`/api/stored/${stored}`, { signal });
  return { ...answer, asked: { ...asked, photo: answer.photo }, files: `/api/stored/${stored}`, kept: { stored, name, made } };
}

/** When it was kept, in the words of the person's own country. */
export function whenText(made) {
  return new Date(made).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
