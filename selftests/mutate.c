// SPDX-License-Identifier: GPL-2.0
/*
 * Spoils a text: lines and words of it are dropped, doubled or exchanged, bytes changed or cut.
 *
 *	mutate SEED < FILE > SPOILED
 *	mutate SEED COUNT DIRECTORY < FILE	writes DIRECTORY/SEED, DIRECTORY/SEED+1 and so on
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES	256
#define WORDS	64
#define ROOM	65536

static char *line[LINES];
static unsigned int n;

/* What stands where it should not */
static const char *const odd[] = {
	"", "-1", "0", "4294967296", "none", "NONE", "gw0", "gw1", "web", "default", "off",
	"203.0.113.1", "203.0.113.0/28", "10.0.1.0/24", "10.0.1.1/24", "0.0.0.0/0", "::1",
	"999.1.1.1", "a,b", ",", "#", "\"", "'", "\\", "include", "gateway", "del", "reset",
	"1h", "1.5m", "-f", "--", "\x1b[2J", "\xff\xfe", "%s%n",
	"a-name-that-is-longer-than-31-characters",
};

static char *word(void)
{
	return (char *)odd[rand() % (sizeof(odd) / sizeof(odd[0]))];
}

static void spoil_words(char **text)
{
	char copy[ROOM], *words[WORDS], *save, *part, *out;
	unsigned int count = 0, i, at;

	snprintf(copy, sizeof(copy), "%s", *text);
	for (part = strtok_r(copy, " ", &save); part && count < WORDS - 1;
	     part = strtok_r(NULL, " ", &save))
		words[count++] = part;
	if (!count)
		return;
	at = rand() % count;
	switch (rand() % 4) {
	case 0:		/* drop */
		memmove(&words[at], &words[at + 1], (count - at - 1) * sizeof(words[0]));
		count--;
		break;
	case 1:		/* double */
		words[count++] = words[at];
		break;
	case 2:		/* replace */
		words[at] = word();
		break;
	case 3:		/* exchange */
		part = words[at];
		i = rand() % count;
		words[at] = words[i];
		words[i] = part;
		break;
	}
	out = calloc(1, ROOM);
	if (!out)
		err(1, NULL);
	for (i = 0; i < count; i++)
		snprintf(out + strlen(out), ROOM - strlen(out), "%s%s", i ? " " : "", words[i]);
	*text = out;
}

static void spoil_lines(void)
{
	unsigned int at = rand() % n, other = rand() % n;
	char *text = line[at];

	switch (rand() % 3) {
	case 0:		/* drop */
		memmove(&line[at], &line[at + 1], (n - at - 1) * sizeof(line[0]));
		n--;
		break;
	case 1:		/* double, at the end */
		if (n < LINES)
			line[n++] = text;
		break;
	case 2:		/* exchange */
		line[at] = line[other];
		line[other] = text;
		break;
	}
}

static char *good[LINES];
static unsigned int n_good;

/* Spoils the text as one seed says, and writes it */
static void spoil(unsigned int seed, FILE *to)
{
	static char out[2 * ROOM];
	unsigned int i, times;
	size_t len = 0;

	memcpy(line, good, sizeof(line));
	n = n_good;
	srand(seed);
	for (times = 1 + rand() % 3; times && n; times--) {
		if (rand() % 3)
			spoil_words(&line[rand() % n]);
		else
			spoil_lines();
	}
	for (i = 0; i < n; i++)
		len += snprintf(out + len, sizeof(out) - len, "%s\n", line[i]);
	if (len && !(rand() % 4))
		out[rand() % len] = rand();
	if (len && !(rand() % 8))
		len = rand() % len;
	fwrite(out, 1, len, to);
}

static void spoil_file(unsigned int seed, const char *directory)
{
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%u", directory, seed);
	to = fopen(path, "w");
	if (!to)
		err(1, "%s", path);
	spoil(seed, to);
	if (fclose(to))
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	static char text[ROOM];
	unsigned int seed, i;

	if (argc != 2 && argc != 4)
		errx(2, "usage: mutate SEED [COUNT DIRECTORY]");
	while (n_good < LINES && fgets(text, sizeof(text), stdin)) {
		text[strcspn(text, "\n")] = 0;
		good[n_good] = strdup(text);
		if (!good[n_good++])
			err(1, NULL);
	}
	if (!n_good)
		errx(2, "nothing to spoil");
	seed = strtoul(argv[1], NULL, 0);
	if (argc == 2) {
		spoil(seed, stdout);
		return 0;
	}
	for (i = 0; i < strtoul(argv[2], NULL, 0); i++)
		spoil_file(seed + i, argv[3]);
	return 0;
}
