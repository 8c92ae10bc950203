// SPDX-License-Identifier: GPL-2.0
/*
 * doctor --bundle: a report for a bug report, as one text file. Each part is the output of a
 * command. None of these commands prints keys (ip xfrm state and wg are not among them), and
 * whatever looks like a key or a password is blotted out line by line. Called by cmd_doctor.c.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "table.h"

/** HEX_KEY - from so many digits on a number is taken for a key */
#define HEX_KEY		32
/** BASE64_KEY - bytes of a key of WireGuard as text */
#define BASE64_KEY	44
/** BLOT - what stands instead */
#define BLOT		"(left out)"

/**
 * struct part - one command of the report
 * @title:	what it shows
 * @command:	for the shell; NATGWCTL stands for this program
 */
struct part {
	const char *title;
	const char *command;
};

static const struct part parts[] = {
	{
		"versions",
		"NATGWCTL version; uname -a; head -n 4 /etc/os-release; nft --version; ip -V"
	}, {
		"module",
		"cat /sys/module/natgw/srcversion; modinfo natgw; grep -H . /sys/module/natgw/parameters/*"
	},
	{ "findings", "NATGWCTL doctor" },
	{ "status", "NATGWCTL -jp" },
	{ "configuration", "NATGWCTL export" },
	{ "gateways", "NATGWCTL -s gateway show" },
	{ "addresses", "NATGWCTL -s address show" },
	{ "subnets", "NATGWCTL -s subnet show" },
	{ "why packets were dropped", "NATGWCTL -s stats show" },
	{ "gauges against the table", "NATGWCTL stats check" },
	{ "sessions", "NATGWCTL session count; NATGWCTL ports show by destination top 20" },
	{ "guard", "NATGWCTL guard status" },
	{
		"settings",
		"cd /proc/sys/net && grep -sH . ipv4/ip_forward ipv4/ip_local_port_range ipv4/ip_local_reserved_ports ipv4/ipfrag_* ipv4/conf/*/forwarding ipv4/conf/*/rp_filter ipv4/conf/*/send_redirects ipv4/conf/*/src_valid_mark ipv6/conf/*/forwarding bridge/* netfilter/nf_conntrack_count netfilter/nf_conntrack_max netfilter/nf_hooks_lwtunnel"
	},
	{ "devices", "ip -d -s link show" },
	{ "addresses of the router", "ip addr show" },
	{ "routing rules", "ip rule show" },
	{ "routes", "ip route show table all | head -n 2000" },
	{ "neighbours", "ip neigh show | head -n 500" },
	{ "rules of nftables", "nft list ruleset" },
	{ "rules of legacy iptables", "cat /proc/net/ip_tables_names && iptables-legacy-save" },
	{
		"tc",
		"tc qdisc show; for d in /sys/class/net/*; do tc filter show dev \"${d##*/}\" ingress; done"
	},
	{ "IPsec policies, without states and their keys", "ip xfrm policy show" },
	{ "IPVS", "cat /proc/net/ip_vs" },
	{ "modules", "cut -d ' ' -f 1-4 /proc/modules" },
	{
		"what the kernel said of natgw",
		"dmesg | grep -iE 'natgw|BUG|WARNING|Call Trace' | tail -n 200"
	},
};

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/';
}

/* Bytes of what looks like a key at the start of a text, or 0 */
static size_t key_here(const char *text)
{
	size_t n = 0;

	if (text[0] == '0' && text[1] == 'x')
		n = 2;
	while (isxdigit((unsigned char)text[n]))
		n++;
	if (n >= HEX_KEY && !is_base64(text[n]))
		return n;
	for (n = 0; is_base64(text[n]); n++)
		;
	return n == BASE64_KEY - 1 && text[n] == '=' ? BASE64_KEY : 0;
}

/* Bytes of the word at the start of a text, or 0. A hyphen may be an underscore, or left out */
static size_t word_here(const char *text, const char *word)
{
	const char *at = text;

	for (; *word; word++) {
		if (*word == '-')
			at += *at == '-' || *at == '_';
		else if (tolower((unsigned char)*at++) != *word)
			return 0;
	}
	return at - text;
}

/* Bytes of a word that names a secret, with what stands between it and its value; or 0 */
static size_t secret_here(const char *text)
{
	static const char *const words[] = { "password", "passphrase", "passwd", "secret", "psk",
					     "private-key", "preshared-key", "api-key", "token",
					     "community" };
	size_t i, n, end;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		n = word_here(text, words[i]);
		if (!n)
			continue;
		/* "password": of JSON, but not the last word of a comment */
		end = text[n] == '"' ? 1 + strspn(text + n + 1, " \t") : 0;
		if (strchr(end ? "=:" : " =:\t", text[n + end]) && text[n + end])
			return n + strspn(text + n, " =:\t\"");
	}
	return 0;
}

