/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of an expression share: tokens, operators, instructions. */
#ifndef KNAMED_POLICY_EXPRESSION_PARTS_H
#define KNAMED_POLICY_EXPRESSION_PARTS_H

#include "expression.h"

enum {
	EXPRESSION_SIZE_MOST = 64 << 10,
	EXPRESSION_CODE_MOST = 16 << 10,
	EXPRESSION_DEPTH = 32, /* of the stack */
};

/* ---- tokens ---- */

enum word {
	WORD_OR,
	WORD_AND,
	WORD_EQUAL,
	WORD_UNEQUAL,
	WORD_LESS,
	WORD_LESS_EQUAL,
	WORD_MORE,
	WORD_MORE_EQUAL,
	WORD_IN,
	WORD_MATCHES,
	WORD_CONTAINS,
	WORD_STARTS,
	WORD_ENDS,
	WORD_BINARY_COUNT, /* of those that stand between two values */
	WORD_NOT = WORD_BINARY_COUNT,
	WORD_MINUS,
	WORD_PLUS,
	WORD_OPEN,
	WORD_CLOSE,
	WORD_LIST_OPEN,
	WORD_LIST_CLOSE,
	WORD_COMMA,
	WORD_QUESTION,
	WORD_COLON,
	WORD_NONE,
};
enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_WORD, TOKEN_OTHER };
struct token {
	enum token_kind kind;
	size_t at, size; /* in the text */
	enum word word;
	double number;
	const char *text; /* of a text, without its quotes, in the arena */
	size_t text_size;
};
struct lexer {
	const char *text;
	size_t at;
	struct arena *arena;
};
/* False: the sentence, without its place, and the token says where. */
bool lexer_next(struct lexer *lexer, struct token *ret_token, struct error *error);

/* ---- instructions ---- */

enum fact {
	FACT_TYPE,
	FACT_NAME,
	FACT_CLASS,
	FACT_PROTO,
	FACT_CLIENT_IP,
	FACT_PORT,
	FACT_SERVER_IP,
	FACT_SERVER_PORT,
	FACT_TEXTS, /* those above are texts */
	FACT_SIZE = FACT_TEXTS,
	FACT_BUFSIZE,
	FACT_ID,
	FACT_OPCODE,
	FACT_DO,
	FACT_COUNT,
};

/* Values are taken from the stack, the last one first, and the result is put there. */
enum deed {
	DO_PUSH,      /* value */
	DO_FACT_TEXT, /* index: enum fact */
	DO_FACT_NUMBER,
	DO_FACT_BOOL,
	DO_VARIABLE,   /* index, of those given */
	DO_METADATA,   /* index: enum metadata_label */
	DO_IN_NETWORK, /* a text is an address in networks[index] */
	DO_CLIENT_IN,  /* the client's address is */
	DO_SERVER_IN,  /* the address that was asked is */
	DO_NOT,
	DO_NEGATE,
	DO_SAME_BOOL,
	DO_SAME_NUMBER,
	DO_SAME_TEXT,
	DO_ORDER_NUMBER,
	DO_ORDER_TEXT, /* word: the comparison */
	DO_CONTAINS,
	DO_STARTS,
	DO_ENDS,
	DO_MATCHES, /* regexes[index] */
	DO_GROUP_TEXT,
	DO_GROUP_NUMBER,
	DO_TO_NUMBER,
	DO_TO_TEXT,
	DO_ADD,
	DO_SUBTRACT,
	DO_JOIN,
	DO_REPLACE,
	DO_LENGTH,
	DO_LOWER,
	DO_UPPER,
	DO_AND,
	DO_OR,	   /* to index with the value if it decides, else without it */
	DO_BRANCH, /* to index if false */
	DO_JUMP,
	DO_ITEM_BOOL,
	DO_ITEM_NUMBER,
	DO_ITEM_TEXT, /* equal to the value below: to index with true, else without it */
	DO_NO_ITEM,   /* nothing was equal: false */
};

struct value_text {
	const char *text;
	size_t size;
};
struct value {
	bool is_true;
	double number;
	struct value_text text;
};
struct instruction {
	enum deed deed;
	enum word word;
	uint32_t index;
	struct value value;
};
struct expression {
	struct arena *arena; /* of its texts */
	struct instruction *code;
	size_t code_count;
	struct regex **regexes;
	size_t regex_count;
	struct config_network *networks;
	size_t network_count;
	enum expression_kind kind;
};

#endif
