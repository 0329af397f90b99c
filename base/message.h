/*
 * The frames of every edge: who may send what to whom, with which payload.
 * Integers are little-endian, strings are pack_string(). The programs' tables
 * (struct frame_rule) enforce this list; an id is chosen by whoever starts the
 * exchange and comes back in each answer.
 */
#ifndef SEKISHO_BASE_MESSAGE_H
#define SEKISHO_BASE_MESSAGE_H

#include "base/certificate.h"
#include "base/error.h"
#include "base/events.h"
#include "base/policy.h"
#include "base/removal.h"
#include "base/verdict.h"

enum {
	ITEM_ID_SIZE = 32, /* hexadecimal digits of a random 128-bit number */
	NAME_MAX_BYTES = 1024,
	DEPARTMENT_MAX = 255,
	MIME_TYPE_MAX = 127,
	FILE_EXTENSION_MAX = 15,
	SCAN_NAME_MAX = 255,
	PASSWORDS_MAX = 64,
	PASSWORD_SIZE_MAX = 256,
	DELIVERY_MAX = 32 * 1024,
	DIRECTORY_TEXT_MAX = 255,
	DIRECTORY_PASSWORD_MAX = 512,
	AUTHENTICATION_MAX = 7 * 1024,
	DELIVERY_HEAD_LINES = 5, /* of mail: before the recipients; see
				    gateway/mail/promise.h */
	RECIPIENTS_TEXT_MAX = 20 * 1024,
	TASK_KEY_SIZE = 32,
	TASK_TOKEN_SIZE = 40, /* hexadecimal digits of 160 bits */
	TASK_LINK_MAX = 255,
	POLICY_TEXT_MAX = 64 * 1024, /* YAML of a version */
	POLICY_ANSWER_MAX = 2 * 1024 * 1024,
	SETTINGS_DETAIL_MAX = 40 * 1024,
	SETTINGS_ACTOR_MAX = 128,
};

enum message {
	MESSAGE_NONE = 0,

	/* --- intake (folder, command line) → broker --- */
	MESSAGE_SUBMIT,    /* + fd of the content; struct submission */
	MESSAGE_STATUS,    /* empty */
	MESSAGE_REPROCESS, /* struct reprocess; an item that waits */
	MESSAGE_TAKEN,     /* u32 error: the output of a REPROCESSED is kept */
	/* --- broker → intake --- */
	MESSAGE_REPORT,       /* + fd: memory file with the JSON report */
	MESSAGE_RESULT,       /* + fd of the output when it passes */
	MESSAGE_STATUS_REPLY, /* + fd: memory file with JSON */
	MESSAGE_REPROCESSED,  /* + fd of the output when it is asked for and
				 passes; struct reprocessed */
	/* --- broker → folder, mail door --- */
	MESSAGE_DELIVER_REPORT, /* + fd: the report of the DELIVER to come */
	MESSAGE_DELIVER,        /* + fd of the output; struct handover */
	/* --- folder, mail door → broker --- */
	MESSAGE_DELIVERED, /* u32 error; 0: the vault knows of it too */

	/* --- broker → worker, verifier, scanner (their zygotes) --- */
	MESSAGE_JOB_START, /* + fd: the job's channel; struct job_limits */
	MESSAGE_JOB_KILL,  /* empty */
	/* --- zygote → broker --- */
	MESSAGE_ZYGOTE_READY, /* JSON text: what the sandbox has, definitions */
	MESSAGE_JOB_EXIT,     /* u32 wait status; u32 error of the set-up */

	/* --- broker → job, on the job's channel --- */
	MESSAGE_JOB_INPUT,      /* + fd: sealed content, read-only */
	MESSAGE_JOB_OUTPUT,     /* + fd: where the output is written; worker */
	MESSAGE_JOB_TEXTS,      /* + fd: notices' texts of the site; worker */
	MESSAGE_JOB_PARAMETERS, /* struct job_parameters; starts the job */
	MESSAGE_NESTED_RESULT,  /* + fd when it passes; struct nested_outcome */
	/* --- job → broker, on the job's channel --- */
	MESSAGE_REMOVAL,  /* u16 kind, u64 bytes, 32 sha256, path, detail */
	MESSAGE_NESTED,   /* + fd: sealed content; id ticket; path, name,
			     vouched format, u32 refused */
	MESSAGE_JOB_DONE, /* struct job_outcome */

