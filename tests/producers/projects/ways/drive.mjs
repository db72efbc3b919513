// Runs part of the constructs.
import assert from 'node:assert';
import seeded, { Stack, classify, collatz, grade, half, handlers, pick, retry } from './src/ways.mjs';
import './src/empty.mjs';

assert.equal(grade(95), 'excellent');
assert.equal(grade(55, { strict: true }), 'pass');
assert.equal(grade(10), 'fail');
assert.throws(() => grade(), TypeError);
assert.equal(pick({ a: 1 }, 'a', 2), 1);
assert.equal(pick(null, 'a'), 'none');
const stack = Stack.of(1, 2, 3).push(4);
assert.deepEqual([...stack], [4, 3, 2, 1]);
assert.equal(stack.pop(), 4);
assert.equal(Stack.made, 1);
assert.equal(await retry((round) => { if (round < 1) throw new Error('again'); return round; }), 1);
assert.equal(collatz(27), 111);
assert.equal(half(4), 2);
assert.equal(classify('hello'), 'middle');
assert.equal(classify('STOP'), 'short, loud');
assert.equal(handlers.open(), 'opened');
assert.equal(seeded.twice(), 14);
