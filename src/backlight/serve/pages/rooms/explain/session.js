// The room's state, and the only place where it changes: settings come in, questions go to the
// server, answers are kept; views are told what has changed and draw it.

import { ApiError, events, getJSON } from "../../api.js";
import { announce } from "../../widgets.js";
import { fromAddress, sideOf, toAddress } from "./address.js";
import { keptAnswer } from "./kept.js";

export class Session {
  #state;
  #listeners = [];
  #asked = [null, null]; // the questions that are being answered
  #kept = null; // the last that was reopened
  #closed = false;

  constructor(state, catalogue) {
    this.#state = state;
    this.catalogue = catalogue;
    this.view = fromAddress(state.get());
    this.answers = [null, null];
    this.running = [null, null]; // {done, total, queued} while an answer is waited for
    this.failures = [null, null]; // an error, "stopped", "unasked", "unread"
  }

  /** `listener(session)` is called after every change. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  get model() {
    return this.catalogue.model(this.view.model);
  }

  get photo() {
    return this.view.photo || this.catalogue.samples[0]?.photo || "";
  }

  /** Whether two settings are compared. */
  get compared() {
    return this.view.sides.length > 1;
  }

  /** Other looks at the same maps: opacity, divider, boxes, spot, which side is set. */
  look(changes, { push = false } = {}) {
    Object.assign(this.view, changes);
    this.#written(push);
    this.#outline();
  }

  /** Another photo: what was asked of the last one is most likely not what is asked of this one. */
  choosePhoto(photo) {
    const sides = this.view.sides.map((side) => ({ ...side, target: "", against: "", not: "", word: "" }));
    this.#renew({ photo, sides });
  }

  /** Another model: it has other classes and layers. */
  chooseModel(model) {
    const sides = this.view.sides.map(({ method, gradients, not, question }) => ({ ...sideOf(), method, gradients, not, question }));
    this.#renew({ model, sides });
  }

  /** What a model that answers is asked: what was typed, or what fits the sample. */
  questionOf(number) {
    if (this.model.task !== "vqa") return "";
    const sample = this.catalogue.samples.find(({ photo }) => photo === this.photo);
    return this.view.sides[number].question || sample?.questions[0] || "";
  }

  /** What was kept as that number is shown as it was answered then, until something is changed. */
  async reopen(stored) {
    this.#kept = await keptAnswer(stored);
    const { photo, model, ...question } = this.#kept.asked;
    const texts = Object.fromEntries(Object.entries(question).map(([name, value]) => [name, String(value)]));
    const side = sideOf({ ...texts, not: question.counterfactual ? "1" : "" });
    this.cancel(1);
    this.answers[1] = this.failures[1] = null;
    this.#renew({ photo, model, sides: [side], side: 0, kept: stored });
  }

  /** The same question once more, of what was kept too. */
  again(number) {
    if (number === 0) this.view.kept = null;
    this.#written(true);
    this.ask(number);
  }

