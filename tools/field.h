/* SPDX-License-Identifier: GPL-2.0 */
/* Fields: a value as it was typed into a request, and one of an answer to the output. */
#ifndef NATGWCTL_FIELD_H
#define NATGWCTL_FIELD_H

#include "nl.h"
#include "parse.h"
#include "schema.h"

extern const struct schema prefix_schema;
extern const char *const switch_words[];

const struct field *field_by_attr(const struct schema *schema, uint16_t attr);
bool field_put(struct request *req, const struct schema *schema, const struct field *f,
	       const char *value, struct parse_error *e);
bool fields_parse(const struct schema *schema, const struct nlmsghdr *nlh,
		  const struct nlattr **tb);
bool nest_parse(const struct schema *schema, const struct nlattr *nest,
		const struct nlattr **tb);
const struct nlattr *field_next(const struct nlattr *attr, const struct nlattr *const *tb);
const char *field_cidr(char buf[ADDR_TEXT], const struct nlattr *nest, bool host);
bool field_put_cidr(struct request *req, uint16_t attr, const char *value, bool host,
		    struct parse_error *e);
void field_show(struct out *o, const struct field *f, const struct nlattr *const *tb);
void fields_show(struct out *o, const struct schema *schema, unsigned int want,
		 const struct nlattr *const *tb);
const char *field_addr(char buf[ADDR_TEXT], const struct nlattr *addr, const struct nlattr *plen,
		       bool host);
char *field_text(const struct field *f, const struct nlattr *const *tb);
uint32_t field_u32(const struct nlattr *attr);
void field_find_u32(const struct nlmsghdr *nlh, uint16_t type, uint32_t *value);
uint64_t field_u64(const struct nlattr *attr);
const char *field_string(const struct nlattr *attr);

#endif /* NATGWCTL_FIELD_H */
