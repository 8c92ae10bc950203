// SPDX-License-Identifier: GPL-2.0
/* Runs a fuzzer over files, without libFuzzer: what once was found stays mended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void one(const char *path)
{
	static unsigned char data[1 << 20];
	FILE *f = fopen(path, "re");
	uint8_t *copy;
	size_t len;

	fprintf(stderr, "# %s\n", path);
	if (!f)
		abort();
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	/* of just this size, so that a byte too much is seen */
	copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	fuzz_one(copy, len);
	free(copy);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		one(argv[i]);
	printf("%d inputs\n", argc - 1);
	return 0;
}
