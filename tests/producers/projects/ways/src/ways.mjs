// Many constructs of the language, some of them run by drive.mjs.
export function grade(points, { strict = false, scale = [50, 70, 90] } = {}) {
  if (points == null) throw new TypeError('no points');
  if (strict && !Number.isInteger(points)) return 'invalid'; else if (points < 0) return 'negative';
  let at = 0; for (const bound of scale) { if (points >= bound) at++; }
  switch (at) {
    case 0: return 'fail';
    case 1:
    case 2: return at === 1 ? 'pass' : 'good';
    default: return 'excellent';
  }
}

export const pick = (object, key, otherwise = fallback()) => object?.[key] ?? otherwise;
const fallback = () => 'none';

export class Stack {
  static #made = 0;
  #items = [];
  static get made() { return Stack.#made; }
  constructor(items = []) { Stack.#made += 1; this.#items.push(...items); }
  get size() { return this.#items.length; }
  set size(length) { this.#items.length = length; }
  push(item) { this.#items.push(item); return this; }
  pop() {
    if (!this.#items.length)
      throw new RangeError('empty');
    return this.#items.pop();
  }
  *[Symbol.iterator]() {
    for (let i = this.#items.length - 1; i >= 0; i--) yield this.#items[i];
  }
  static of(...items) { return new this(items); }
}

export async function retry(task, times = 3) {
  let last;
  for (let round = 0; round < times; round++) {
    try {
      return await task(round);
    } catch (error) {
      last = error;
      if (error.fatal) break;
    } finally {
      last ||= null;
    }
  }
  throw last;
}

export function collatz(n) {
  let steps = 0;
  outer: while (true) {
    do {
      if (n === 1) break outer;
      n = n % 2 ? 3 * n + 1 : n / 2;
      steps += 1;
    } while (n > 4);
    if (steps > 1000) continue outer;
  }
  return steps;
}

/* istanbul ignore next */
export function neverCounted(x) {
  return x ? 1 : 2;
}

export function half(x) {
  /* istanbul ignore else */
  if (x > 0) {
    return x / 2;
  } else {
    return 0;
  }
}

export function classify(word) {
  const kind = word.length > 8 ? 'long' : word.length > 4 ? 'middle' : 'short';
  const loud = word === word.toUpperCase() && /[A-Z]/.test(word) || word.endsWith('!');
  return loud ? `${kind}, loud` : kind;
}

export const handlers = {
  open() { return 'opened'; },
  close: function close() { return 'closed'; },
  async wait(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); },
  ['comp' + 'uted']: (a, b = a) => a + b,
};

export default (() => { const seed = 7; return { seed, twice: () => seed * 2 }; })();
