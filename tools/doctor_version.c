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

#ifndef LOADED_SOURCE
/** LOADED_SOURCE - where the kernel says which sources the module that runs was built from */
#define LOADED_SOURCE	"/sys/module/natgw/srcversion"
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
	FILE *from = fopen(LOADED_SOURCE, "re");
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

/* Neither the next boot has a module then, nor an upgrade, whatever the versions are */
static bool none_installed(struct doctor *d)
{
	struct utsname kernel;

	if (uname(&kernel))
		return false;
	doctor_found(d, DOCTOR_WARNING,
		     "no module natgw is installed for kernel %s: it is not there after the next boot; in its source tree type make install",
		     kernel.release);
	doctor_evidence(d, "modinfo natgw: nothing");
	doctor_cure(d, "apt-get install linux-headers-%s && dkms autoinstall", kernel.release);
	return true;
}

/**
 * check_version - versions of tool and module
 * @d:		run
 */
void check_version(struct doctor *d)
{
	const char *module = d->status.version;
	char loaded[SOURCE_TEXT], installed[SOURCE_TEXT];
	bool runs = loaded_source(loaded), stays = installed_source(installed);
	int order = version_order(module, NATGW_VERSION);

	if (runs && !stays && none_installed(d))
		return;
	if (order) {
		doctor_found(d, DOCTOR_WARNING, "the module that runs, %s, is %s than natgwctl, %s",
			     module, order < 0 ? "older" : "newer", NATGW_VERSION);
		doctor_evidence(d, "natgwctl version: %s, module %s", NATGW_VERSION, module);
		doctor_cure(d, order < 0 ? "natgwctl upgrade" :
			    "apt-get install --only-upgrade natgwctl");
	} else if (runs && stays && strcmp(loaded, installed)) {
		doctor_found(d, DOCTOR_WARNING,
			     "the module that runs is another build than the installed one, which the next boot loads");
		doctor_evidence(d,
				"/sys/module/natgw/srcversion: %s, modinfo -F srcversion natgw: %s",
				loaded, installed);
		doctor_cure(d, "natgwctl upgrade");
	}
}
