#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * The part of the schema that holds an item's life to its rules: who asked,
 * who decided, for which recipients, and what that allows.
 *
 * What covers which row in the audit log: item_recipient is in the contents
 * hash of the record that brought it (evidence_contents()); request,
 * request_recipient, decision, release and legal_hold are in the evidence hash
 * of every later record of their item (evidence_hash()); exception, incident
 * and traffic_stop each have the hash of the row as it now is in the `after`
 * of the last record of their object ("exception:ID", "incident:ID",
 * "stop:SCOPE:DIRECTION"; review_row_hash()).
 */

/* --- the item's life (docs/vault.md) --- */

#define ITEM_BY_DEPARTMENT                                                     \
	"CREATE INDEX item_by_department ON item (department, number)"
#define ITEM_BY_TIME "CREATE INDEX item_by_time ON item (created_ms)"

#define ITEM_FIRST                                                             \
	"CREATE TRIGGER item_first BEFORE INSERT ON item"                      \
	" WHEN NEW.state_version <> 1 OR NEW.state NOT IN"                     \
	"  ('held', 'awaiting_password', 'ready')"                             \
	" BEGIN SELECT RAISE(ABORT, 'item: not a first state'); END"

#define ITEM_NEXT                                                              \
	"CREATE TRIGGER item_next BEFORE UPDATE ON item"                       \
	" WHEN NEW.number <> OLD.number OR NEW.id <> OLD.id"                   \
	"  OR NEW.tenant <> OLD.tenant OR NEW.created_ms <> OLD.created_ms"    \
	"  OR NEW.state_version <> OLD.state_version + 1"                      \
	"  OR OLD.state || '>' || NEW.state NOT IN ("                          \
	"   'held>held', 'held>awaiting_password', 'held>ready',"              \
	"   'held>requested', 'held>destroy_due',"                             \
	"   'awaiting_password>awaiting_password',"                            \
	"   'awaiting_password>held', 'awaiting_password>ready',"              \
	"   'awaiting_password>approved', 'awaiting_password>reprocessing',"   \
	"   'awaiting_password>destroy_due',"                                  \
	"   'ready>ready', 'ready>held', 'ready>awaiting_password',"           \
	"   'ready>delivered',"                                                \
	"   'delivered>delivered',"                                            \
	"   'requested>requested', 'requested>held', 'requested>ready',"       \
	"   'requested>awaiting_password', 'requested>approved',"              \
	"   'requested>rejected', 'requested>reprocessing',"                   \
	"   'requested>destroy_due',"                                          \
	"   'approved>approved', 'approved>releasing', 'approved>held',"       \
	"   'releasing>releasing', 'releasing>held',"                          \
	"   'releasing>released_sanitized', 'releasing>released_original',"    \
	"   'released_sanitized>released_sanitized',"                          \
	"   'released_original>released_original',"                            \
	"   'reprocessing>reprocessing', 'reprocessing>held',"                 \
	"   'reprocessing>awaiting_password', 'reprocessing>ready',"           \
	"   'rejected>rejected', 'rejected>destroy_due',"                      \
	"   'destroy_due>destroy_due', 'destroy_due>destroyed')"               \
	" BEGIN SELECT RAISE(ABORT, 'item: unlawful transition'); END"

/* Nothing moves towards its release without a decision on record, and only the
 * way that was decided. */
#define ITEM_DECIDED                                                           \
	"CREATE TRIGGER item_decided BEFORE UPDATE ON item"                    \
	" WHEN NEW.state IN ('approved', 'releasing', 'released_sanitized',"   \
	"  'released_original', 'reprocessing', 'rejected')"                   \
	"  AND NEW.state <> OLD.state AND NOT EXISTS ("                        \
	"   SELECT 1 FROM request JOIN decision"                               \
	"    ON decision.request = request.number"                             \
	"   WHERE request.item = NEW.number AND CASE NEW.state"                \
	"    WHEN 'rejected' THEN decision.outcome = 'rejected'"               \
	"     AND request.state = 'denied'"                                    \
	"    WHEN 'reprocessing' THEN request.kind = 'reprocess'"              \
	"     AND request.state = 'approved'"                                  \
	"     AND decision.outcome = 'approved'"                               \
	"    WHEN 'released_original' THEN"                                    \
	"     request.kind = 'release_original'"                               \
	"     AND request.state = 'done'"                                      \
	"     AND decision.outcome = 'approved'"                               \
	"    WHEN 'released_sanitized' THEN"                                   \
	"     request.kind = 'release_sanitized'"                              \
	"     AND request.state = 'done'"                                      \
	"     AND decision.outcome = 'approved'"                               \
	"    ELSE request.kind IN ('release_sanitized', 'release_original')"   \
	"     AND request.state = 'approved'"                                  \
	"     AND decision.outcome = 'approved' END)"                          \
	" BEGIN SELECT RAISE(ABORT, 'item: no decision'); END"

