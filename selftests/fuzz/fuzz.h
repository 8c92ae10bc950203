/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers of the tool share: files and a kernel that exist in memory alone. */
#ifndef NATGW_FUZZ_H
#define NATGW_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "item.h"

/** FUZZ_FILE - name by which the tool reads the input */
#define FUZZ_FILE	"input"

/**
 * fuzz_one - reads one input; each fuzzer has its own
 * @data:	input
 * @len:	bytes of it
 *
 * Return: 0. What is wrong ends the program, by a sanitizer or by abort().
 */
int fuzz_one(const uint8_t *data, size_t len) __asm__("LLVMFuzzerTestOneInput");

void fuzz_files(const uint8_t *data, size_t len);
void fuzz_expect(bool good, const char *what, const char *text);
char *fuzz_said(void (*say)(void *data), void *data);
char *fuzz_config(const struct items *items);

/** fuzz_refuses - the kernel refuses each request, at its first value */
extern bool fuzz_refuses;

#endif /* NATGW_FUZZ_H */