	/* --- broker, folder, command line → vault --- */
	MESSAGE_VAULT_ORIGINAL, /* + fd: original to keep, for a RECORD to come
				 */
	MESSAGE_VAULT_RECORD,   /* + fd: JSON report; struct vault_record */
	MESSAGE_VAULT_TRANSITION,  /* item id, u8 enum item_state, detail */
	MESSAGE_VAULT_STATE,       /* item id */
	MESSAGE_VAULT_OPEN,        /* item id, u8 enum opening: the original */
	MESSAGE_VAULT_PREVIEW,     /* (+ fd: what is shown); struct preview */
	MESSAGE_VAULT_LIST,        /* JSON text: filter */
	MESSAGE_VAULT_SHOW,        /* item id */
	MESSAGE_VAULT_TRAFFIC,     /* u8 direction, u8 stopped, reason */
	MESSAGE_VAULT_TRAFFIC_ASK, /* empty */
	MESSAGE_VAULT_BACKED_UP,   /* 32 sha256 of the manifest */
	MESSAGE_VAULT_TASKS,       /* empty; broker: the key of the links that
				      recipients get */
	MESSAGE_VAULT_DEFINITIONS, /* what the scanner says of them: state, u64
				      time in seconds, u32 signatures, u32
				      hours after which nothing passes */
	MESSAGE_VAULT_TOKEN,       /* of an original about to be delivered: item
				      id, u64 version, u32 what the door found
				      wrong with its token */
	MESSAGE_VAULT_KEEP,        /* + fd: what its receiver fetches; struct
				      handover */
	/* --- notifier → vault --- */
	MESSAGE_ALARM_TOLD, /* struct alarm_told */
	/* --- web → vault --- */
	MESSAGE_CONSOLE, /* (+ fd: JSON object of parameters);
			    struct console_call */
	/* --- vault → them --- */
	MESSAGE_VAULT_ACK, /* u32 error (enum error, positive), durable if 0;
			      of a RECORD that passes: its certificate */
	MESSAGE_VAULT_STATE_REPLY, /* u8 enum item_state, 32 output sha256 */
	MESSAGE_VAULT_OPENED,      /* + fd of the original; struct vault_opened
				    */
	MESSAGE_VAULT_REPLY,       /* + fd: memory file with JSON */
	MESSAGE_VAULT_TRAFFIC_STATE, /* u8 stopped, by enum direction; also
					unasked when it changes */
	MESSAGE_VAULT_DUE, /* item id: decided, to be opened; to the broker */
	MESSAGE_VAULT_PREVIEW_DUE, /* item id: somebody wants to see what is
				      left of it; to the broker */
	MESSAGE_VAULT_STOPS,       /* tenant, "" for all; u8 stopped: intake,
				      delivery, each by enum direction; to the broker
				    */

	MESSAGE_VAULT_TASKS_KEY, /* TASK_KEY_SIZE bytes */

	MESSAGE_CONSOLE_CONTENT, /* + fd; in front of the REPLY with this id */
	MESSAGE_CONSOLE_REPLY,   /* (+ fd: JSON object); u32 error, durable */

	/* --- vault → directory --- */
	MESSAGE_DIRECTORY_ASK, /* login, password */
	/* --- directory → vault --- */
	MESSAGE_DIRECTORY_ANSWER, /* u32 error, name, mail, department */

	/* --- vault → policy --- */
	MESSAGE_POLICY_CHECK, /* + fd: sealed YAML */
	/* --- policy → vault --- */
	MESSAGE_POLICY_CHECKED, /* (+ fd: JSON object); u32 error */
	/* --- vault → sekishod --- */
	MESSAGE_POLICY_APPLY, /* + fd: sealed YAML; id of the version, login of
				 who approved it */
	/* --- sekishod → vault --- */
	MESSAGE_SETTINGS, /* + fd: YAML of the policies; struct settings_state
			   */
	MESSAGE_PROGRAM_EVENT, /* struct program_event; told again until it is
				  noted, with the same id */
	/* --- vault → sekishod --- */
	MESSAGE_PROGRAM_NOTED, /* empty: the event with this id is durable */
	/* --- vault, sekishod → notifier --- */
	MESSAGE_ALARMS, /* u8 count; struct alarm each: what is not as it should
			   be, all of it, as often as the sender looks */

	/* --- sekishod → all --- */
	MESSAGE_STOP,   /* finish what is under way and exit */
	MESSAGE_RELOAD, /* read configuration, definitions again */
	MESSAGE_EDGE,   /* + fd: the named edge (payload: its name, a string)
			   was made anew because the peer was restarted */
	/* --- sekishod → broker --- */
	MESSAGE_PROGRAMS, /* u8 count; each: name, u32 pid (0: does not run),
			     u32 restarts */