#define ITEM_KEPT                                                              \
	"CREATE TRIGGER item_kept BEFORE UPDATE ON item"                       \
	" WHEN NEW.state IN ('destroy_due', 'destroyed')"                      \
	"  AND NEW.state <> OLD.state AND EXISTS"                              \
	"  (SELECT 1 FROM legal_hold WHERE item = NEW.number)"                 \
	" BEGIN SELECT RAISE(ABORT, 'item: under legal hold'); END"

/* What is destroyed has no key left. */
#define ITEM_GONE                                                              \
	"CREATE TRIGGER item_gone AFTER INSERT ON transition"                  \
	" WHEN NEW.to_state = 'destroyed' AND EXISTS (SELECT 1 FROM blob"      \
	"  WHERE item = NEW.item AND wrapped_key IS NOT NULL)"                 \
	" BEGIN SELECT RAISE(ABORT, 'item: its key is still there'); END"

#define BLOB_KEPT                                                              \
	"CREATE TRIGGER blob_kept BEFORE UPDATE ON blob"                       \
	" WHEN NEW.wrapped_key IS NULL AND EXISTS"                             \
	"  (SELECT 1 FROM legal_hold WHERE item = OLD.item)"                   \
	" BEGIN SELECT RAISE(ABORT, 'blob: under legal hold'); END"
#define BLOB_STAYS                                                             \
	"CREATE TRIGGER blob_stays BEFORE DELETE ON blob"                      \
	" BEGIN SELECT RAISE(ABORT, 'blob: never deleted'); END"

/* --- whom it is for --- */

#define ITEM_RECIPIENT                                                         \
	"CREATE TABLE item_recipient ("                                        \
	" item INTEGER NOT NULL REFERENCES item (number),"                     \
	" number INTEGER NOT NULL CHECK (number >= 1),"                        \
	" tenant TEXT NOT NULL,"                                               \
	" kind TEXT NOT NULL"                                                  \
	"  CHECK (kind IN ('department', 'address', 'user')),"                 \
	" name TEXT NOT NULL,"       /* of department, mailbox or user */      \
	" department TEXT NOT NULL," /* that it belongs to */                  \
	" PRIMARY KEY (item, number)"                                          \
	") STRICT, WITHOUT ROWID"
#define RECIPIENT_BY_DEPARTMENT                                                \
	"CREATE INDEX recipient_by_department"                                 \
	" ON item_recipient (department, item)"
#define RECIPIENT_FIXED                                                        \
	"CREATE TRIGGER recipient_fixed BEFORE UPDATE ON item_recipient"       \
	" BEGIN SELECT RAISE(ABORT, 'item_recipient: never changed'); END"
#define RECIPIENT_STAYS                                                        \
	"CREATE TRIGGER recipient_stays BEFORE DELETE ON item_recipient"       \
	" BEGIN SELECT RAISE(ABORT, 'item_recipient: never deleted'); END"

/* --- requests and decisions --- */

/* `version`: the item's state version that the asking is; its record has the
 * reason that was given, salted. `evidence`: review_evidence(). */
