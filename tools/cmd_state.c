// SPDX-License-Identifier: GPL-2.0
/* session save and session restore: sessions outlive the module, and the machine's run. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/genetlink.h>

#include "object.h"
#include "state.h"
#include "state_file.h"
#include "table.h"

/* Bytes of a request beside its records: headers, version, vnet, pause */
#define OVERHEAD	256

/**
 * struct save - a file that is being written
 * @writer:	file
 * @n:		records so far, by kind
 */
struct save {
	struct state_writer writer;
	uint64_t n[STATE_KINDS];
};

static int attr_cb(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= NATGW_A_SAVE_MAX)
		tb[type] = attr;
	return MNL_CB_OK;
}

static bool attrs_parse(const struct nlmsghdr *nlh, const struct nlattr **tb)
{
	memset(tb, 0, (NATGW_A_SAVE_MAX + 1) * sizeof(*tb));
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), attr_cb, tb) == MNL_CB_OK;
}

static bool records_take(struct save *save, const struct nlattr *const *tb, uint16_t attr,
			 uint32_t kind)
{
	size_t len;

	if (!tb[attr])
		return true;
	len = mnl_attr_get_payload_len(tb[attr]);
	if (len % state_record[kind])
		return false;
	save->n[kind] += len / state_record[kind];
	if (len)
		state_put(&save->writer, kind, mnl_attr_get_u32(tb[NATGW_A_SAVE_VERSION]),
			  mnl_attr_get_str(tb[NATGW_A_SAVE_VNET]), mnl_attr_get_payload(tb[attr]),
			  len);
	return true;
}

static bool save_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[NATGW_A_SAVE_MAX + 1];

	return attrs_parse(nlh, tb) && tb[NATGW_A_SAVE_VERSION] && tb[NATGW_A_SAVE_VNET] &&
	       records_take(data, tb, NATGW_A_SAVE_SESSIONS, STATE_SESSIONS) &&
	       records_take(data, tb, NATGW_A_SAVE_DIRECTS, STATE_DIRECTS);
}

static void numbers_print(const struct ctl *ctl, const char *const *words, const uint64_t *n,
			  unsigned int count)
{
	struct out out;
	unsigned int i;

	out_begin(&out, true, ctl->pretty, OUT_TABLE);
	out_row(&out);
	for (i = 0; i < count; i++)
		out_number(&out, words[i], n[i]);
	out_row_end(&out);
	out_end(&out);
}

/* What is written takes the place of what has the name: of a device, too */
static bool can_replace(const struct ctl *ctl, const char *file)
{
	struct stat there;

	if (!strcmp(file, "-"))
		usage_error(ctl, NULL, "-: name a file, sessions are not written to the output");
	else if (!stat(file, &there) && !S_ISREG(there.st_mode))
		usage_error(ctl, NULL, "%s: %s", file, S_ISDIR(there.st_mode) ?
			    strerror(EISDIR) : "not a regular file, which alone can be replaced");
	else
		return true;
	return false;
}

/**
 * state_save - run "session save FILE"
 * @ctl:	run
 * @obj:	session
 * @verb:	save
 * @argc:	words behind the verb
 * @argv:	words behind the verb
 *
 * Return: exit status.
 */
int state_save(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
	       char **argv)
{
	static const char *const words[] = { "sessions", "direct" };
	static struct request req;
	struct save save = {};
	struct nl_error e;
	int ret;

	if (argc != 1)
		return usage_error(ctl, NULL, "say into which file: natgwctl session save FILE");
	if (!can_replace(ctl, argv[0]))
		return EXIT_USAGE;
	ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (!state_create(&save.writer, argv[0]))
		return usage_error(ctl, NULL, "%s: %s", argv[0], strerror(errno));
	request_init(&req, verb->cmd);
	/* a table that grows meanwhile tells sessions twice: the second is there already then */
	if (nl_dump(&ctl->nl, &req, NL_DUMP_STREAM, save_answer, &save, &e) < 0) {
		state_drop(&save.writer);
		return kernel_error(ctl, obj, &req, &e);
	}
	if (!state_close(&save.writer))
		return usage_error(ctl, NULL, "%s: %s", argv[0], strerror(errno));
	if (ctl->json)
		numbers_print(ctl, words, save.n + STATE_SESSIONS, ARRAY_SIZE(words));
	else
		printf("saved %llu session%s and %llu direct record%s\n",
		       (unsigned long long)save.n[STATE_SESSIONS],
		       save.n[STATE_SESSIONS] == 1 ? "" : "s",
		       (unsigned long long)save.n[STATE_DIRECTS],
		       save.n[STATE_DIRECTS] == 1 ? "" : "s");
	return 0;
}

