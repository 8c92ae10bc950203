// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "ctl.h"
#include "option.h"

const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "statistics", no_argument, NULL, 's' },
	{ "netns", required_argument, NULL, 'n' },
	{ "batch", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

/**
 * option_known - is a word one of the options that stand before the object?
 * @word:	as it was typed: -j, -jp, --json, --netns=blue
 */
bool option_known(const char *word)
{
	const struct option *o;
	size_t n;

	if (word[0] != '-' || !word[1])
		return false;
	if (word[1] != '-') {
		while (isalpha((unsigned char)*++word) && strchr(SHORT_OPTIONS, *word))
			;
		return !*word;
	}
	n = strcspn(word + 2, "=");
	for (o = long_options; o->name; o++)
		if (strlen(o->name) == n && !strncmp(o->name, word + 2, n))
			return true;
	return false;
}

/**
 * file_option - the file that stands behind a command
 * @ctl:	run
 * @argc:	words behind the command
 * @argv:	words
 * @file:	result; what it is without the option, or NULL: it must be there
 *
 * Return: 0, or the exit status.
 */
int file_option(const struct ctl *ctl, int argc, char **argv, const char **file)
{
	if (!argc && *file)
		return 0;
	if (!argc || (strcmp(argv[0], "-f") && strcmp(argv[0], "--file")))
		return usage_error(ctl, NULL,
				   "%s%ssay which file: -f FILE, or -f - for standard input",
				   argc ? argv[0] : "", argc ? ": " : "");
	if (argc < 2)
		return usage_error(ctl, NULL, "%s: value is missing", argv[0]);
	if (argc > 2 && !strcmp(argv[2], argv[0]))
		return usage_error(ctl, NULL,
				   "%s: given twice; one file may have others in it: include FILE",
				   argv[2]);
	if (argc > 2)
		return usage_error(ctl, NULL, "%s: one word too many", argv[2]);
	*file = argv[1];
	return 0;
}