#define REQUEST                                                                \
	"CREATE TABLE request ("                                               \
	" number INTEGER PRIMARY KEY,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" id TEXT NOT NULL UNIQUE"                                             \
	"  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"             \
	" item INTEGER NOT NULL,"                                              \
	" version INTEGER NOT NULL,"                                           \
	" kind TEXT NOT NULL CHECK (kind IN ('release_sanitized',"             \
	"  'release_original', 'reprocess', 'delete', 'unhold')),"             \
	" state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied',"  \
	"  'withdrawn', 'superseded', 'done', 'failed')),"                     \
	" requester INTEGER NOT NULL,"                                         \
	" requester_login TEXT NOT NULL,"                                      \
	" time_ms INTEGER NOT NULL,"                                           \
	" evidence BLOB NOT NULL CHECK (length(evidence) = 32),"               \
	" UNIQUE (number, requester, requester_login),"                        \
	" FOREIGN KEY (item, version)"                                         \
	"  REFERENCES transition (item, state_version)"                        \
	"  DEFERRABLE INITIALLY DEFERRED"                                      \
	") STRICT"
#define REQUEST_BY_STATE                                                       \
	"CREATE INDEX request_by_state ON request (state, number)"
#define REQUEST_BY_ITEM "CREATE INDEX request_by_item ON request (item, number)"
#define REQUEST_ONE                                                            \
	"CREATE UNIQUE INDEX request_one ON request (item)"                    \
	" WHERE state IN ('open', 'approved')"

/* Neither the uploader nor a recipient asks for an unchanged original. */
#define REQUEST_FIRST                                                          \
	"CREATE TRIGGER request_first BEFORE INSERT ON request"                \
	" WHEN NEW.state <> 'open' OR (NEW.kind = 'release_original'"          \
	"  AND EXISTS (SELECT 1 FROM item_recipient WHERE item = NEW.item"     \
	"   AND kind = 'user' AND name = NEW.requester_login))"                \
	" BEGIN SELECT RAISE(ABORT, 'request: not allowed'); END"
#define REQUEST_NEXT                                                           \
	"CREATE TRIGGER request_next BEFORE UPDATE ON request"                 \
	" WHEN NEW.number <> OLD.number OR NEW.tenant <> OLD.tenant"           \
	"  OR NEW.id <> OLD.id OR NEW.item <> OLD.item"                        \
	"  OR NEW.version <> OLD.version OR NEW.kind <> OLD.kind"              \
	"  OR NEW.requester <> OLD.requester"                                  \
	"  OR NEW.requester_login <> OLD.requester_login"                      \
	"  OR NEW.time_ms <> OLD.time_ms OR NEW.evidence <> OLD.evidence"      \
	"  OR OLD.state || '>' || NEW.state NOT IN ('open>approved',"          \
	"   'open>denied', 'open>withdrawn', 'open>superseded',"               \
	"   'approved>done', 'approved>failed')"                               \
	"  OR (NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM decision"  \
	"   WHERE request = NEW.number AND outcome = 'approved'))"             \
	"  OR (NEW.state = 'denied' AND NOT EXISTS (SELECT 1 FROM decision"    \
	"   WHERE request = NEW.number AND outcome <> 'approved'))"            \
	" BEGIN SELECT RAISE(ABORT, 'request: unlawful change'); END"
#define REQUEST_STAYS                                                          \
	"CREATE TRIGGER request_stays BEFORE DELETE ON request"                \
	" BEGIN SELECT RAISE(ABORT, 'request: never deleted'); END"

/* For which of the item's recipients; fixed once it has been decided. */
#define REQUEST_RECIPIENT                                                      \
	"CREATE TABLE request_recipient ("                                     \
	" request INTEGER NOT NULL REFERENCES request (number),"               \
	" item INTEGER NOT NULL,"                                              \
	" recipient INTEGER NOT NULL,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" PRIMARY KEY (request, item, recipient),"                             \
	" FOREIGN KEY (item, recipient)"                                       \
	"  REFERENCES item_recipient (item, number)"                           \
	") STRICT, WITHOUT ROWID"
#define REQUEST_RECIPIENT_FIRST                                                \
	"CREATE TRIGGER request_recipient_first"                               \
	" BEFORE INSERT ON request_recipient"                                  \
	" WHEN NOT EXISTS (SELECT 1 FROM request WHERE number = NEW.request"   \
	"  AND item = NEW.item AND state = 'open')"                            \
	"  OR EXISTS (SELECT 1 FROM decision WHERE request = NEW.request)"     \
	" BEGIN SELECT RAISE(ABORT, 'request_recipient: too late'); END"
