// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rule set of the guard, and gives it to nftables as one transaction. Called by
 * cmd_guard.c and cmd_apply.c. Nothing here needs the natgw module: the guard is there for the
 * time without it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guard.h"
#include "item.h"
#include "nft.h"
#include "table.h"

/** FILE_TEXT - as much of the file's path as the comment has room for */
#define FILE_TEXT	90

/**
 * guard_init - begin a guard
 * @guard:	guard
 * @file:	it is made from
 */
void guard_init(struct guard *guard, const char *file)
{
	unsigned int i;

	memset(guard, 0, sizeof(*guard));
	guard->file = file;
	for (i = 0; i < GUARD_LISTS; i++)
		guard->to[i] = out_checked(open_memstream(&guard->text[i], &guard->len[i]));
}

/**
 * guard_free - forget a guard; one that was put up stays
 * @guard:	guard
 */
void guard_free(struct guard *guard)
{
	unsigned int i;

	for (i = 0; i < GUARD_LISTS; i++) {
		fclose(guard->to[i]);
		free(guard->text[i]);
	}
}

/**
 * guard_add - add prefixes to a list
 * @guard:	guard
 * @list:	list
 * @prefixes:	with commas between, or NULL
 */
void guard_add(struct guard *guard, enum guard_list list, const char *prefixes)
{
	if (prefixes)
		fprintf(guard->to[list], "%s,", prefixes);
}

/**
 * guard_is_prefix - is a prefix one that the kernel would take?
 * @text:	prefix
 *
 * nftables masks host bits: a length that was mistyped would let pass far more than was meant.
 *
 * Return: it is IPv4, has no host bits, and is not everything.
 */
bool guard_is_prefix(const char *text)
{
	struct parse_error e;
	uint32_t host = 0;
	struct inet in;

	if (!parse_prefix(text, &in, &e) || in.len != sizeof(host))
		return false;
	if (!in.has_plen)
		return true;
	memcpy(&host, in.addr, sizeof(host));
	return in.plen && in.plen <= 32 && !(ntohl(host) & ~(~0u << (32 - in.plen)));
}

/* Those of some with commas between that are good. Return: all are */
static bool prefixes_take(struct guard *guard, const char *prefixes, bool source)
{
	char *copy = out_checked(strdup(prefixes)), *save, *part;
	bool good = true;

	for (part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		if (!guard_is_prefix(part)) {
			good = false;
			continue;
		}
		if (source)
			guard_add(guard, GUARD_SOURCE, part);
		guard_add(guard, GUARD_INSIDE, part);
	}
	free(copy);
	return good;
}

/**
 * guard_take - hold the subnets of a configuration
 * @guard:	guard
 * @items:	configuration
 *
 * Return: false: it has a prefix that the kernel would refuse, or a subnet without one. Those that
 * are good are held all the same.
 */
bool guard_take(struct guard *guard, const struct items *items)
{
	bool good = true;
	const struct item *it;
	const char *prefixes;
	bool source;
	size_t i;

	for (i = 0; i < items->n; i++) {
		it = items->list[i];
		if (it->obj == &address_object || it->obj == &managed_pool_object)
			guard_add(guard, GUARD_POOL, it->key);
		/* a cluster with a prefix makes vnet and subnet of it */
		source = it->obj == &subnet_object || it->obj == &cluster_object;
		if (!source && it->obj != &vnet_object)
			continue;
		prefixes = item_word(it, "prefix");
		if (prefixes)
			good &= prefixes_take(guard, prefixes, source);
		else if (it->obj == &subnet_object)
			good = false;
	}
	return good;
}

static void list_empty(struct guard *guard, enum guard_list list)
{
	fclose(guard->to[list]);
	free(guard->text[list]);
	guard->to[list] = out_checked(open_memstream(&guard->text[list], &guard->len[list]));
}

/**
 * guard_take_private - hold all private sources
 * @guard:	guard; what is allowed stays so
 * @alone:	and nothing else of what it held so far
 */
void guard_take_private(struct guard *guard, bool alone)
{
	guard->private = true;
	if (alone) {
		list_empty(guard, GUARD_SOURCE);
		list_empty(guard, GUARD_INSIDE);
		list_empty(guard, GUARD_POOL);
	}
	guard_add(guard, GUARD_SOURCE, GUARD_PRIVATE);
	guard_add(guard, GUARD_INSIDE, GUARD_PRIVATE);
}

/* When, what and of which file, for guard_stands() and who looks at the rules */
static void note_put(FILE *to, const struct guard *guard)
{
	size_t len = strlen(guard->file), i;
	time_t now = time(NULL);
	char since[32];
	char c;

	strftime(since, sizeof(since), "%FT%TZ", gmtime(&now));
	fprintf(to, "\tcomment \"%s %s ", since, guard->private ? "private" : "subnets");
	for (i = len > FILE_TEXT ? len - FILE_TEXT : 0; i < len; i++) {
		c = guard->file[i];
		fputc(c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c, to);
	}
	fputs("\"\n", to);
}