	MESSAGE_COUNT
};

enum channel {
	CHANNEL_COMMAND = 0,
	CHANNEL_FOLDER,
	CHANNEL_MAIL,
	CHANNEL_UPLOAD, /* a person, by the console or the API */
	CHANNEL_COUNT
};
enum direction { DIRECTION_INBOUND = 0, DIRECTION_OUTBOUND, DIRECTION_COUNT };

/* The life of an item; see docs/architecture.md. */
enum item_state {
	STATE_UNKNOWN = 0, /* no such item */
	STATE_HELD,
	STATE_AWAITING_PASSWORD,
	STATE_READY,     /* output exists, not yet delivered */
	STATE_DELIVERED, /* output is where its receiver finds it */
	STATE_DESTROYED,
	STATE_REQUESTED, /* held, and somebody asked for something */
	STATE_APPROVED,  /* its release is decided */
	STATE_RELEASING, /* on its way */
	STATE_RELEASED_SANITIZED,
	STATE_RELEASED_ORIGINAL,
	STATE_REPROCESSING, /* goes all the way again, as decided */
	STATE_REJECTED,     /* never to be released */
	STATE_DESTROY_DUE,  /* destroyed as soon as nothing stops it */
	STATE_COUNT
};

/* MESSAGE_SUBMIT: item_id, u8 channel, u8 direction, department, name,
 * declared, format, u8 has_policy, policy (base/policy.h), u8 has_mode, u8
 * mode, u8 record, u8 hands_over, u32 refused, delivery, authentication, u16
 * password count, passwords. */
struct submission {
	char item_id[ITEM_ID_SIZE + 1]; /* "": the broker chooses one */
	enum channel channel;
	enum direction direction;
	char department[DEPARTMENT_MAX + 1];
	char name[NAME_MAX_BYTES + 1]; /* shown and used for the type */
	char declared[MIME_TYPE_MAX + 1];
	char format[32]; /* what the intake vouches that it is: "eml" for what
			    came by mail; "": found out */
	bool has_policy; /* else the configuration decides */
	struct policy policy;
	bool has_mode; /* this mode for every format */
	enum mode mode;
	bool record;        /* false: not written to the vault (command line) */
	bool hands_over;    /* what passes counts as delivered once it is on
			       record: the door cannot know more (milter) */
	enum error refused; /* the intake could not take the content: it is
			       held for this reason, whatever the fd holds */
	char delivery[DELIVERY_MAX + 1]; /* mail: the envelope, one address a
					    line, the sender first; "": not
					    known or too long */
	char authentication[AUTHENTICATION_MAX + 1]; /* mail: who we are, a
			    line for each key; "": not to be checked */
	size_t password_count;
	char passwords[PASSWORDS_MAX][PASSWORD_SIZE_MAX + 1];
};

/* MESSAGE_RESULT: in this order. */
struct result {
	char item_id[ITEM_ID_SIZE + 1];
	enum verdict verdict;
	enum error reason;
	char type[32]; /* name of the format, "unknown" */
	char extension[FILE_EXTENSION_MAX + 1]; /* of the output */
	char mime[MIME_TYPE_MAX + 1];
	uint8_t input_sha256[32];
	uint8_t output_sha256[32];
	uint64_t output_bytes;
	uint32_t removals;
	uint32_t duration_ms;
	bool recorded; /* durable in the vault; when false and recording was
			  asked for, the item is to be submitted again */
	char certificate[CERTIFICATE_MAX]; /* of the output; "": none */
};

/* MESSAGE_JOB_START: what becomes rlimits of the process. */
struct job_limits {
	uint64_t memory_bytes;
	uint64_t output_bytes;
	uint32_t cpu_seconds;
};

enum job_kind {
	JOB_SANITIZE = 0, /* worker */
	JOB_RECHECK,      /* worker: again, nested objects taken as they are */
	JOB_SCAN,         /* scanner */
	JOB_VERIFY,       /* verifier */
	JOB_PAGE,         /* preview: one page of an output as a PNG */
	JOB_TEXT,         /* worker: the text of an output */
	JOB_MACROS,       /* worker: the macros of an input as text */
	JOB_KIND_COUNT
};