#define REQUEST_RECIPIENT_FIXED                                                \
	"CREATE TRIGGER request_recipient_fixed"                               \
	" BEFORE UPDATE ON request_recipient"                                  \
	" BEGIN SELECT RAISE(ABORT, 'request_recipient: never changed'); END"
#define REQUEST_RECIPIENT_STAYS                                                \
	"CREATE TRIGGER request_recipient_stays"                               \
	" BEFORE DELETE ON request_recipient"                                  \
	" BEGIN SELECT RAISE(ABORT, 'request_recipient: never deleted'); END"

/* Who decides is not who asked: the foreign key says that `requester` is the
 * request's, the check that the approver is somebody else. */
#define DECISION                                                               \
	"CREATE TABLE decision ("                                              \
	" request INTEGER NOT NULL PRIMARY KEY,"                               \
	" tenant TEXT NOT NULL,"                                               \
	" item INTEGER NOT NULL,"                                              \
	" version INTEGER NOT NULL,"                                           \
	" requester INTEGER NOT NULL,"                                         \
	" requester_login TEXT NOT NULL,"                                      \
	" approver INTEGER NOT NULL CHECK (approver > 0),"                     \
	" approver_login TEXT NOT NULL,"                                       \
	" outcome TEXT NOT NULL"                                               \
	"  CHECK (outcome IN ('approved', 'denied', 'rejected')),"             \
	" time_ms INTEGER NOT NULL,"                                           \
	" evidence BLOB NOT NULL CHECK (length(evidence) = 32),"               \
	" CHECK (approver <> requester),"                                      \
	" CHECK (approver_login <> requester_login),"                          \
	" FOREIGN KEY (request, requester, requester_login)"                   \
	"  REFERENCES request (number, requester, requester_login),"           \
	" FOREIGN KEY (item, version)"                                         \
	"  REFERENCES transition (item, state_version)"                        \
	"  DEFERRABLE INITIALLY DEFERRED"                                      \
	") STRICT"
#define DECISION_FIRST                                                         \
	"CREATE TRIGGER decision_first BEFORE INSERT ON decision"              \
	" WHEN NOT EXISTS (SELECT 1 FROM request WHERE number = NEW.request"   \
	"  AND item = NEW.item AND state = 'open'"                             \
	"  AND evidence = NEW.evidence) OR (NEW.outcome = 'approved'"          \
	"  AND EXISTS (SELECT 1 FROM request JOIN item_recipient AS r"         \
	"   ON r.item = request.item WHERE request.number = NEW.request"       \
	"   AND request.kind = 'release_original' AND r.kind = 'user'"         \
	"   AND r.name = NEW.approver_login))"                                 \
	" BEGIN SELECT RAISE(ABORT, 'decision: not allowed'); END"
#define DECISION_FIXED                                                         \
	"CREATE TRIGGER decision_fixed BEFORE UPDATE ON decision"              \
	" BEGIN SELECT RAISE(ABORT, 'decision: never changed'); END"
#define DECISION_STAYS                                                         \
	"CREATE TRIGGER decision_stays BEFORE DELETE ON decision"              \
	" BEGIN SELECT RAISE(ABORT, 'decision: never deleted'); END"

/* Which recipient got it, once, and only one that was asked for. */
#define RELEASE                                                                \
	"CREATE TABLE release ("                                               \
	" item INTEGER NOT NULL,"                                              \
	" recipient INTEGER NOT NULL,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" request INTEGER NOT NULL,"                                           \
	" time_ms INTEGER NOT NULL,"                                           \
	" PRIMARY KEY (item, recipient),"                                      \
	" FOREIGN KEY (request, item, recipient)"                              \
	"  REFERENCES request_recipient (request, item, recipient)"            \
	") STRICT, WITHOUT ROWID"
