/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects as tables. A field is an attribute of the uapi header, its keyword
 * and its JSON key at once; one table serves the parser, the encoder, the
 * check of answers, both outputs, help, completion and error messages.
 */
#ifndef NATGWCTL_SCHEMA_H
#define NATGWCTL_SCHEMA_H

#include <stdint.h>

#include "print.h"

struct ctl;
struct item;
struct nlattr;
struct object;

/** enum field_type - how a value is written, sent and printed */
enum field_type {
	FIELD_NAME,	/* string */
	FIELD_REF,	/* string, empty: none */
	FIELD_NUMBER,	/* u32 */
	FIELD_TIME,	/* u32, seconds */
	FIELD_PERCENT,	/* u32, per cent */
	FIELD_WORD,	/* u32, index of @words */
	FIELD_VERDICT,	/* u32, index of @words; 0: yes, else the reason */
	FIELD_PROTO,	/* u32, IP protocol */
	FIELD_ADDRESS,	/* binary */
	FIELD_PREFIX,	/* binary + @attr2 u32 length */
	FIELD_HOST,	/* FIELD_PREFIX whose length 32 is not printed and not needed */
	FIELD_CIDR,	/* nest of prefix_schema, a prefix */
	FIELD_CIDR_HOST,	/* FIELD_CIDR whose length 32 is not printed and not needed */
	FIELD_ENDPOINT,	/* binary + @attr2 u32 port */
	FIELD_COUNTER,	/* u64 */
	FIELD_NEST,	/* nest of @nest */
	FIELD_EXTRA,	/* no attribute; the command itself takes it */
};

/** enum field_flags - where a field appears */
enum field_flags {
	FIELD_KEY = 1,		/* names the object, stands behind the verb */
	FIELD_SET = 2,		/* a keyword of add and set */
	FIELD_FILTER = 4,	/* a keyword that selects */
	FIELD_SHOW = 8,		/* printed */
	FIELD_COUNT = 16,	/* printed with -s only */
	FIELD_LINE = 32,	/* begins a line of a block */
	FIELD_MINUTES = 64,	/* a time that people give in minutes */
	FIELD_REPEAT = 128,	/* any number: A,B or given again; in JSON an array */
	FIELD_WIDE = 256,	/* JSON prints it, text with -s only */
	FIELD_JSON = 512,	/* JSON prints it, text says it in a sentence */
	FIELD_RARE = 1024,	/* text leaves it out where there is none */
	FIELD_ACT = 2048,	/* asks for an act, and is no configuration: no file has it */
	FIELD_LEAD = 4096,	/* another value brings the defaults of FIELD_LED keys anew */
	FIELD_LED = 8192,	/* its default depends on the key with FIELD_LEAD */
	FIELD_FIXED = 16384,	/* never changes: the object must be made anew */
	FIELD_OWN = 65536,	/* from here on each command gives the flags its own meaning */
};

/**
 * struct field - one attribute
 * @word:	keyword and JSON key
 * @type:	enum field_type
 * @flags:	enum field_flags
 * @attr:	attribute
 * @attr2:	its companion: prefix length, port
 * @alt:	attribute of a name that may stand instead of a prefix
 * @word2:	JSON key of the companion
 * @words:	words of an enum, ends with NULL
 * @retired:	attribute of a verdict that is on when the object has left service: in
 *		text that stands instead of the verdict, as it is no defect
 * @off:	word for 0, where 0 is no number or time: "none", "off"; null in JSON
 * @nest:	fields of a nest
 * @value:	how help writes the value, where @type does not say it
 * @initial:	value of a new object, as it is typed, where that is neither none nor @off nor
 *		the first of @words
 * @about:	one line of help
 */
struct field {
	const char *word;
	enum field_type type;
	unsigned int flags;
	uint16_t attr;
	uint16_t attr2;
	uint16_t alt;
	uint16_t retired;
	const char *word2;
	const char *const *words;
	const char *off;
	const struct schema *nest;
	const char *value;
	const char *initial;
	const char *about;
};

/** FIELDS_ATTRS - larger than any attribute of one set */
#define FIELDS_ATTRS	48
/** KEY_TEXT - room for the name of any object, that of a route is the longest */
#define KEY_TEXT	96

/**
 * struct schema - the fields of one attribute set
 * @noun:	"gateway"
 * @fields:	table
 * @n_fields:	its length
 * @family:	attribute of the address family, or 0
 * @max:	last attribute
 */