/* MESSAGE_JOB_PARAMETERS: u8 kind, policy, u32 page, u32 depth, u64
 * unpacked_left, u32 members_left, item_id, name, declared, format, extension,
 * authentication, u16 password count, passwords. */
struct job_parameters {
	enum job_kind kind;
	struct policy policy;
	uint32_t page; /* JOB_PAGE: from 1 */
	uint32_t depth;
	uint64_t unpacked_left;
	uint32_t members_left;
	char item_id[ITEM_ID_SIZE + 1];
	char name[NAME_MAX_BYTES + 1];
	char declared[MIME_TYPE_MAX + 1];
	char format[32]; /* verify: the format it must be; sanitize: the
			    format somebody vouches for, "" */
	char extension[FILE_EXTENSION_MAX + 1];      /* verify: of the output */
	char authentication[AUTHENTICATION_MAX + 1]; /* of the submission */
	size_t password_count;
	char passwords[PASSWORDS_MAX][PASSWORD_SIZE_MAX + 1];
};

/* MESSAGE_JOB_DONE: in this order, flags as one byte each. */
struct job_outcome {
	enum error error;                    /* ERR_NONE: did what it should */
	char detail[REMOVAL_DETAIL_MAX + 1]; /* malware name, what was found */
	char format[32];                     /* of the input, "unknown" */
	char output_format[32]; /* what the verifier holds it against */
	char extension[FILE_EXTENSION_MAX + 1];
	char mime[MIME_TYPE_MAX + 1];
	bool opened_with_password;
	bool converted; /* into another format (text mode) */
	bool lossy;     /* a second run cannot give the same bytes */
	uint32_t pages; /* JOB_PAGE: how many there are */
};

/* MESSAGE_NESTED_RESULT: u8 verdict, u32 error, format, extension, mime,
 * part_id, link. */
struct nested_outcome {
	enum verdict verdict;
	enum error reason;
	char format[32];
	char extension[FILE_EXTENSION_MAX + 1];
	char mime[MIME_TYPE_MAX + 1];
	char part_id[ITEM_ID_SIZE + 1]; /* held and kept in the vault */
	char link[TASK_LINK_MAX + 1];   /* where its recipients give its
					   password; "": there is no such page */
};

/* MESSAGE_VAULT_RECORD: in this order. The item's findings and parts are in
 * the report that comes with it. Recording the same item_id again replaces
 * nothing that was delivered: it answers -ERR_STALE. */
struct vault_record {
	char item_id[ITEM_ID_SIZE + 1];
	enum channel channel;
	enum direction direction;
	char department[DEPARTMENT_MAX + 1];
	char name[NAME_MAX_BYTES + 1];
	enum item_state state; /* HELD, AWAITING_PASSWORD or READY */
	enum verdict verdict;
	enum error reason;
	char type[32];
	uint8_t input_sha256[32];
	uint64_t input_bytes;
	uint8_t output_sha256[32];
	uint64_t output_bytes;
	uint8_t policy_sha256[32];
	bool hands_over; /* READY, and delivered in the same step */
	char parent[ITEM_ID_SIZE + 1]; /* of a part kept by itself; "" */
	bool has_original;    /* a VAULT_ORIGINAL with the same frame id came */
	bool until_delivered; /* READY: its original stays until then */
	char delivery[DELIVERY_MAX + 1]; /* as in struct handover; "": as it
					    was */
	struct view recipients;          /* of what is not ready: lines of kind
					    ("department", "address", "user"), name and
					    department, divided by tabs; read: lives in
					    the payload; empty: as they were */
};

/* MESSAGE_VAULT_OPENED: what the vault knows of an item that waits for its
 * password, or whose release is decided. The opening is on record and counted
 * before this is sent. */
enum task {
	TASK_PASSWORD = 0, /* somebody gives one */
	TASK_REPROCESS,    /* decided: again, as if it came now */
	TASK_RELEASE,      /* decided: what passes is delivered */
	TASK_ORIGINAL,     /* decided: delivered as it is */
	TASK_PREVIEW,      /* somebody looks at it; nothing is delivered */
	TASK_COUNT
};

/* What an item is opened for. */
enum opening { OPENING_PASSWORD, OPENING_DECIDED, OPENING_PREVIEW, OPENINGS };

enum { RELEASE_TOKEN_MAX = 255 };