  set(number, changes) {
    Object.assign(this.view.sides[number], this.#possible(changes));
    if (number === 0) this.view.kept = null;
    this.#written(true);
    this.ask(number);
  }

  /** A second setting beside the first: the same question by another method. */
  compare(wanted) {
    if (wanted === this.compared) return;
    if (wanted) {
      const first = this.view.sides[0];
      const other = this.catalogue.methods.find((method) => method.name !== (first.method || this.catalogue.methods[0].name));
      this.look({ sides: [first, { ...first, ...this.#possible({ method: other?.name ?? "" }) }], side: 1 }, { push: true });
      this.ask(1);
    } else {
      this.cancel(1);
      this.answers[1] = this.failures[1] = null;
      this.look({ sides: [this.view.sides[0]], side: 0 }, { push: true });
    }
  }

  askAll() {
    this.view.sides.forEach((side, number) => this.ask(number));
  }

  async ask(number) {
    this.cancel(number);
    if (!this.photo) return;
    const missing = this.#missing(number);
    if (missing) {
      this.answers[number] = null;
      this.failures[number] = missing;
      this.#tell();
      return;
    }
    const asking = new AbortController();
    this.#asked[number] = asking;
    this.running[number] = { done: 0, total: 0, queued: 0 };
    this.failures[number] = null;
    this.#tell();
    const current = () => this.#asked[number] === asking && !this.#closed;
    try {
      const reopened = number === 0 && this.view.kept;
      const answer = await (reopened ? this.#keptAnswer(reopened, asking.signal) : this.#answered(number, asking.signal, (progress) => {
        if (!current()) return;
        this.running[number] = progress;
        this.#tell();
      }));
      if (!current()) return;
      this.answers[number] = answer;
      this.catalogue.meet(this.model.name, answer.top ?? []);
      this.#learn(this.view.sides[number]);
      announce(`${reopened ? "Reopened" : "Explained"}: ${answer.target.name}, by ${this.catalogue.method(answer.method).title}`);
    } catch (error) {
      if (!current()) return;
      this.failures[number] = error;
      this.answers[number] = null;
    }
    this.#asked[number] = this.running[number] = null;
    this.#tell();
    this.#outline();
  }

  /** Asks for the boxes of the maps on view, when they are first to be seen: `box` of an answer, or
   * `unboxed`, why there is none. */
  async #outline() {
    const wanted = this.view.boxes ? this.answers.filter((answer) => answer && !("box" in answer)) : [];
    await Promise.all(wanted.map(async (answer) => {
      answer.box = null;
      try {
        const { box } = await getJSON(`${answer.files}/box`);
        answer.box = box;
      } catch (error) {
        answer.unboxed = error.message;
        this.lost(this.answers.indexOf(answer), error);
      }
      this.#tell();
    }));
  }

  /** Ends the question that is being answered, here and on the server. */
  cancel(number) {
    this.#asked[number]?.abort();
    this.#asked[number] = this.running[number] = null;
  }

  /** The same because a person wants it: the old map does not answer the new question. */
  stop(number) {
    if (!this.running[number]) return;
    this.cancel(number);
    this.answers[number] = null;
    this.failures[number] = "stopped";
    announce("Stopped");
    this.#tell();
  }

  /** What was asked of an explanation could not be had: where the server has it no longer, it can be
   * explained again. */
  lost(number, error) {
    if (error.status !== 404 || !this.answers[number]) return;
    this.failures[number] = Object.assign(error, { lost: true });
    this.#tell();
  }

  close() {
    this.#closed = true;
    this.cancel(0);
    this.cancel(1);
  }

  /** Another method, with backpropagation where it knows no other way. */
  #possible(changes) {
    const served = !("method" in changes) || this.catalogue.method(changes.method).every_way;
    return served ? changes : { ...changes, gradients: "" };
  }

  /** What a model needs beside the photo and nobody has typed yet. */
  #missing(number) {
    const { task } = this.model;
    if (task === "vqa" && !this.questionOf(number)) return "unasked";
    if (task === "embed" && !this.view.sides[number].caption) return "unread";
    return "";
  }

  #renew(changes) {
    Object.assign(this.view, { spot: null, kept: null }, changes);
    this.#written(true);
    this.askAll();
  }

  #question(number) {
    const side = this.view.sides[number];
    const question = { photo: this.photo, model: this.model.name };
    for (const name of ["method", "layer", "gradients", "caption"]) if (side[name]) question[name] = side[name];
    for (const name of ["target", "against", "word"]) if (side[name]) question[name] = numberOr(side[name]);
    if (this.questionOf(number)) question.question = this.questionOf(number);
    if (side.not) question.counterfactual = true;
    return question;
  }

  /** What was kept, as it was fetched when it was reopened; the address alone has nothing but a number. */
  #keptAnswer(stored, signal) {
    return this.#kept?.kept.stored === stored ? this.#kept : keptAnswer(stored, { signal });
  }

  async #answered(number, signal, onProgress) {
    const question = this.#question(number);
    let answer = null;
    await events("/api/explain", question, (name, data) => {
      if (name === "progress") onProgress(data);
      else if (name === "result") answer = data;
      else if (name === "failure") throw new ApiError(data.message, data.kind, 400);
    }, { signal });
    if (!answer) throw new ApiError("The server ended without an answer.", "Offline", 0);
    return { ...answer, asked: question, files: `/api/explanations/${encodeURIComponent(answer.explanation)}` };
  }

  /** The names of classes that the address gives by number alone. */
  async #learn({ target, against }) {
    const { name } = this.model;
    const unknown = this.model.missing ? [] : [target, against].filter((index) => /^\d+$/.test(index) && !this.catalogue.knows(name, index));
    if (!unknown.length) return;
    await Promise.all(unknown.map((index) => this.catalogue.search(name, index))).catch(() => null);
    this.#tell();
  }

  #written(push) {
    this.#state.set(toAddress(this.view), { replace: !push });
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener(this);
  }
}

function numberOr(text) {
  return /^\d+$/.test(text) ? Number(text) : text;
}
