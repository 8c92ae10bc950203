// SPDX-License-Identifier: GPL-2.0
/* Do tool, loaded module and installed module belong together? A check of cmd_doctor.c. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor.h"
#include "version.h"

#ifndef NATGW_VERSION
#error "the Makefile names the version"
#endif

/** SOURCE_TEXT - room for a checksum of sources */
#define SOURCE_TEXT	64

static bool line_read(FILE *from, char text[SOURCE_TEXT])
{
	bool good = fgets(text, SOURCE_TEXT, from);

	if (good)
		text[strcspn(text, "\n")] = 0;
	return good && *text;
}

static bool loaded_source(char text[SOURCE_TEXT])
{
	FILE *from = fopen("/sys/module/natgw/srcversion", "re");
	bool good;

	if (!from)
		return false;
	good = line_read(from, text);
	fclose(from);
	return good;
}

static bool installed_source(char text[SOURCE_TEXT])
{
	FILE *from = popen("modinfo -F srcversion natgw 2>/dev/null", "re");
	bool good;

	if (!from)
		return false;
	good = line_read(from, text);
	return !pclose(from) && good;
}

/**
 * check_version - versions of tool and module
 * @d:		run
 */
void check_version(struct doctor *d)
{
	const char *module = d->status.version;
	char loaded[SOURCE_TEXT], installed[SOURCE_TEXT];
	struct utsname kernel;
	int order = version_order(module, NATGW_VERSION);

	if (order) {
		doctor_found(d, DOCTOR_WARNING, "the module that runs, %s, is %s than natgwctl, %s",
			     module, order < 0 ? "older" : "newer", NATGW_VERSION);
		doctor_evidence(d, "natgwctl version: %s, module %s", NATGW_VERSION, module);
		doctor_cure(d, order < 0 ? "natgwctl upgrade" :
			    "apt-get install --only-upgrade natgwctl");
		return;
	}
	if (!loaded_source(loaded) || uname(&kernel))
		return;
	if (!installed_source(installed)) {
		doctor_found(d, DOCTOR_WARNING,
			     "no module natgw is installed for kernel %s: it is not there after the next boot; in its source tree type make install",
			     kernel.release);
		doctor_evidence(d, "modinfo natgw: nothing");
		doctor_cure(d, "dkms autoinstall");
	} else if (strcmp(loaded, installed)) {
		doctor_found(d, DOCTOR_WARNING,
			     "the module that runs is another build than the installed one, which the next boot loads");
		doctor_evidence(d,
				"/sys/module/natgw/srcversion: %s, modinfo -F srcversion natgw: %s",
				loaded, installed);
		doctor_cure(d, "natgwctl upgrade");
	}
}
