/*
 * The broker: takes items in, runs each object of an item through scanner,
 * worker and verifier, holds them all to one budget, has the outcome recorded
 * and answers. It never reads content beyond its size and hash.
 *
 *   intake.c   clients: submissions in, results out
 *   item.c     an item: policy, budget, report, record, answer
 *   object.c   an object of an item: its stages
 *   jobs.c     processes: queue, start, frames, end
 *   scans.c    processes that scan several objects of an item
 *   digest.c   hashes and copies of large content
 *   zygotes.c  the links to worker, scanner and verifier
 *   vault_link.c  the link to the vault
 *   waiting.c, waiting_deliver.c  items that wait for their password, once
 *              somebody gives it
 *   later.c    those that passed and could not be delivered yet
 *   preview.c  what people are shown of an item's sanitized copy
 *   envelope.c where such an item of a message is to go
 *   status.c   what `sekisho status` shows
 */
#ifndef SEKISHO_GATEWAY_BROKER_H
#define SEKISHO_GATEWAY_BROKER_H

#include "base/frame.h"
#include "base/loop.h"
#include "base/message.h"
#include "base/outbox.h"
#include "gateway/broker/digest.h"
#include "gateway/config/config.h"
#include "gateway/report/name.h"
#include "gateway/report/report.h"

enum zygote_index {
	ZYGOTE_WORKER,
	ZYGOTE_DECODER, /* a worker with the heavy decoders of pictures */
	ZYGOTE_OPENER,  /* a worker with all that reads mail */
	ZYGOTE_SCANNER,
	ZYGOTE_VERIFIER,
	ZYGOTE_READER, /* a verifier with the heavy parsers */
	ZYGOTE_PREVIEW,
	ZYGOTE_OFFICE, /* starts LibreOffice on what is to be converted */
	ZYGOTES
};

/* A program that forks one process per job. */
struct zygote_link {
	struct broker *broker;
	const char *name;
	int fd; /* -1: being restarted */
	struct watch *watch;
	struct outbox outbox;
	bool ready;
	char state[4096]; /* JSON text of its last MESSAGE_ZYGOTE_READY */
	uint64_t losses;  /* times its edge closed */
};

struct vault_link {
	struct broker *broker;
	int fd; /* -1: not there */
	struct watch *watch;
	struct outbox outbox;
	bool wanted; /* false: works alone, nothing is recorded */
};

struct client {
	struct broker *broker;
	int fd;
	struct watch *watch;
	struct outbox outbox;
	unsigned in_flight;
	bool paused;
	enum channel channel; /* that it speaks for */
	bool edge;            /* one of our own programs, not a connection */
	struct client *next;
};

/* One run of one process. */
struct job_run {
	struct broker *broker;
	uint64_t id;
	struct object *object; /* NULL: nobody wants the outcome any more */
	enum job_kind kind;
	enum zygote_index zygote;
	bool of_output; /* looks at the output; else at the input */
	int channel;    /* our end; -1 before the start and after the end */
	struct watch *watch;
	uint64_t process;     /* id of the job that it was started for */
	bool used_before;     /* for a scan of the same item */
	bool stays;           /* waits for another scan when it is done */
	uint64_t scanned;     /* bytes, by this process so far */
	struct outbox outbox; /* answers to what it handed over */
	bool busy;            /* counts in process_count */
	bool ending;          /* counts in ending_count */
	bool held_back;       /* a rebuild whose input is not known to be clean:
				 none of its frames is looked at */
	bool exited;          /* ended while held back, with `status` */
	uint32_t status;      /* wait status */
	bool reported;        /* MESSAGE_JOB_DONE came */
	bool broken;          /* sent a frame that is not allowed */
	unsigned children;    /* nested objects it waits for */
	unsigned attempts;
	struct job_outcome outcome;
	struct job_run *next;
};

/*
 * The input is scanned while it is rebuilt: what the rebuild says is looked at
 * when the scan has found nothing. The checks of the output begin with the
 * rebuild's report, when the output is sealed; how its process ended is the
 * last of them.
 */
