// SPDX-License-Identifier: GPL-2.0
/*
 * The spellings of Azure's command line, each beside the one of natgwctl. natgwctl accepts
 * none of Azure's spellings: a user who types one is told natgwctl's. Only names are taken
 * from public manuals.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cloud.h"
#include "key.h"

/* Longer ones first, where one begins like another */
static const struct {
	const char *theirs;
	const char *ours;
} commands[] = {
	{ "network nat gateway", "gateway" },
	{ "network public-ip prefix", "address" },
	{ "network public-ip", "address" },
	{ "network vnet subnet", "subnet" },
	{ "network vnet", "vnet" },
	{ "network route-table route", "route" },
	{ "network route-table", "route-table" },
	{ "network nic show-effective-route-table", "route show effective" },
	{ "network watcher show-next-hop", "explain" },
	{ "network watcher test-ip-flow", "explain" },
	{ "network list-service-tags", "tag show" },
	{ "network lb outbound-rule", "cluster" },
	{ "network lb", "cluster" },
	{ "aks", "cluster" },
	{ "nat gateway", "gateway" },
	{ "nat-gateway", "gateway" },
	{ "public-ip prefix", "address" },
	{ "public-ip", "address" },
};

/* Of several the first that the object has */
static const struct {
	const char *theirs;
	const char *ours;
} verbs[] = {
	{ "create", "add" },
	{ "new", "add" },
	{ "update", "set" },
	{ "list", "show" },
	{ "get", "show" },
	{ "delete", "del" },
	{ "delete", "flush" },
	{ "remove", "del" },
	{ "remove", "flush" },
};

/* A word of natgwctl's with a blank in it is no key of the object, but what to type instead */
static const struct {
	const char *object;
	const char *theirs;
	const char *ours;
} keys[] = {
	{ "gateway", "public-ip-addresses", "address" },
	{ "gateway", "public-ip-address", "address" },
	{ "gateway", "public-ip-prefixes", "address" },
	{ "gateway", "public-ip-prefix", "address" },
	{ "gateway", "pip-addresses", "address" },
	{ "gateway", "pip-prefixes", "address" },
	{ "gateway", "nat-gateway-idle-timeout", "idle-timeout" },
	{ "gateway", "zones", "zone" },
	{ "gateway", "z", "zone" },
	{ "gateway", "subnet", "subnet set NAME gateway NAME" },
	{ "gateway", "subnets", "subnet set NAME gateway NAME" },
	{ "address", "nat-gateway", "gateway" },
	{ "address", "zones", "zone" },
	{ "address", "z", "zone" },
	{ "address", "length", "address add length N" },
	{ "address", "idle-timeout", "gateway set NAME idle-timeout TIME" },
	{ "vnet", "address-prefixes", "prefix" },
	{ "vnet", "address-prefix", "prefix" },
	{ "vnet", "subnet-name", "subnet add NAME vnet NAME" },
	{ "vnet", "subnet-prefixes", "subnet add NAME prefix IP/LENGTH" },
	{ "subnet", "address-prefixes", "prefix" },
	{ "subnet", "address-prefix", "prefix" },
	{ "subnet", "nat-gateway", "gateway" },
	{ "subnet", "vnet-name", "vnet" },
	{ "route", "route-table-name", "route-table" },
	{ "route", "next-hop-ip-address", "next-hop-ip" },
	{ "route", "address-prefix", "route add IP/LENGTH" },
	{ "cluster", "nat-gateway-managed-outbound-ip-count", "managed-outbound-ip-count" },
	{ "cluster", "load-balancer-managed-outbound-ip-count", "managed-outbound-ip-count" },
	{ "cluster", "nat-gateway-idle-timeout", "idle-timeout" },
	{ NULL, "output", "natgwctl -j OBJECT show" },
	{ NULL, "o", "natgwctl -j OBJECT show" },
	{ "cluster", "load-balancer-idle-timeout", "idle-timeout" },
	{ "cluster", "load-balancer-outbound-ports", "ports-per-host" },
	{ "cluster", "load-balancer-outbound-ips", "outbound-ips" },
	{ "cluster", "load-balancer-outbound-ip-prefixes", "outbound-ip-prefixes" },
	{ "cluster", "nat-gateway", "gateway" },
	{ "cluster", "nat-gateway-id", "gateway" },
	{ "cluster", "vnet-subnet-id", "subnet" },
	{ "cluster", "pod-cidr", "prefix" },
	{ "cluster", "c", "node-count" },
	{ "cluster", "api-server-authorized-ip-ranges", "authorized-ip-ranges" },
	{ "cluster", "disable-windows-outbound-nat", "node-nat" },
	{ "explain", "source-ip", "src" },
	{ "explain", "dest-ip", "dst" },
	{ "explain", "local", "src" },
	{ "explain", "remote", "dst" },
	{ "explain", "protocol", "proto" },
};

