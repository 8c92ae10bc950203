// SPDX-License-Identifier: GPL-2.0
/* flowlog: logs sessions as long as it runs, and finds in the log who had a port. */
#include <errno.h>
#include <glob.h>
#include <string.h>

#include "flowlog.h"
#include "object.h"

/* The log and what it was rotated to: PATH, PATH.1, PATH-20261129.gz ... */
static int find_in_files(struct ctl *ctl, const char *path, const struct flow_query *q,
			 struct flows *found)
{
	char pattern[4096];
	glob_t files;
	size_t i;
	int err, ret = 0;

	if (snprintf(pattern, sizeof(pattern), "%s{,[.-][0-9]*}", path) >= (int)sizeof(pattern))
		return usage_error(ctl, "file", "%s: the name is too long", path);
	if (glob(pattern, GLOB_BRACE, NULL, &files))
		return usage_error(ctl, "file", "%s: there is no such log", path);
	for (i = 0; i < files.gl_pathc && !ret; i++) {
		err = flows_file(found, q, files.gl_pathv[i]);
		if (err == EBADMSG)
			warn(ctl, NULL, NULL, "%s: some lines are none of a flow log",
			     files.gl_pathv[i]);
		else if (err)
			ret = usage_error(ctl, "file", "%s: %s", files.gl_pathv[i],
					  strerror(err));
	}
	globfree(&files);
	return ret;
}

static void find_show(struct ctl *ctl, const struct flows *found)
{
	char text[WATCH_TIME_TEXT];
	struct out out;
	size_t i;

	out_begin(&out, ctl->json, ctl->pretty, OUT_TABLE);
	for (i = 0; i < found->n; i++) {
		const struct flow *flow = &found->list[i];

		out_row(&out);
		out_word(&out, "proto", flow->proto);
		out_endpoint(&out, "src", flow->src, "src-port", &flow->src_port);
		out_endpoint(&out, "dst", flow->dst, "dst-port", &flow->dst_port);
		out_word(&out, "opened", watch_time_text(text, flow->opened));
		if (flow->closed)
			out_word(&out, "closed", watch_time_text(text, flow->closed));
		else if (flow->gone && !ctl->json)
			out_word(&out, "closed", "unseen");
		else
			out_none(&out, "closed", "not yet");
		out_word(&out, "gateway", flow->gateway);
		out_word(&out, "subnet", flow->subnet);
		out_word(&out, "vnet", flow->vnet);
		out_row_end(&out);
	}
	out_end(&out);
}

/* Of some moment the log does not tell: who had the port then may be missing */
static void find_gap(struct ctl *ctl, const struct flow_gap *gap)
{
	char from[WATCH_TIME_TEXT], to[WATCH_TIME_TEXT];

	if (!gap->from && gap->to == UINT64_MAX)
		warn(ctl, NULL, NULL, "%s: it has no line with a time", gap->why);
	else if (!gap->from)
		warn(ctl, NULL, NULL, "%s: it begins at %s", gap->why,
		     watch_time_text(to, gap->to));
	else
		warn(ctl, NULL, NULL, "the log has a gap, %s from %s to %s: there may be others",
		     gap->why, watch_time_text(from, gap->from),
		     gap->to == UINT64_MAX ? "now" : watch_time_text(to, gap->to));
}