/* Bytes of the value of a secret: up to the quote that closes, or to the end of the line */
static size_t secret_len(const char *text, bool quoted)
{
	size_t n = 0;

	while (text[n] && text[n] != '\n' && !(quoted && text[n] == '"'))
		n += text[n] == '\\' && text[n + 1] && text[n + 1] != '\n' ? 2 : 1;
	return n;
}

/**
 * doctor_blot - write a line without what looks like a key
 * @to:		stream
 * @line:	line
 *
 * A word that names a secret may end a longer one: dbpassword=x.
 */
void doctor_blot(FILE *to, const char *line)
{
	bool begins = true, quoted = false;
	size_t n;

	while (*line) {
		n = begins ? key_here(line) : 0;
		if (n) {
			fputs(BLOT, to);
			line += n;
			continue;
		}
		n = secret_here(line);
		if (n) {
			fwrite(line, 1, n, to);
			for (; n; n--)
				quoted ^= *line++ == '"';
			n = secret_len(line, quoted);
			if (n)
				fputs(BLOT, to);
			line += n;
			continue;
		}
		begins = !is_base64(*line);
		quoted ^= *line == '"';
		fputc(*line++, to);
	}
}

/* A command with the path of this program in it, which may have blanks. Return: allocated */
static char *command_make(const char *command)
{
	char self[PATH_MAX], *text;
	const char *p = command, *at;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t n;
	FILE *to;

	self[len < 0 ? 0 : len] = 0;
	to = out_checked(open_memstream(&text, &n));
	/* one stream, in the order in which things were said */
	fputs("exec 2>&1 </dev/null; ", to);
	while ((at = strstr(p, "NATGWCTL"))) {
		fprintf(to, "%.*s'%s'", (int)(at - p), p, strchr(self, '\'') ? "natgwctl" : self);
		p = at + strlen("NATGWCTL");
	}
	fputs(p, to);
	fclose(to);
	return out_checked(text);
}

static void part_write(FILE *to, const struct part *part)
{
	char *command = command_make(part->command), *line = NULL;
	FILE *from = popen(command, "re");
	size_t size = 0;

	fprintf(to, "\n===== %s =====\n$ %s\n", part->title, part->command);
	while (from && getline(&line, &size, from) >= 0)
		doctor_blot(to, line);
	if (from)
		pclose(from);
	free(line);
	free(command);
}

static void head_write(FILE *to)
{
	time_t now = time(NULL);
	char when[32];
	size_t i;

	strftime(when, sizeof(when), "%FT%TZ", gmtime(&now));
	fprintf(to,
		"natgw: report for a bug report, made %s\n\n"
		"Look through it before you send it. It has the configuration of the gateway, with the\n"
		"addresses, routes, devices with their hardware addresses, and firewall rules of this\n"
		"machine. It has no sessions of hosts but the destinations that use most ports. It has no\n"
		"keys of IPsec or WireGuard: the commands that print them are not run. What looks like a\n"
		"key or a password stands as %s. Parts:\n\n", when, BLOT);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		fprintf(to, "  %s\n", parts[i].title);
}

/**
 * doctor_bundle - write the report
 * @ctl:	run
 * @file:	its path
 *
 * The file is written beside its place and renamed, only its owner may read it.
 *
 * Return: exit status.
 */
int doctor_bundle(const struct ctl *ctl, const char *file)
{
	char *beside;
	FILE *to = NULL;
	bool good;
	size_t i;
	int fd;

	if (asprintf(&beside, "%s.XXXXXX", file) < 0)
		abort();
	/* mode 0600 */
	fd = mkstemp(beside);
	if (fd >= 0)
		to = fdopen(fd, "we");
	if (!to) {
		free(beside);
		return usage_error(ctl, NULL, "%s: %s", file, strerror(errno));
	}
	fflush(stdout);
	head_write(to);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		part_write(to, &parts[i]);
	good = !fflush(to) && !ferror(to) && !fsync(fd);
	good &= !fclose(to);
	if (!good || rename(beside, file)) {
		usage_error(ctl, NULL, "%s: %s", file, strerror(errno));
		unlink(beside);
		free(beside);
		return EXIT_USAGE;
	}
	free(beside);
	if (!ctl->json)
		printf("%s: a report without keys; look through it before you send it\n", file);
	return 0;
}
