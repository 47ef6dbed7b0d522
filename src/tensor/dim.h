// Symbolic dimensions in a normal form: two dims that are equal by ring laws compare equal.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace hasten {

// An integer, or a polynomial with integer coefficients over atoms; an atom is a symbol ("batch") or FloorDiv, Min or
// Max of two dims (CeilDiv and Mod are written with FloorDiv).  Immutable and cheap to copy; a constant allocates
// nothing.  Arithmetic that overflows int64, divides by the constant 0 or grows past a fixed size gives a fresh unknown
// symbol "~7" rather than a wrong number.  Symbols stand for values >= 0, but for "~7", which may be any integer.
class Dim {
 public:
  Dim(int64_t v = 0) : value_(v) {}
  static Dim Symbol(std::string_view name);
  // A symbol nobody else has: "?7".
  static Dim Fresh();

  bool is_const() const { return poly_ == nullptr; }
  int64_t value() const { return value_; }  // precondition: is_const()
  bool is(int64_t v) const { return is_const() && value_ == v; }
  // The name, if the dim is one bare symbol.
  std::optional<std::string> symbol() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend Dim FloorDiv(const Dim& a, const Dim& b);  // exact polynomial division is carried out: FloorDiv(4*n, 2) == 2*n
  friend Dim CeilDiv(const Dim& a, const Dim& b);
  friend Dim Mod(const Dim& a, const Dim& b);       // floored
  friend Dim Min(const Dim& a, const Dim& b);
  friend Dim Max(const Dim& a, const Dim& b);
  // Equal for every value of the symbols.
  friend bool operator==(const Dim& a, const Dim& b);
  // True if the dims differ for every value of the symbols (constants that differ, n and n + 1).
  friend bool NeverEqual(const Dim& a, const Dim& b);

  // Value under an assignment of symbols; nullopt where a symbol is unknown, for division by 0 and on overflow.
  using Lookup = std::function<std::optional<int64_t>(std::string_view symbol)>;
  std::optional<int64_t> Eval(const Lookup& lookup) const;
  // Every symbol that has an answer replaced by it.
  Dim Substitute(const std::function<std::optional<Dim>(std::string_view)>& lookup) const;

  std::string Text() const;  // "batch", "2*n+1", "floordiv(n+1,2)"; Parse is its inverse
  static Result<Dim> Parse(std::string_view text);

  struct Poly;

 private:
  explicit Dim(std::shared_ptr<const Poly> p) : poly_(std::move(p)) {}
  static Dim Of(Poly p);
  int64_t value_ = 0;
  std::shared_ptr<const Poly> poly_;
};

}  // namespace hasten
