// Included by both units: templates, inline functions, a class with a destructor.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

template <typename T>
T clamp(T value, T low, T high) {
  if (value < low) return low;
  if (value > high) {
    return high;
  }
  return value;
}

inline int teeth(int ratio) { return ratio > 0 && ratio < 100 ? ratio * 2 : -1; }

template <int N, typename T>
struct Train {
  std::vector<T> wheels;
  void add(T wheel) {
    if (wheels.size() >= N) throw std::length_error("full");
    wheels.push_back(wheel);
  }
  T total() const {
    T sum{};
    for (const auto &wheel : wheels) sum += wheel;
    return sum;
  }
};

class Shaft {
 public:
  explicit Shaft(std::string name) : name_(std::move(name)) {}
  virtual ~Shaft() = default;
  virtual int turn(int by) { return turned_ += by; }
  const std::string &name() const { return name_; }

 protected:
  int turned_ = 0;

 private:
  std::string name_;
};

struct Crank : Shaft {
  using Shaft::Shaft;
  int turn(int by) override { return by < 0 ? turned_ : Shaft::turn(by * 2); }
};