#define RELEASE_FIRST                                                          \
	"CREATE TRIGGER release_first BEFORE INSERT ON release"                \
	" WHEN NOT EXISTS (SELECT 1 FROM request JOIN decision"                \
	"  ON decision.request = request.number"                               \
	"  WHERE request.number = NEW.request AND request.item = NEW.item"     \
	"  AND request.state = 'approved' AND decision.outcome = 'approved'"   \
	"  AND request.kind IN ('release_sanitized', 'release_original'))"     \
	" BEGIN SELECT RAISE(ABORT, 'release: no decision'); END"
#define RELEASE_FIXED                                                          \
	"CREATE TRIGGER release_fixed BEFORE UPDATE ON release"                \
	" BEGIN SELECT RAISE(ABORT, 'release: never changed'); END"
#define RELEASE_STAYS                                                          \
	"CREATE TRIGGER release_stays BEFORE DELETE ON release"                \
	" BEGIN SELECT RAISE(ABORT, 'release: never deleted'); END"

/* --- what must not be destroyed --- */

#define LEGAL_HOLD                                                             \
	"CREATE TABLE legal_hold ("                                            \
	" item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"         \
	" tenant TEXT NOT NULL,"                                               \
	" version INTEGER NOT NULL,"                                           \
	" holder INTEGER NOT NULL,"                                            \
	" holder_login TEXT NOT NULL,"                                         \
	" time_ms INTEGER NOT NULL,"                                           \
	" FOREIGN KEY (item, version)"                                         \
	"  REFERENCES transition (item, state_version)"                        \
	"  DEFERRABLE INITIALLY DEFERRED"                                      \
	") STRICT"
#define LEGAL_HOLD_FIXED                                                       \
	"CREATE TRIGGER legal_hold_fixed BEFORE UPDATE ON legal_hold"          \
	" BEGIN SELECT RAISE(ABORT, 'legal_hold: never changed'); END"
#define LEGAL_HOLD_STAYS                                                       \
	"CREATE TRIGGER legal_hold_stays BEFORE DELETE ON legal_hold"          \
	" WHEN NOT EXISTS (SELECT 1 FROM request WHERE item = OLD.item"        \
	"  AND kind = 'unhold' AND state = 'approved')"                        \
	" BEGIN SELECT RAISE(ABORT, 'legal_hold: no decision'); END"

/* --- exceptions, incidents, stops --- */

#define PROVEN                                                                 \
	" version INTEGER NOT NULL CHECK (version >= 1),"                      \
	" year INTEGER NOT NULL,"                                              \
	" seq INTEGER NOT NULL,"                                               \
	" FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"          \
	"  DEFERRABLE INITIALLY DEFERRED"

/* An exception to a rule: asked for by one, approved by another, never without
 * an end and never for more than a year. The reason is in the payload of its
 * first record. */
#define EXCEPTION                                                              \
	"CREATE TABLE exception ("                                             \
	" number INTEGER PRIMARY KEY,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" id TEXT NOT NULL UNIQUE"                                             \
	"  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"             \
	" state TEXT NOT NULL CHECK (state IN ('requested', 'active',"         \
	"  'denied', 'withdrawn', 'ended')),"                                  \
	" rule TEXT NOT NULL CHECK (rule <> ''),"                              \
	" department TEXT NOT NULL,"                                           \
	" requester INTEGER NOT NULL,"                                         \
	" requester_login TEXT NOT NULL,"                                      \
	" approver INTEGER,"                                                   \
	" approver_login TEXT,"                                                \
	" time_ms INTEGER NOT NULL,"                                           \
	" starts_ms INTEGER NOT NULL,"                                         \
	" ends_ms INTEGER NOT NULL,"                                           \
	" decided_ms INTEGER,"                                                 \
	" first_year INTEGER NOT NULL,"                                        \
	" first_seq INTEGER NOT NULL," PROVEN ","                              \
	" CHECK (ends_ms > starts_ms),"                                        \
	" CHECK (ends_ms <= starts_ms + 366 * 86400000),"                      \
	" CHECK (approver IS NULL OR approver <> requester),"                  \
	" CHECK (approver_login IS NULL"                                       \
	"  OR approver_login <> requester_login),"                             \
	" CHECK (state IN ('requested', 'withdrawn')"                          \
	"  OR (approver IS NOT NULL AND approver_login IS NOT NULL))"          \
	") STRICT"
