import { expect, test } from 'vitest';
import seeded, { Stack, classify, collatz, grade, handlers, pick, retry } from './src/ways.mjs';
import { Colour, area, nearest } from './src/types';

test('grades', () => {
  expect(grade(95)).toBe('excellent');
  expect(grade(55, { strict: true })).toBe('pass');
  expect(() => grade(undefined)).toThrow(TypeError);
});
test('stacks', () => {
  const stack = Stack.of(1, 2, 3).push(4);
  expect([...stack]).toEqual([4, 3, 2, 1]);
  expect(stack.pop()).toBe(4);
});
test('words', () => {
  expect(classify('STOP')).toBe('short, loud');
  expect(pick(null, 'a')).toBe('none');
  expect(collatz(27)).toBe(111);
  expect(seeded.twice()).toBe(14);
  expect(handlers.computed(1)).toBe(2);
});
test('retries', async () => {
  await expect(retry(() => { throw Object.assign(new Error('no'), { fatal: true }); })).rejects.toThrow('no');
});
test('shapes', () => {
  expect(area({ kind: 'square', corner: { x: 0, y: 0 }, side: 3 })).toBe(9);
  expect(nearest([{ x: 3, y: 4 }, { x: 1, y: 1 }])).toEqual({ x: 1, y: 1 });
  expect(Colour.Blue).toBe(4);
});
