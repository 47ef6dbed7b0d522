// Types and tensors in the text form: `f32[n,3]`, `i64[2] = [1, 2]`, `f32[1000] = base64 "..."`.
#pragma once
#include <string>

#include "ir/lexer.h"
#include "tensor/tensor.h"
#include "tensor/type.h"

namespace hasten {

// A type, as Type::Text writes it; nesting and rank are bounded.
Result<Type> TakeType(Lexer* lex);

// `f32[2,3]`: dtype and dims, all constant, of a tensor that has no data yet.
Result<Tensor> TakeTensorType(Lexer* lex);

// What follows the '=': a list, or bytes as hex or base64 (little-endian).  The memory allocated is in proportion to
// the text, whatever the dims say.
Result<Tensor> TakeContents(Lexer* lex, Tensor typed);

// The whole `type = contents`, or `_` for a tensor without a dtype.
Result<Tensor> TakeTensor(Lexer* lex);
void AppendContents(std::string* out, const Tensor& t);
void AppendTensor(std::string* out, const Tensor& t);

}  // namespace hasten