struct schema {
	const char *noun;
	const struct field *fields;
	unsigned int n_fields;
	uint16_t family;
	uint16_t max;
};

/** enum verb_flags */
enum verb_flags {
	VERB_NAME = 1,		/* wants a name */
	VERB_NAME_OPT = 2,	/* takes a name */
	VERB_KEYS = 4,		/* takes keywords with FIELD_SET */
	VERB_FILTER = 8,	/* takes keywords with FIELD_FILTER */
	VERB_BATCH = 16,	/* may stand in a batch */
	VERB_FILE = 32,		/* wants a file; looks at its words itself */
	VERB_AGE = 64,		/* takes "max-age TIME" behind that */
	VERB_CONFIG = 128,	/* takes -f FILE, several times, see file_option() */
	VERB_ONE = 256,		/* takes a name in front of its filters, see verb_one() */
};

/**
 * struct verb - what can be done with an object
 * @word:	"add"
 * @flags:	enum verb_flags
 * @cmd:	enum natgw_cmd
 * @keys:	flag that its keywords have in their fields; 0: FIELD_SET, or FIELD_FILTER with
 *		VERB_FILTER
 * @sub:	verb that is run instead if its word follows, or NULL
 * @run:	does it; @argv begins behind the verb
 * @about:	one line of help
 */
struct verb {
	const char *word;
	unsigned int flags;
	uint8_t cmd;
	unsigned int keys;
	const struct verb *sub;
	int (*run)(struct ctl *ctl, const struct object *obj, const struct verb *verb, int argc,
		   char **argv);
	const char *about;
};

/**
 * struct drain - attributes of an object that can be drained
 * @sessions:	its sessions
 * @left:	time left, there while it is drained; 0 for objects that cannot be
 * @oldest:	age of its oldest session
 */
struct drain {
	uint16_t sessions;
	uint16_t left;
	uint16_t oldest;
};

/**
 * struct object - a noun of the command line
 * @word:	"gateway"
 * @about:	one line of help
 * @schema:	its attributes, or NULL
 * @verbs:	what can be done with it; the one named show, or else
 *		status, is the default
 * @n_verbs:	their number; 0: @run does all
 * @layout:	of text
 * @rank:	when a file's objects are made, those that refer to others after these; 0: no
 *		file has this kind
 * @drain:	attributes of a drain
 * @initial:	default of a field of one object, as it is typed, where it depends on the
 *		object: true, and the value or NULL for none; may be NULL
 * @tidy:	drops from an answer what no file has to say, as it follows from something
 *		else; may be NULL
 * @show_more:	prints what is not an attribute of the object, or NULL
 * @words:	without verbs: words that may follow, each with its value as help writes it, ends
 *		with NULL; or NULL. With a schema, keywords with FIELD_FILTER may follow; with
 *		@takes_file they stand behind the file
 * @forms:	without verbs: what else the command may be, each a word and all that follows it,
 *		as help writes it, ends with NULL; or NULL. Without @words it is nothing else
 * @takes_file:	without verbs: "-f FILE" follows
 * @options:	without verbs: options, each with its value as help writes it, that may stand
 *		behind it instead, ends with NULL; or NULL
 * @takes_options: without verbs: it has options of its own, and looks at them itself
 * @run:	without verbs: does it
 */
struct object {
	const char *word;
	const char *about;
	const struct schema *schema;
	const struct verb *verbs;
	unsigned int n_verbs;
	enum out_layout layout;
	unsigned int rank;
	struct drain drain;
	bool (*initial)(const struct item *it, const struct field *f, const char **value);
	void (*tidy)(struct item *it);
	void (*show_more)(struct out *o, const struct nlattr *const *tb);
	const char *const *words;
	const char *const *forms;
	bool takes_file;
	const char *const *options;
	bool takes_options;
	int (*run)(struct ctl *ctl, const struct object *obj, int argc, char **argv);
};

/**
 * struct extra - values of a FIELD_EXTRA
 * @values:	values, each allocated
 * @n:		their number
 */
struct extra {
	char **values;
	unsigned int n;
};

/** DRAIN_TEXT - room for any sentence of drain_text() */
#define DRAIN_TEXT	96

extern const struct object *const objects[];

#endif /* NATGWCTL_SCHEMA_H */