enum object_stage {
	STAGE_SCAN,    /* scan and rebuild are under way */
	STAGE_REBUILD, /* the scan found nothing */
	STAGE_CHECK,   /* verify, sanitize again and scan, side by side */
	STAGE_DONE,
};

struct object {
	struct item *item;
	struct object *parent; /* NULL: the original */
	struct job_run *parent_job;
	uint64_t ticket; /* of the parent's process */
	unsigned depth;  /* 0 for the original */
	char *path;      /* parts divided by '!' */
	char *name;      /* file name */
	char format[32]; /* that somebody vouches for; "" */
	char kind[32];   /* that the worker found: what is converted from */
	int input;       /* sealed memory file or unlinked file */
	uint64_t input_bytes;
	int output; /* -1: none */
	uint64_t output_bytes;
	enum object_stage stage;
	enum job_kind shows; /* JOB_PAGE, JOB_TEXT, JOB_MACROS: not part of the
				item but made to be looked at; else 0 */
	uint32_t page;       /* of JOB_PAGE */
	bool has_macros;     /* of an item that is looked at: to be shown */
	/* Who rebuilds it: the worker, or whom it is handed on to. */
	enum zygote_index rebuilder;
	bool guessed;  /* ...by its name: that one may hand it on, too */
	bool scanning; /* the scan of the input has started */
	unsigned checks_left;
	bool rebuild_ends; /* reported, its process has not ended yet */
	enum error failed; /* what a check said meanwhile */
	uint32_t removals; /* of its own, without nested objects */
	enum verdict verdict;
	enum error reason;
	char detail[REMOVAL_DETAIL_MAX + 1];
	struct job_outcome outcome; /* of the rebuild */
	struct object *next;        /* of the item */
};

struct item {
	struct broker *broker;
	struct client *client; /* NULL: it has gone away */
	uint64_t ticket;       /* of the client */
	struct submission submission;
	struct policy policy;
	char policy_name[128]; /* outlives the configuration */
	uint8_t policy_sha256[32];
	uint8_t input_sha256[32];
	uint8_t output_sha256[32];
	struct digest *input_digest;  /* under way, or NULL */
	struct digest *output_digest; /* likewise */
	int digest_error;
	uint64_t unpacked_left;
	uint32_t members_left;
	unsigned busy_count; /* of its jobs, busy */
	uint64_t begun_ms;   /* loop_now(); 0: still waiting */
	struct timer deadline;
	struct report *report;
	struct object *original;
	struct object *objects;
	enum verdict verdict;
	enum error reason;
	struct waiting *waiting; /* somebody gave its password; or NULL */
	bool preview; /* to be looked at: nothing is recorded or delivered */
	unsigned showing;      /* objects whose jobs are under way */
	uint32_t pages;        /* of its output, by the first page */
	bool ended;            /* verdict stands; being recorded */
	bool recorded;         /* the vault said so */
	uint64_t record_first; /* of the records of its parts */
	uint64_t record_id;    /* its own: the last of them */
	unsigned records_left;
	int record_error;
	char certificate[CERTIFICATE_MAX]; /* from the vault; "" */
	char repeats[ITEM_ID_SIZE + 1];    /* the delivered item it repeats */
	struct timer record_deadline;
	int report_file; /* -1 before it ended */
	char output_name[NAME_FILE_SIZE];
	struct item *next;
};

/* What sekishod said of a program. */
struct program_said {
	char name[EDGE_NAME_SIZE];
	uint32_t pid; /* 0: does not run */
	uint32_t restarts;
};

enum { PROGRAMS_SAID_MAX = 32, STOPS_MAX = 257 };

/* How long items took, in milliseconds: the bounds of a histogram whose last
 * class has none. */
enum { DURATIONS = 10 };
extern const uint64_t durations_ms[DURATIONS - 1];

