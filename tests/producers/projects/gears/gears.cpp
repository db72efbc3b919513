#include "ratio.hpp"

#include <algorithm>
#include <functional>

extern "C" int plain_steps(int n);

namespace gears {

enum class Gear { park, reverse, neutral, drive };

const char *label(Gear gear) {
  switch (gear) {
    case Gear::park: return "P";
    case Gear::reverse: return "R";
    case Gear::neutral:
      return "N";
    default:
      return "D";
  }
}

int sort_and_sum(std::vector<int> values, bool down) {
  std::function<bool(int, int)> order = [](int a, int b) { return a < b; };
  if (down) order = [](int a, int b) {
    return a > b;
  };
  std::sort(values.begin(), values.end(), order);
  int sum = 0; for (int v : values) { sum = sum * 10 + v; }
  return sum;
}

bool allowed(bool clutch, bool brake, int speed) {
  if ((clutch && brake) || (speed == 0 && !clutch)) return true;
  return !(speed > 3 || brake);
}

int safe_add(Train<2, int> &train, int wheel) {
  try {
    train.add(wheel);
  } catch (const std::length_error &) {
    return -1;
  } catch (...) {
    return -2;
  }
  return train.total();
}

static int never_called(int x) {
  while (x > 0) x -= 3;
  return x;
}

int maybe(int x) { return x > 1000 ? never_called(x) : x; }

}  // namespace gears

int main(int argc, char **argv) {
  Train<2, int> train;
  int sum = 0;
  for (int i = 0; i < 4; i++) sum += gears::safe_add(train, i);
  Train<8, double> other;
  other.add(1.5);
  sum += static_cast<int>(other.total());
  sum += clamp(5, 1, 3) + static_cast<int>(clamp(0.5, 1.0, 2.0)) + teeth(7);
  sum += gears::sort_and_sum({3, 1, 2}, true);
  sum += gears::allowed(true, true, 1) + gears::allowed(false, false, 0) + gears::allowed(false, true, 5);
  Crank crank("main");
  Shaft &shaft = crank;
  sum += shaft.turn(2) + static_cast<int>(shaft.name().size()) + *gears::label(gears::Gear::reverse);
  sum += plain_steps(argc > 5 ? 1 : 27) + gears::maybe(3);
  if (sum == -1) {
    __builtin_abort();  // LCOV_EXCL_LINE
  }
  return argv == nullptr;
}
