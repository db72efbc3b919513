export function idle(a, b) {
  if (a || b) {
    return a && b;
  }
  return [a, b].map((x) => x ?? 0);
}