struct broker {
	struct loop *loop;
	struct digests *digests;
	struct config *config;
	const char *config_path; /* NULL: the usual place */
	struct program_said programs[PROGRAMS_SAID_MAX];
	size_t program_count;
	uint64_t begun_ms;
	struct zygote_link zygotes[ZYGOTES];
	struct vault_link vault;
	struct client *clients;
	struct waiting *waiting;
	struct later *later;
	int listener;
	struct watch *listener_watch;
	struct item *items;
	unsigned item_count;
	uint64_t finished[VERDICT_COUNT];
	uint64_t durations[DURATIONS]; /* finished within durations_ms[i] */
	uint64_t duration_sum_ms;
	struct job_run *queue; /* not started; the first is next */
	struct job_run *running;
	struct idle_scan *idle_scans;
	unsigned process_count; /* started, neither waiting for children nor
				   done with their work */
	unsigned ending_count;  /* of `running`: reported, not ended */
	uint64_t last_id;
	uint8_t task_key[TASK_KEY_SIZE]; /* of the recipients' links */
	bool has_task_key;
	struct stops {
		char tenant[CONSOLE_TENANT_MAX + 1]; /* "": for all */
		bool intake[DIRECTION_COUNT];
		bool delivery[DIRECTION_COUNT];
	} stops[STOPS_MAX]; /* by the vault's word */
	size_t stop_count;
	int texts; /* the site's own notices, sealed; -1: the defaults */
	bool stopping;
	uint64_t stop_by_ms;
	struct timer stop_timer;
};

/* intake.c */
int intake_add_client(struct broker *broker, int fd, enum channel channel,
		      bool edge) MUST_CHECK;
void intake_accept(void *context, int fd);
void intake_answer(struct item *item);
void intake_resume(struct broker *broker);
/* Whether clients have been sent all they are to get. */
bool intake_is_told(const struct broker *broker);

/* item.c. Takes the fd. */
int item_begin(struct broker *broker, struct client *client, uint64_t ticket,
	       const struct submission *submission, int fd) MUST_CHECK;
/* Holds the whole item for this reason, whatever is still under way. */
void item_abort(struct item *item, enum error reason);
/* The original's output is frozen: it may be hashed. */
int item_hash_output(struct item *item) MUST_CHECK;
/* The original's verdict stands. */
void item_end(struct item *item);
/* The record is durable, or will never be. */
void item_recorded(struct item *item, int error);
/* Answers its client, if it is still there, and frees it. */
void item_finish(struct item *item);
/* item_begin() of an item that waited for its password. */
int item_begin_waiting(struct broker *broker, struct waiting *waiting,
		       struct client *client, uint64_t ticket,
		       const struct submission *submission, int fd) MUST_CHECK;
void item_start_clock(struct item *item);
void item_abandon_client(struct broker *broker, const struct client *client);

/* object.c */
struct object *object_new(struct item *item, struct object *parent,
			  const char *path, const char *name, int fd,
			  uint64_t size);
void object_begin(struct object *object);
void object_free(struct object *object);
/* The rebuild says that it is done; its process has not ended. */
void object_rebuild_reported(struct object *object, const struct job_run *job);
/* The process that rebuilt is lost: back to where it began, with an output in
 * which nothing stands. */
int object_rebuild_again(struct object *object) MUST_CHECK;
/* A job of this object ended: with `error` 0 as it should. */
void object_job_ended(struct object *object, const struct job_run *job,
		      enum error error);
void object_hold(struct object *object, enum error reason, const char *detail);
/* Whether a part that is held goes to the vault as an item of its own: of a
 * mail, whose other parts are delivered without it. */
bool object_is_kept(const struct object *object);
/* Adds it to the item's report. */
void object_report(const struct object *object);
/* Nobody waits for the objects below this one any more. */
void object_cancel_nested(struct object *object);

/* jobs.c */
int job_submit(struct object *object, enum job_kind kind) MUST_CHECK;
/* Whether it uses a processor, to our knowledge. */
void job_set_busy(struct job_run *job, bool busy);
/* Its work is done, only its end is still to come. */
void job_set_ending(struct job_run *job);
/* The input is clean: the rebuild's frames count. */
void job_release_rebuild(const struct object *object);
void job_forget_object(struct broker *broker, const struct object *object);
void jobs_schedule(struct broker *broker);
void jobs_exited(struct broker *broker, uint64_t id, uint32_t status);
/* The zygote is gone and its processes with it: do their jobs again, or hold
 * their objects after three times. */