static void set_put(FILE *to, const char *name, struct guard *guard, enum guard_list list)
{
	fprintf(to, "\tset %s {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\tauto-merge\n", name);
	fflush(guard->to[list]);
	if (guard->len[list])
		fprintf(to, "\t\telements = { %s }\n", guard->text[list]);
	fputs("\t}\n", to);
}

/*
 * Forwarded packets are judged in FORWARD, where no NAT has changed their source yet, before a
 * flowtable gets to know a flow. Packets that a proxy or IPVS sends on with the client's address
 * do not come by there, so POSTROUTING judges once more, but not what the router itself says.
 *
 * A public IP may be an address of the router, which knows nothing of the gateway's connections.
 * Its RST or port unreachable would end those that are to go on after an upgrade.
 */
static char *rules(struct guard *guard)
{
	static const char judge[] =
		"\tcounter " GUARD_COUNTER " { packets 0 bytes 0 }\n"
		"\tchain judge {\n"
		"\t\tip saddr != @source return\n"
		"\t\tip daddr @inside return\n"
		"\t\tip daddr @allowed return\n"
		"\t\tip saddr @allowed return\n"
		"\t\tcounter name " GUARD_COUNTER " drop\n"
		"\t}\n"
		"\tchain forward {\n"
		"\t\ttype filter hook forward priority -300; policy accept;\n"
		"\t\tjump judge\n"
		"\t}\n"
		"\tchain postrouting {\n"
		"\t\ttype filter hook postrouting priority 310; policy accept;\n"
		"\t\tip saddr @source fib saddr type != local jump judge\n"
		"\t}\n"
		"\tchain output {\n"
		"\t\ttype filter hook output priority 0; policy accept;\n"
		"\t\tip saddr @pool tcp flags & rst == rst drop\n"
		"\t\tip saddr @pool icmp type destination-unreachable drop\n"
		"\t}\n";
	static const char table[] = "table ip " GUARD_TABLE;
	char *text = NULL;
	size_t len;
	FILE *to = out_checked(open_memstream(&text, &len));

	/* one that stands is replaced in the same transaction */
	fprintf(to, "%s\ndelete %s\n%s {\n", table, table, table);
	note_put(to, guard);
	set_put(to, "source", guard, GUARD_SOURCE);
	set_put(to, "inside", guard, GUARD_INSIDE);
	set_put(to, "allowed", guard, GUARD_ALLOWED);
	set_put(to, "pool", guard, GUARD_POOL);
	fprintf(to, "%s}\n", judge);
	fclose(to);
	return out_checked(text);
}

/* What nftables says: of several lines the first, which has the reason */
static int refused(const struct ctl *ctl, const char *text)
{
	struct nl_error e = { .err = EINVAL };
	const char *reason = strstr(text, "Error: ");

	reason = reason ? reason + strlen("Error: ") : text;
	if (strstr(text, strerror(EPERM)))
		e.err = EPERM;
	else
		snprintf(e.text, sizeof(e.text), "nftables refuses the rules: %.*s",
			 (int)strcspn(reason, "\n"), reason);
	return kernel_error(ctl, NULL, NULL, &e);
}

static int nft_do(const struct ctl *ctl, const char *commands)
{
	struct nl_error e = { .err = ENOENT };
	char *text;
	int ret = 0;

	switch (nft_run(commands, false, &text)) {
	case NFT_DONE:
		break;
	case NFT_REFUSED:
		ret = refused(ctl, text);
		break;
	case NFT_MISSING:
		snprintf(e.text, sizeof(e.text), "%s: apt-get install libnftables1", text);
		ret = kernel_error(ctl, NULL, NULL, &e);
		break;
	}
	free(text);
	return ret;
}

/**
 * guard_put_up - let the kernel have a guard, instead of one that stands
 * @ctl:	run
 * @guard:	guard
 *
 * Return: 0, or the exit status; then it is as before.
 */
int guard_put_up(const struct ctl *ctl, struct guard *guard)
{
	char *text = rules(guard);
	int ret = nft_do(ctl, text);

	free(text);
	return ret;
}

/**
 * guard_take_down - remove the guard
 * @ctl:	run
 *
 * Return: 0, or the exit status; then it stands.
 */
int guard_take_down(const struct ctl *ctl)
{
	/* without the first command it would be an error if there is none */
	return nft_do(ctl, "table ip " GUARD_TABLE "\ndelete table ip " GUARD_TABLE "\n");
}