struct vault_opened {
	char item_id[ITEM_ID_SIZE + 1];
	enum channel channel;
	enum direction direction;
	char department[DEPARTMENT_MAX + 1];
	char name[NAME_MAX_BYTES + 1];
	char parent[ITEM_ID_SIZE + 1];
	uint32_t tries_left;
	char delivery[DELIVERY_MAX + 1];
	enum task task;
	char token[RELEASE_TOKEN_MAX + 1]; /* of an original, see
					      quarantine/review/token.h */
};

enum {
	PREVIEW_PARTS_MAX = 32,
	PREVIEW_PAGES_MAX = 10,
	PREVIEW_TITLE_MAX = 255,
	PREVIEW_BYTES_MAX = 32 * 1024 * 1024, /* all parts */
};

enum preview_kind {
	PREVIEW_PAGE,  /* PNG */
	PREVIEW_TEXT,  /* UTF-8 */
	PREVIEW_MACRO, /* UTF-8: the source of macros that were removed */
	PREVIEW_KINDS
};

/* MESSAGE_VAULT_PREVIEW: item_id, u32 reason, policy_sha256, u32 pages, u16
 * count, parts. The content of the parts follows each other in the fd; there is
 * none where there is a reason. */
struct preview {
	char item_id[ITEM_ID_SIZE + 1];
	enum error reason; /* why there is nothing to be shown */
	uint8_t policy_sha256[32];
	uint32_t pages; /* of the document; it may have more than are here */
	size_t count;
	struct preview_part {
		enum preview_kind kind;
		uint64_t bytes;
		char title[PREVIEW_TITLE_MAX + 1]; /* of macros: where they
						      were */
	} parts[PREVIEW_PARTS_MAX];
};

/* MESSAGE_REPROCESS: item_id, u8 takes_output, u16 password count, passwords.
 * Who reads or writes one wipes it. */
struct reprocess {
	char item_id[ITEM_ID_SIZE + 1];
	bool takes_output; /* the output comes back instead of being delivered
			      by the channel that the item came by */
	size_t password_count;
	char passwords[PASSWORDS_MAX][PASSWORD_SIZE_MAX + 1];
};

/* MESSAGE_REPROCESSED: in this order. With an output it is followed by another
 * one without, once MESSAGE_TAKEN came. */
struct reprocessed {
	enum verdict verdict;
	enum error reason;     /* why it is not delivered */
	enum item_state state; /* in which it is now */
	uint32_t tries_left;
	enum channel channel;
	char department[DEPARTMENT_MAX + 1];
	char name[NAME_MAX_BYTES + 1]; /* of the output, or of the item */
};

/* MESSAGE_DELIVER: in this order. `text` is the channel's own: of mail, see
 * gateway/mail/promise.h. */
struct handover {
	char item_id[ITEM_ID_SIZE + 1];
	char parent[ITEM_ID_SIZE + 1];
	enum task task;
	enum direction direction;
	enum verdict verdict;
	char department[DEPARTMENT_MAX + 1];
	char name[NAME_MAX_BYTES + 1]; /* of the item */
	char extension[FILE_EXTENSION_MAX + 1];
	char mime[MIME_TYPE_MAX + 1];
	char text[DELIVERY_MAX + 1];
	char certificate[CERTIFICATE_MAX]; /* of the output; "": none */
	char token[RELEASE_TOKEN_MAX + 1]; /* base/token.h, with TASK_ORIGINAL;
					      "": it came through the
					      pipeline */
};

/* The name in a MESSAGE_EDGE, and nothing behind it. */
enum { EDGE_NAME_SIZE = 32 };
int edge_name_read(struct view payload,
		   char ret_name[EDGE_NAME_SIZE]) MUST_CHECK;

enum {
	CONSOLE_OPERATION_MAX = 63,
	CONSOLE_TOKEN_MAX = 64, /* hexadecimal digits of a session's token */
	CONSOLE_SOURCE_MAX = 63,
	CONSOLE_ONCE_MAX = 64,
	CONSOLE_TENANT_MAX = 63,
	CONSOLE_PARAMETERS_MAX = 1024 * 1024, /* bytes of JSON */
	CONSOLE_ANSWER_MAX = 64 * 1024 * 1024,
};

/* MESSAGE_CONSOLE: in this order. */
struct console_call {
	char operation[CONSOLE_OPERATION_MAX + 1]; /* "items_search" */
	char token[CONSOLE_TOKEN_MAX + 1];         /* "": nobody */
	char source[CONSOLE_SOURCE_MAX + 1];       /* address of the browser */
	char once[CONSOLE_ONCE_MAX + 1];     /* the caller's key for a call that
						is done once; "" */
	char tenant[CONSOLE_TENANT_MAX + 1]; /* whose console it is; "": the
						only one */
	bool client; /* the token is an API client's, not a session's */
};