#define EXCEPTION_BY_STATE                                                     \
	"CREATE INDEX exception_by_state ON exception (state, ends_ms)"
#define EXCEPTION_FIRST                                                        \
	"CREATE TRIGGER exception_first BEFORE INSERT ON exception"            \
	" WHEN NEW.state <> 'requested' OR NEW.version <> 1"                   \
	"  OR NEW.approver IS NOT NULL"                                        \
	" BEGIN SELECT RAISE(ABORT, 'exception: not a first state'); END"
#define EXCEPTION_NEXT                                                         \
	"CREATE TRIGGER exception_next BEFORE UPDATE ON exception"             \
	" WHEN NEW.version <> OLD.version + 1 OR NEW.number <> OLD.number"     \
	"  OR NEW.id <> OLD.id OR NEW.tenant <> OLD.tenant"                    \
	"  OR NEW.rule <> OLD.rule OR NEW.department <> OLD.department"        \
	"  OR NEW.requester <> OLD.requester OR NEW.time_ms <> OLD.time_ms"    \
	"  OR NEW.starts_ms <> OLD.starts_ms OR NEW.ends_ms <> OLD.ends_ms"    \
	"  OR (OLD.approver IS NOT NULL"                                       \
	"   AND NEW.approver IS NOT OLD.approver)"                             \
	"  OR OLD.state || '>' || NEW.state NOT IN ('requested>active',"       \
	"   'requested>denied', 'requested>withdrawn', 'active>ended')"        \
	" BEGIN SELECT RAISE(ABORT, 'exception: unlawful change'); END"
#define EXCEPTION_STAYS                                                        \
	"CREATE TRIGGER exception_stays BEFORE DELETE ON exception"            \
	" BEGIN SELECT RAISE(ABORT, 'exception: never deleted'); END"

#define INCIDENT                                                               \
	"CREATE TABLE incident ("                                              \
	" number INTEGER PRIMARY KEY,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" id TEXT NOT NULL UNIQUE"                                             \
	"  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"             \
	" state TEXT NOT NULL CHECK (state IN ('open', 'closed')),"            \
	" kind TEXT NOT NULL,"                                                 \
	" opener_login TEXT NOT NULL,"                                         \
	" opened_ms INTEGER NOT NULL,"                                         \
	" closer_login TEXT,"                                                  \
	" closed_ms INTEGER,"                                                  \
	" first_year INTEGER NOT NULL,"                                        \
	" first_seq INTEGER NOT NULL," PROVEN ","                              \
	" CHECK ((state = 'closed') = (closed_ms IS NOT NULL)),"               \
	" CHECK ((state = 'closed') = (closer_login IS NOT NULL))"             \
	") STRICT"
#define INCIDENT_BY_STATE                                                      \
	"CREATE INDEX incident_by_state ON incident (state, number)"
#define INCIDENT_NEXT                                                          \
	"CREATE TRIGGER incident_next BEFORE UPDATE ON incident"               \
	" WHEN NEW.version <> OLD.version + 1 OR NEW.number <> OLD.number"     \
	"  OR NEW.id <> OLD.id OR NEW.tenant <> OLD.tenant"                    \
	"  OR NEW.kind <> OLD.kind OR NEW.opener_login <> OLD.opener_login"    \
	"  OR NEW.opened_ms <> OLD.opened_ms OR OLD.state = 'closed'"          \
	" BEGIN SELECT RAISE(ABORT, 'incident: unlawful change'); END"
#define INCIDENT_STAYS                                                         \
	"CREATE TRIGGER incident_stays BEFORE DELETE ON incident"              \
	" BEGIN SELECT RAISE(ABORT, 'incident: never deleted'); END"

/* No row: it runs. */
#define TRAFFIC_STOP                                                           \
	"CREATE TABLE traffic_stop ("                                          \
	" scope TEXT NOT NULL"                                                 \
	"  CHECK (scope IN ('intake', 'delivery', 'release')),"                \
	" direction TEXT NOT NULL"                                             \
	"  CHECK (direction IN ('inbound', 'outbound')),"                      \
	" tenant TEXT NOT NULL,"                                               \
	" stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),"                 \
	" login TEXT NOT NULL,"                                                \
	" time_ms INTEGER NOT NULL," PROVEN ","                                \
	" PRIMARY KEY (scope, direction)"                                      \
	") STRICT, WITHOUT ROWID"
