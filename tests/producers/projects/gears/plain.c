#define BOUNDED(x, top) ((x) > (top) ? (top) : (x))

static int unused_rule(int a, int b) {
  if (a && !b)
    return 1;
  return 0;
}

int (*rules[])(int, int) = { unused_rule };

int plain_steps(int n) {
  int steps = 0;
  goto start;
again:
  steps++;
  n = n % 2 ? 3 * n + 1 : n / 2;
start:
  if (n != 1 && steps < 1000) goto again;
  do steps = BOUNDED(steps, 500); while (0);
  return steps;
}