/* MESSAGE_SETTINGS: what is in force, or was refused. In this order. */
enum settings_reason {
	SETTINGS_START = 0,
	SETTINGS_RELOAD,
	SETTINGS_VERSION, /* one of the console's */
	SETTINGS_REASON_COUNT
};

struct settings_state {
	bool refused; /* all stays as it was; the fd is then empty or what was
			 refused */
	enum settings_reason reason;
	char actor[SETTINGS_ACTOR_MAX + 1]; /* "local:root" */
	uint8_t file_sha256[32];
	char version[ITEM_ID_SIZE + 1]; /* of the console; "": the file's */
	char detail[SETTINGS_DETAIL_MAX + 1]; /* JSON: what was wrong; "" */
};

void settings_write(struct buffer *buffer, const struct settings_state *value);
int settings_read(struct view payload, struct settings_state *ret) MUST_CHECK;
const char *settings_reason_name(enum settings_reason reason);

void submission_write(struct buffer *buffer, const struct submission *value);
int submission_read(struct view payload, struct submission *ret) MUST_CHECK;
void result_write(struct buffer *buffer, const struct result *value);
int result_read(struct view payload, struct result *ret) MUST_CHECK;
void job_limits_write(struct buffer *buffer, const struct job_limits *value);
int job_limits_read(struct view payload, struct job_limits *ret) MUST_CHECK;
void job_parameters_write(struct buffer *buffer,
			  const struct job_parameters *value);
int job_parameters_read(struct view payload,
			struct job_parameters *ret) MUST_CHECK;
void job_outcome_write(struct buffer *buffer, const struct job_outcome *value);
int job_outcome_read(struct view payload, struct job_outcome *ret) MUST_CHECK;
void nested_outcome_write(struct buffer *buffer,
			  const struct nested_outcome *value);
int nested_outcome_read(struct view payload,
			struct nested_outcome *ret) MUST_CHECK;
void vault_record_write(struct buffer *buffer,
			const struct vault_record *value);
int vault_record_read(struct view payload, struct vault_record *ret) MUST_CHECK;
void vault_opened_write(struct buffer *buffer,
			const struct vault_opened *value);
int vault_opened_read(struct view payload, struct vault_opened *ret) MUST_CHECK;
void preview_frame_write(struct buffer *buffer, const struct preview *value);
int preview_frame_read(struct view payload, struct preview *ret) MUST_CHECK;
void reprocess_write(struct buffer *buffer, const struct reprocess *value);
int reprocess_read(struct view payload, struct reprocess *ret) MUST_CHECK;
void reprocessed_write(struct buffer *buffer, const struct reprocessed *value);
int reprocessed_read(struct view payload, struct reprocessed *ret) MUST_CHECK;
void handover_write(struct buffer *buffer, const struct handover *value);
int handover_read(struct view payload, struct handover *ret) MUST_CHECK;
void console_call_write(struct buffer *buffer,
			const struct console_call *value);
int console_call_read(struct view payload, struct console_call *ret) MUST_CHECK;

/* A new random item id. */
void item_id_new(char ret_id[ITEM_ID_SIZE + 1]);
bool item_id_valid(const char *id);

/* The id of a part of an item that is kept by itself: derived, so that the same
 * input gives the same notice. `path` as in the report. */
void part_id_derive(const char *item_id, const char *path,
		    char ret_id[ITEM_ID_SIZE + 1]);

/*
 * The token in the link by which the recipients of an item give its password
 * (decision 95): of the item alone, so that a message that comes again has the
 * same link, and nobody guesses it who has not the vault's key.
 */
void task_token_derive(const uint8_t key[TASK_KEY_SIZE], const char *item_id,
		       char ret_token[TASK_TOKEN_SIZE + 1]);

/* "URL/password#TOKEN"; -ERR_LIMIT_BYTES: longer than TASK_LINK_MAX. */
int task_link_write(const char *url, const char *token,
		    char ret_link[TASK_LINK_MAX + 1]) MUST_CHECK;

/* "held", "awaiting_password", "ready", "released_original" ... */
const char *item_state_name(enum item_state state);
const char *channel_name(enum channel channel);
/* "page", "text", "macro" */
const char *preview_kind_name(enum preview_kind kind);
const char *direction_name(enum direction direction);

#endif
