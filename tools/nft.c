// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the library of nftables for the time of one call. The guard gives it rules as one
 * transaction, doctor has it list all rules.
 *
 * The library is loaded here and not with the tool: with its own libraries it makes each start
 * of the tool take half as long again, and scripts start it by the thousand.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "nft.h"
#include "table.h"

/* Soname of the library that <nftables/libnftables.h> describes */
#define LIBRARY		"libnftables.so.1"

/**
 * struct nft - the functions of libnftables that are used
 */
struct nft {
	void *library;
	typeof(nft_ctx_new) *new;
	typeof(nft_ctx_free) *free;
	typeof(nft_ctx_buffer_error) *buffer_error;
	typeof(nft_ctx_get_error_buffer) *error;
	typeof(nft_ctx_buffer_output) *buffer_output;
	typeof(nft_ctx_get_output_buffer) *output;
	typeof(nft_ctx_output_set_flags) *flags;
	typeof(nft_run_cmd_from_buffer) *run;
};

static bool nft_load(struct nft *nft)
{
	nft->library = dlopen(LIBRARY, RTLD_NOW);
	if (!nft->library)
		return false;
	nft->new = dlsym(nft->library, "nft_ctx_new");
	nft->free = dlsym(nft->library, "nft_ctx_free");
	nft->buffer_error = dlsym(nft->library, "nft_ctx_buffer_error");
	nft->error = dlsym(nft->library, "nft_ctx_get_error_buffer");
	nft->buffer_output = dlsym(nft->library, "nft_ctx_buffer_output");
	nft->output = dlsym(nft->library, "nft_ctx_get_output_buffer");
	nft->flags = dlsym(nft->library, "nft_ctx_output_set_flags");
	nft->run = dlsym(nft->library, "nft_run_cmd_from_buffer");
	return nft->new && nft->free && nft->buffer_error && nft->error && nft->buffer_output &&
		nft->output && nft->flags && nft->run;
}

/**
 * nft_run - run commands of nftables as one transaction
 * @commands:	as in a file of nft
 * @json:	answer in JSON
 * @text:	result, allocated: what they print; if they fail, what the library says
 */
enum nft_result nft_run(const char *commands, bool json, char **text)
{
	struct nft_ctx *ctx;
	const char *why;
	struct nft nft;
	bool failed;

	if (!nft_load(&nft)) {
		why = dlerror();
		*text = out_checked(strdup(why ? why : LIBRARY " lacks a function"));
		return NFT_MISSING;
	}
	ctx = out_checked(nft.new(NFT_CTX_DEFAULT));
	nft.buffer_error(ctx);
	nft.buffer_output(ctx);
	if (json)
		nft.flags(ctx, NFT_CTX_OUTPUT_JSON);
	failed = nft.run(ctx, commands);
	*text = out_checked(strdup(failed ? nft.error(ctx) : nft.output(ctx)));
	nft.free(ctx);
	dlclose(nft.library);
	return failed ? NFT_REFUSED : NFT_DONE;
}