#define TRAFFIC_STOP_NEXT                                                      \
	"CREATE TRIGGER traffic_stop_next BEFORE UPDATE ON traffic_stop"       \
	" WHEN NEW.version <> OLD.version + 1 OR NEW.scope <> OLD.scope"       \
	"  OR NEW.direction <> OLD.direction"                                  \
	" BEGIN SELECT RAISE(ABORT, 'traffic_stop: unlawful change'); END"
#define TRAFFIC_STOP_STAYS                                                     \
	"CREATE TRIGGER traffic_stop_stays BEFORE DELETE ON traffic_stop"      \
	" BEGIN SELECT RAISE(ABORT, 'traffic_stop: never deleted'); END"

const char *const schema_review[] = {
    /* The item's table made anew without a list of states, which the triggers
     * have. SQLite reads every trigger when a table is renamed. */
    "DROP TRIGGER transition_matches",
    "CREATE TABLE item_before ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " id TEXT NOT NULL UNIQUE"
    "  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"
    " state TEXT NOT NULL,"
    " state_version INTEGER NOT NULL CHECK (state_version >= 1),"
    " created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " channel TEXT NOT NULL,"
    " direction TEXT NOT NULL,"
    " department TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " verdict TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " policy_sha256 BLOB NOT NULL CHECK (length(policy_sha256) = 32),"
    " FOREIGN KEY (number, state_version)"
    "  REFERENCES transition (item, state_version)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT",
    "INSERT INTO item_before SELECT * FROM item",
    "DROP TABLE item",
    "ALTER TABLE item_before RENAME TO item",
    "CREATE INDEX item_by_state ON item (state, number)",
    "CREATE TRIGGER item_stays BEFORE DELETE ON item"
    " BEGIN SELECT RAISE(ABORT, 'item: never deleted'); END",
    "CREATE TRIGGER transition_matches BEFORE INSERT ON transition"
    " WHEN NOT EXISTS (SELECT 1 FROM item WHERE number = NEW.item"
    "  AND state_version = NEW.state_version AND state = NEW.to_state)"
    " BEGIN SELECT RAISE(ABORT, 'transition: not of the item'); END",
    ITEM_BY_DEPARTMENT,
    ITEM_BY_TIME,
    ITEM_RECIPIENT,
    RECIPIENT_BY_DEPARTMENT,
    RECIPIENT_FIXED,
    RECIPIENT_STAYS,
    REQUEST,
    REQUEST_BY_STATE,
    REQUEST_BY_ITEM,
    REQUEST_ONE,
    REQUEST_RECIPIENT,
    DECISION,
    RELEASE,
    LEGAL_HOLD,
    ITEM_FIRST,
    ITEM_NEXT,
    ITEM_DECIDED,
    ITEM_KEPT,
    ITEM_GONE,
    BLOB_KEPT,
    BLOB_STAYS,
    REQUEST_FIRST,
    REQUEST_NEXT,
    REQUEST_STAYS,
    REQUEST_RECIPIENT_FIRST,
    REQUEST_RECIPIENT_FIXED,
    REQUEST_RECIPIENT_STAYS,
    DECISION_FIRST,
    DECISION_FIXED,
    DECISION_STAYS,
    RELEASE_FIRST,
    RELEASE_FIXED,
    RELEASE_STAYS,
    LEGAL_HOLD_FIXED,
    LEGAL_HOLD_STAYS,
    EXCEPTION,
    EXCEPTION_BY_STATE,
    EXCEPTION_FIRST,
    EXCEPTION_NEXT,
    EXCEPTION_STAYS,
    INCIDENT,
    INCIDENT_BY_STATE,
    INCIDENT_NEXT,
    INCIDENT_STAYS,
    TRAFFIC_STOP,
    TRAFFIC_STOP_NEXT,
    TRAFFIC_STOP_STAYS,
    NULL,
};
