/* SPDX-License-Identifier: GPL-2.0 */
/* libnftables, loaded when a command needs it. */
#ifndef NATGWCTL_NFT_H
#define NATGWCTL_NFT_H

#include <stdbool.h>

/** enum nft_result - what became of a command */
enum nft_result {
	NFT_DONE,
	NFT_REFUSED,	/* by nftables or the kernel */
	NFT_MISSING,	/* there is no library */
};

enum nft_result nft_run(const char *commands, bool json, char **text);

#endif /* NATGWCTL_NFT_H */
