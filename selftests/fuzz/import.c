// SPDX-License-Identifier: GPL-2.0
/*
 * What az prints. If natgw takes all of it, the file that is made of it is understood.
 */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "fuzz.h"

struct run {
	struct ctl ctl;
	int ret;
};

static void import(void *data)
{
	char cloud[] = "azure", file[] = FUZZ_FILE, *argv[] = { cloud, file, NULL };
	struct run *run = data;

	run->ret = import_object.run(&run->ctl, &import_object, 2, argv);
}

int fuzz_one(const uint8_t *data, size_t len)
{
	static struct items items;
	struct batch batch = {};
	struct ctl ctl = { .items = &items, .batch = &batch };
	struct run run = {};
	char *made;

	fuzz_files(data, len);
	made = fuzz_said(import, &run);
	if (!run.ret) {
		items_init(&items);
		fuzz_files((const uint8_t *)made, strlen(made));
		fuzz_expect(!batch_file(&ctl, FUZZ_FILE), "what import prints is understood", made);
		items_free(&items);
	}
	free(made);
	return 0;
}