/* What became of records, in the order of the attributes from NATGW_A_SAVE_RESTORED on */
static const char *const fate_words[] = {
	"restored", "expired", "no-address", "no-subnet", "exists", "port-taken", "no-room",
	"invalid",
};

static const char *const fate_texts[] = {
	"restored", "idle for too long", "of an address that no gateway has",
	"of a host that no subnet of that gateway has", "there already",
	"of a port that serves another flow or is reserved", "without room for them", "invalid",
};

static_assert(ARRAY_SIZE(fate_words) == NATGW_A_SAVE_MAX - NATGW_A_SAVE_RESTORED + 1,
	      "a reason has no word");
static_assert(ARRAY_SIZE(fate_texts) == ARRAY_SIZE(fate_words), "a reason has no text");

/* Of the others nothing is lost that could have gone on */
static bool fate_is_loss(unsigned int i)
{
	const unsigned int attr = NATGW_A_SAVE_RESTORED + i;

	return attr != NATGW_A_SAVE_RESTORED && attr != NATGW_A_SAVE_EXPIRED &&
	       attr != NATGW_A_SAVE_EXISTS;
}

static bool restore_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[NATGW_A_SAVE_MAX + 1];
	uint64_t *fate = data;
	unsigned int i;

	if (!attrs_parse(nlh, tb))
		return false;
	for (i = 0; i < ARRAY_SIZE(fate_words); i++)
		if (tb[NATGW_A_SAVE_RESTORED + i])
			fate[i] += mnl_attr_get_u32(tb[NATGW_A_SAVE_RESTORED + i]);
	return true;
}

/**
 * struct piece - what is still to be sent of a chunk
 * @chunk:	its header
 * @next:	next record
 * @end:	behind its records
 */
struct piece {
	struct state_chunk chunk;
	const char *next;
	const char *end;
};

/**
 * struct sending - restoring what a file has
 * @ctl:	run
 * @obj:	session
 * @verb:	restore
 * @pause:	ms since the file was saved
 * @fate:	what became of records, in the order of fate_words
 * @len:	bytes of @records
 * @records:	of the next request
 */
struct sending {
	struct ctl *ctl;
	const struct object *obj;
	const struct verb *verb;
	uint32_t pause;
	uint64_t fate[ARRAY_SIZE(fate_words)];
	size_t len;
	char records[NL_REQUEST_SIZE - OVERHEAD];
};

/* Can their records be in one request? As qsort() asks. */
static int chunk_compare(const struct state_chunk *a, const struct state_chunk *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	return memcmp(a->vnet, b->vnet, sizeof(a->vnet));
}

static int piece_compare(const void *a, const void *b)
{
	return chunk_compare(&((const struct piece *)a)->chunk, &((const struct piece *)b)->chunk);
}

static int records_send(struct sending *s, const struct state_chunk *chunk)
{
	static struct request req;
	struct nl_error e;

	request_init(&req, s->verb->cmd);
	request_u32(&req, NATGW_A_SAVE_VERSION, chunk->version);
	request_string(&req, NATGW_A_SAVE_VNET, chunk->vnet);
	request_u32(&req, NATGW_A_SAVE_PAUSE, s->pause);
	request_bytes(&req, chunk->kind == STATE_SESSIONS ? NATGW_A_SAVE_SESSIONS :
		      NATGW_A_SAVE_DIRECTS, s->records, s->len);
	s->len = 0;
	if (nl_request(&s->ctl->nl, &req, restore_answer, s->fate, &e))
		return kernel_error(s->ctl, s->obj, &req, &e);
	return 0;
}

/*
 * The records of chunks of one kind and one vnet, one of each chunk in turn. Within a chunk they
 * are in the order of the module's table: together they would go into one bucket of a table that
 * is still small, where only so many have room.
 */
static int pieces_send(struct sending *s, struct piece *pieces, size_t n)
{
	size_t size = state_record[pieces->chunk.kind], i;
	bool more = true;
	int ret = 0;

	while (more && !ret) {
		more = false;
		for (i = 0; i < n && !ret; i++) {
			if (pieces[i].next == pieces[i].end)
				continue;
			memcpy(s->records + s->len, pieces[i].next, size);
			s->len += size;
			pieces[i].next += size;
			more = true;
			if (sizeof(s->records) - s->len < size)
				ret = records_send(s, &pieces->chunk);
		}
	}
	if (!ret && s->len)
		ret = records_send(s, &pieces->chunk);
	return ret;
}

