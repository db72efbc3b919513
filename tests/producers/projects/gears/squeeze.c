/* Runs part of LZ4: blocks, the high compression, frames, hashes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lz4.h"
#include "lz4frame.h"
#include "lz4hc.h"
#include "xxhash.h"

int main(void) {
  enum { SIZE = 20000 };
  char *text = malloc(SIZE), *packed = malloc(2 * SIZE), *back = malloc(SIZE);
  for (int i = 0; i < SIZE; i++) text[i] = (char)("coverage of code"[i % 16] + (i % 97 == 0));
  int size = LZ4_compress_default(text, packed, SIZE, 2 * SIZE);
  assert(size > 0 && LZ4_decompress_safe(packed, back, size, SIZE) == SIZE && !memcmp(text, back, SIZE));
  assert(LZ4_decompress_safe(packed, back, size / 2, SIZE) < 0);
  for (int level = 3; level < 13; level += 3) assert(LZ4_compress_HC(text, packed, SIZE, 2 * SIZE, level) > 0);
  size_t framed = LZ4F_compressFrame(packed, 2 * SIZE, text, SIZE, NULL);
  assert(!LZ4F_isError(framed));
  assert(XXH32(text, SIZE, 0) != XXH32(text, SIZE, 1));
  free(text); free(packed); free(back);
  return 0;
}