/* find ADDRESS:PORT at TIME [proto P] [file PATH] */
static int flowlog_find(struct ctl *ctl, int argc, char **argv)
{
	const char *path = FLOWLOG_FILE, *at = NULL;
	char address[ADDR_TEXT], text[WATCH_TIME_TEXT];
	const uint64_t now = watch_now();
	struct flow_query q = {};
	struct flows found = {};
	struct flow_gap gap;
	struct parse_error e;
	struct inet in;
	uint32_t proto;
	int i, ret;

	if (!argc)
		return usage_error(ctl, NULL, "find: ADDRESS:PORT is missing");
	if (!parse_endpoint(argv[0], &in, &e))
		return usage_error(ctl, NULL, "%s: %s", argv[0], e.text);
	if (!in.port)
		return usage_error(ctl, NULL, "%s: the port is missing", argv[0]);
	for (i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage_error(ctl, argv[i], "%s: value is missing", argv[i]);
		if (!strcmp(argv[i], "at")) {
			at = argv[i + 1];
		} else if (!strcmp(argv[i], "file")) {
			path = argv[i + 1];
		} else if (!strcmp(argv[i], "proto")) {
			if (!parse_proto(argv[i + 1], &proto, &e))
				return usage_error(ctl, "proto", "proto %s: %s", argv[i + 1],
						   e.text);
			q.proto = proto_text(proto);
			if (!q.proto)
				return usage_error(ctl, "proto",
						   "proto %s: no session has it, there are tcp, udp and icmp",
						   argv[i + 1]);
		} else {
			return usage_error(ctl, NULL,
					   "%s: unknown key, there are at, proto and file",
					   argv[i]);
		}
	}
	if (!at)
		return usage_error(ctl, "at", "at: the time is missing");
	if (!flow_time_parse(at, now, &q.from, &q.to, &e))
		return usage_error(ctl, "at", "at %s: %s", at, e.text);
	/* of another year or zone than is meant: whoever has the port now did not have it then */
	if (q.from > now)
		return usage_error(ctl, "at", "at %s: is still to come, it is %s now", at,
				   watch_time_text(text, now));
	q.address = addr_text(address, in.addr, in.len);
	q.port = in.port;
	ret = find_in_files(ctl, path, &q, &found);
	if (!ret) {
		flows_settle(&found, &q);
		find_show(ctl, &found);
		ret = found.n ? 0 : EXIT_FOUND;
		if (flow_gap_find(&found.cover, &q, watch_now(), &gap)) {
			find_gap(ctl, &gap);
			ret = EXIT_GAP;
		}
	}
	flows_free(&found);
	return ret;
}

static const char *const transport_words[] = { "udp", "tcp", NULL };
static const char *const by_words[] = { "session", "block", NULL };

/* @value: one of two words. Return: false if it is none */
static bool word_is(const char *const *words, const char *value, bool *second)
{
	*second = !strcmp(value, words[1]);
	return *second || !strcmp(value, words[0]);
}

/* A key that is no filter. Return: 0; -1: it is none; or the exit status */
static int option_take(struct ctl *ctl, struct flowlog_options *options, const char *key,
		       const char *value)
{
	bool known = true;

	if (!strcmp(key, "file"))
		options->path = value;
	else if (!strcmp(key, "ipfix"))
		options->ipfix = value;
	else if (!strcmp(key, "transport"))
		known = word_is(transport_words, value, &options->tcp);
	else if (!strcmp(key, "by"))
		known = word_is(by_words, value, &options->by_block);
	else
		return -1;
	return known ? 0 : usage_error(ctl, key, "%s %s: unknown word, there are %s", key, value,
				       *key == 't' ? "udp and tcp" : "session and block");
}

static int flowlog_service(struct ctl *ctl, int argc, char **argv)
{
	struct flowlog_options options = {};
	bool needs_ipfix = false;
	int i, ret;

	options.argv = argv;
	for (i = 0; i < argc; i += 2) {
		if (i + 1 == argc && (!strcmp(argv[i], "file") || !strcmp(argv[i], "ipfix") ||
				      !strcmp(argv[i], "transport") || !strcmp(argv[i], "by")))
			return usage_error(ctl, argv[i], "%s: value is missing", argv[i]);
		ret = i + 1 == argc ? -1 : option_take(ctl, &options, argv[i], argv[i + 1]);
		if (ret > 0)
			return ret;
		if (!ret) {
			needs_ipfix |= *argv[i] == 't' || *argv[i] == 'b';
			continue;
		}
		options.argv[options.argc++] = argv[i];
		if (i + 1 < argc)
			options.argv[options.argc++] = argv[i + 1];
	}
	if (needs_ipfix && !options.ipfix)
		return usage_error(ctl, "ipfix", "ipfix: the collector is missing");
	if (options.by_block && options.argc)
		return usage_error(ctl, "by", "by block: takes no filters");
	return flowlog_run(ctl, &options);
}

static const char *const flowlog_words[] = {
	"file FILE", "ipfix HOST[:PORT]", "transport udp|tcp", "by session|block", NULL
};

static const char *const flowlog_forms[] = {
	"find ADDRESS:PORT at TIME [proto PROTO] [file FILE]", NULL
};

static int flowlog_command(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	(void)obj;
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (argc && !strcmp(argv[0], "find"))
		return flowlog_find(ctl, argc - 1, argv + 1);
	return flowlog_service(ctl, argc, argv);
}

const struct object flowlog_object = {
	.word = "flowlog",
	.about = "log sessions as they open and end, or find in the log who had a port",
	.schema = &watch_schema,
	.words = flowlog_words,
	.forms = flowlog_forms,
	.run = flowlog_command,
};