/* Options about resources of the cloud, which say nothing about packets */
static const char *const only[] = {
	"resource-group", "g", "location", "l", "subscription", "sku", "tags",
	"allocation-method", "version", "network-plugin", "generate-ssh-keys",
	"enable-managed-identity", "assign-identity", "no-wait", "query", "yes", "y",
};

/* The number of words at the start of argv that equal the words of a text, or 0 */
static int words_match(const char *text, int argc, char **argv)
{
	size_t n;
	int i;

	for (i = 0; *text; i++) {
		n = strcspn(text, " ");
		if (i == argc || strlen(argv[i]) != n || strncasecmp(argv[i], text, n))
			return 0;
		text += n + (text[n] == ' ');
	}
	return i;
}

/**
 * cloud_verb - the verb of an object that the cloud's tool calls otherwise
 * @obj:	object
 * @word:	as it was typed
 *
 * Return: NULL if there is none.
 */
const char *cloud_verb(const struct object *obj, const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcasecmp(verbs[i].theirs, word) && verb_lookup(obj, verbs[i].ours))
			return verbs[i].ours;
	return NULL;
}

/* The command that begins like one of the cloud's tool */
static bool cloud_words(char theirs[CLOUD_TEXT], char ours[CLOUD_TEXT], int argc, char **argv)
{
	int az = argc && !strcasecmp(argv[0], "az"), n = 0, i;
	const struct object *obj;
	const struct verb *own;
	const char *verb = NULL;
	size_t len = 0;
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(commands); c++) {
		n = words_match(commands[c].theirs, argc - az, argv + az);
		if (n)
			break;
	}
	if (!n)
		return false;
	n += az;
	obj = object_lookup(commands[c].ours);
	if (obj && n < argc) {
		own = verb_lookup(obj, argv[n]);
		verb = own ? own->word : cloud_verb(obj, argv[n]);
	}
	n += !!verb;
	for (i = 0; i < n; i++)
		len += snprintf(theirs + len, CLOUD_TEXT - len, "%s%s", i ? " " : "", argv[i]);
	snprintf(ours, CLOUD_TEXT, "%s%s%s", commands[c].ours, verb ? " " : "", verb ? verb : "");
	return true;
}

/*
 * "create gateway gw1": a verb of natgwctl or of the cloud's tool, and the object behind it.
 * Of several words that name the object, as the cloud has them, all count.
 */
static bool verb_first(char theirs[CLOUD_TEXT], char ours[CLOUD_TEXT], int argc, char **argv)
{
	char words[CLOUD_TEXT], object[CLOUD_TEXT];
	const struct object *obj;
	const struct verb *verb;
	const char *word;

	if (argc < 2)
		return false;
	obj = object_lookup(argv[1]);
	snprintf(words, sizeof(words), "%s", argv[1]);
	if (!obj && cloud_words(words, object, argc - 1, argv + 1))
		obj = object_lookup(object);
	if (!obj)
		return false;
	verb = verb_lookup(obj, argv[0]);
	word = verb ? verb->word : cloud_verb(obj, argv[0]);
	if (!word)
		return false;
	snprintf(theirs, CLOUD_TEXT, "%.32s %.60s", argv[0], words);
	snprintf(ours, CLOUD_TEXT, "%s %s", obj->word, word);
	return true;
}

/**
 * cloud_command - the command that begins like one of the cloud's tool, or with its verb
 * @theirs:	as many of its words as were understood
 * @ours:	object, and verb if it had one
 * @argc:	words
 * @argv:	words
 *
 * Return: false if it does not.
 */
bool cloud_command(char theirs[CLOUD_TEXT], char ours[CLOUD_TEXT], int argc, char **argv)
{
	return cloud_words(theirs, ours, argc, argv) || verb_first(theirs, ours, argc, argv);
}

/**
 * cloud_key - the key of an object that the cloud's tool calls otherwise
 * @obj:	object
 * @want:	flag that the key must have
 * @word:	as it was typed, without dashes
 *
 * Return: a key; what to type instead, with a blank in it; or NULL.
 */
const char *cloud_key(const struct object *obj, unsigned int want, const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if ((!keys[i].object || !strcmp(keys[i].object, obj->word)) &&
		    !strcasecmp(keys[i].theirs, word) &&
		    (strchr(keys[i].ours, ' ') || key_lookup(obj, want, keys[i].ours)))
			return keys[i].ours;
	return NULL;
}

/**
 * cloud_only - is it something of the cloud's that natgw has nothing like?
 * @word:	as it was typed, without dashes
 */
bool cloud_only(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(only); i++)
		if (!strcasecmp(only[i], word))
			return true;
	return false;
}