void jobs_lost(struct broker *broker, enum zygote_index zygote);
/* A nested object has its verdict: tell the process that waits for it. */
void job_answer_nested(struct object *object);

/* Of a process that goes on: its scan found nothing. */
void jobs_scan_ended(struct job_run *job);

/* scans.c. Whether a process that waits takes the job. */
bool scans_take(struct job_run *job);
/* The job has been sent: whether its process will wait for another. */
void scans_begun(struct job_run *job);
/* The job has reported: whether its process waits now, without it. */
bool scans_keep(struct job_run *job);
/* Nothing of this item will be scanned any more. */
void scans_end(const struct item *item);
/* One that waits has ended: whose it was, or NULL. */
struct item *scans_exited(struct broker *broker, uint64_t process);
/* All of them have ended with the scanner. */
void scans_lost(struct broker *broker);

/* job_frames.c */
/* Handles what lies in the channel, some frames at a time; whether more may be
 * there. */
bool job_frames_receive(struct job_run *job);
void job_frames_send_start(struct job_run *job, int channel);

/* zygotes.c */
void zygote_connect(struct broker *broker, enum zygote_index index, int fd);
int zygote_index_of(const char *name);

/* vault_link.c */
void vault_connect(struct broker *broker, int fd);
/* Has the ended item recorded; item_recorded() follows, now or later. */
void vault_record_item(struct item *item);
/* Tells the vault what the scanner says of its definitions. */
void vault_tell_definitions(struct broker *broker);
/* What somebody has stopped, for this department. */
void vault_stops(const struct broker *broker, const char *department,
		 enum direction direction, bool *ret_intake,
		 bool *ret_delivery);
/* How many of its parts would be kept as items of their own. */
unsigned vault_parts(const struct item *item);

/* waiting.c. Frames of clients, folder and doors. */
int waiting_on_reprocess(void *context, struct frame *frame);
int waiting_on_taken(void *context, struct frame *frame);
int waiting_on_delivered(void *context, struct frame *frame);
/* Frames of the vault; false: the answer is not to one of ours. */
int waiting_on_opened(void *context, struct frame *frame);
int waiting_on_due(void *context, struct frame *frame);
bool waiting_acknowledged(struct broker *broker, uint64_t id, int error);
void waiting_vault_lost(struct broker *broker);
void waiting_client_gone(struct broker *broker, const struct client *client);
/* Whether it is opened to be looked at. */
bool waiting_is_preview(const struct waiting *waiting);
/* The item of this has begun, under this pointer. */
void waiting_begun(struct waiting *waiting, struct item *item);
/* Whether what became of its item changes its record: not where the password
 * was wrong. May find that one inside of it is still missing. */
bool waiting_is_settled(struct item *item);
/* In the place of an answer to a submission. */
void waiting_recorded(struct item *item, int error);

/* later.c: what is not delivered is given up. */
void later_end(struct broker *broker);

/* preview.c */
int preview_on_due(void *context, struct frame *frame);
/* Its verdict stands: what can be seen is made, and goes to the vault. */
void preview_begin(struct item *item);
void preview_job_ended(struct object *object, const struct job_run *job,
		       enum error error);
/* It could not even be started. */
void preview_failed(struct object *object, enum error reason);
/* It takes too long, or the item itself does not pass. */
void preview_give_up(struct item *item, enum error reason);

/* envelope.c: `delivery` of the record of an item of mail, see struct
 * delivery. */
void envelope_write(const struct item *item, char text[DELIVERY_MAX + 1]);
/* `recipients` of that record: each with the department that it belongs to.
 * Nothing where it did not come by mail; an error when they are too many. */
int envelope_recipients(const struct item *item,
			struct buffer *text) MUST_CHECK;

/* status.c. What the scanner says of its definitions, in one line: "3
 * signatures of 2026-11-21T10:00:00Z"; "" when it says nothing. */
void status_definitions(const struct broker *broker, char *text, size_t size);
/* A memory file with JSON. */
int status_write(struct broker *broker, int *ret_fd) MUST_CHECK;
/* MESSAGE_PROGRAMS */
int status_programs(struct broker *broker, struct view payload) MUST_CHECK;

#endif
