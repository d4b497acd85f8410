// What there is to choose from: asked of the server once a visit, all lists at the same time.

import { getJSON } from "../../api.js";

export class Catalogue {
  #signal;
  #layers = new Map();
  #names = new Map();

  constructor(signal) {
    this.#signal = signal;
  }

  async load() {
    const options = { signal: this.#signal };
    const lists = ["/api/samples", "/api/models", "/api/methods", "/api/gradients"].map((path) => getJSON(path, options));
    [this.samples, this.models, this.methods, this.gradients] = await Promise.all(lists);
  }

  /** A model by its name, the first where none is named; `missing` where it is not on offer here. */
  model(name) {
    if (!name) return this.models[0];
    return this.models.find((model) => model.name === name) ?? { name, about: "This network is not on offer here.", missing: true };
  }

  method(name) {
    return this.methods.find((method) => method.name === name) ?? this.methods[0];
  }

  /** The layers that a model can be looked at by, the best first. */
  layers(model, photo) {
    const key = `${model} ${photo}`;
    if (!this.#layers.has(key)) {
      const asked = getJSON(`/api/models/${encodeURIComponent(model)}/layers?photo=${encodeURIComponent(photo)}`, { signal: this.#signal });
      asked.catch(() => this.#layers.delete(key));
      this.#layers.set(key, asked);
    }
    return this.#layers.get(key);
  }

  /** Classes that hold the text in their name, or are of that number. */
  async search(model, text, { limit = 50, signal = this.#signal } = {}) {
    const found = await getJSON(`/api/models/${encodeURIComponent(model)}/labels?q=${encodeURIComponent(text)}&limit=${limit}`, { signal });
    for (const { index, label } of found) this.#names.set(`${model} ${index}`, label);
    return found;
  }

  /** The name of a class, where it has been met. */
  name(model, index) {
    return this.#names.get(`${model} ${index}`) ?? `class ${index}`;
  }

  knows(model, index) {
    return this.#names.has(`${model} ${index}`);
  }

  meet(model, classes) {
    for (const { index, label } of classes) this.#names.set(`${model} ${index}`, label);
  }
}