/* All of a file, sessions first */
static int file_send(struct sending *s, struct state_reader *r)
{
	size_t n = 0, first, behind, room = 0;
	struct piece *pieces = NULL, piece;
	int ret = 0;

	while ((piece.next = state_next(r, &piece.chunk))) {
		piece.end = piece.next + piece.chunk.bytes;
		if (n == room)
			pieces = out_checked(reallocarray(pieces, room = 2 * room + 64,
							  sizeof(piece)));
		pieces[n++] = piece;
	}
	if (n)
		qsort(pieces, n, sizeof(*pieces), piece_compare);
	for (first = 0; first < n && !ret; first = behind) {
		for (behind = first + 1; behind < n; behind++)
			if (chunk_compare(&pieces[first].chunk, &pieces[behind].chunk))
				break;
		ret = pieces_send(s, pieces + first, behind - first);
	}
	free(pieces);
	return ret;
}

static void fate_print(const struct ctl *ctl, const uint64_t *fate)
{
	unsigned int i;

	if (ctl->json) {
		numbers_print(ctl, fate_words, fate, ARRAY_SIZE(fate_words));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(fate_words); i++)
		if (!i || fate[i])
			printf("%8llu %s\n", (unsigned long long)fate[i], fate_texts[i]);
}

/* "max-age TIME", also written as an option, as it is one */
static int age_parse(const struct ctl *ctl, int argc, char **argv, uint32_t *age)
{
	const char *word = argc ? argv[0] : "";
	struct parse_error e;

	*age = UINT32_MAX;
	if (!argc)
		return 0;
	if (strcmp(word, "max-age") && strcmp(word, "--max-age"))
		return usage_error(ctl, NULL, "%s: unknown word, did you mean max-age TIME?", word);
	if (argc != 2)
		return usage_error(ctl, NULL, "max-age wants one time, as in max-age 5m");
	if (!parse_time(argv[1], false, age, &e))
		return usage_error(ctl, "max-age", "%s: %s", argv[1], e.text);
	return 0;
}

/**
 * state_restore - run "session restore FILE [max-age TIME]"
 * @ctl:	run
 * @obj:	session
 * @verb:	restore
 * @argc:	words behind the verb
 * @argv:	words behind the verb
 *
 * Return: exit status.
 */
int state_restore(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		  char **argv)
{
	static struct sending sending;
	char error[STATE_ERROR];
	struct state_reader r;
	uint64_t now, pause;
	unsigned int i;
	uint32_t age;
	int ret;

	if (!argc)
		return usage_error(ctl, NULL,
				   "say from which file: natgwctl session restore FILE [max-age TIME]");
	ret = age_parse(ctl, argc - 1, argv + 1, &age);
	if (!ret)
		ret = ctl_open(ctl);
	if (ret)
		return ret;
	if (!state_open(&r, argv[0], error))
		return usage_error(ctl, NULL, "%s: %s", argv[0], error);
	now = state_now();
	/*
	 * One that was set back says nothing: any age is possible, and none known. By less than
	 * what is allowed a clock without a battery may be behind after a boot.
	 */
	if (age != UINT32_MAX && now < r.saved && r.saved - now > (uint64_t)age * 1000) {
		state_free(&r);
		return usage_error(ctl, NULL,
				   "%s: the clock is %llu seconds behind the file, so that nobody knows whether max-age allows it: nothing was restored",
				   argv[0], (unsigned long long)(r.saved - now) / 1000);
	}
	pause = now > r.saved ? now - r.saved : 0;
	if (age != UINT32_MAX && pause > (uint64_t)age * 1000) {
		state_free(&r);
		return usage_error(ctl, NULL,
				   "%s: saved %llu seconds ago, max-age allows %u: nothing was restored",
				   argv[0], (unsigned long long)pause / 1000, age);
	}
	sending = (struct sending) { .ctl = ctl, .obj = obj, .verb = verb };
	sending.pause = pause < UINT32_MAX ? pause : UINT32_MAX;
	ret = file_send(&sending, &r);
	state_free(&r);
	if (ret)
		return ret;
	fate_print(ctl, sending.fate);
	for (i = 0; i < ARRAY_SIZE(fate_words); i++)
		if (fate_is_loss(i) && sending.fate[i])
			ret = EXIT_REFUSED;
	return ret;
}
