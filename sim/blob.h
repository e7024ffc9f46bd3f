// blob - bytes as a request in JSON carries them: Base64, and it must be right.
#ifndef SIM_BLOB_H
#define SIM_BLOB_H

#include "base/str.h"

// How many bytes the text stands for, without decoding it; false when it is no Base64: a digit that
// is none, a length not divisible by four, padding elsewhere than at the end, or bits that a
// decoder would drop.
bool blob_measure(struct str text, size_t *bytes);

#endif
