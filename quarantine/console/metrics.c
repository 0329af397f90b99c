/* Numbers for monitoring: no names, addresses or users. */
#include "quarantine/console/call.h"

#include "base/banned.h"

static int put(json_t *answer, const char *name, const char *type,
	       const char *help, json_t *values)
{
	return json_object_set_new(answer, name,
				   json_pack("{s:s, s:s, s:o}", "type", type,
					     "help", help, "values", values)) ==
		       0
		   ? 0
		   : -ERR_MEMORY;
}

/* [["label=\"text\"", count]...] of a query with two columns; the texts are
 * from tables of ours. */
static int collect(struct call *call, const char *label, const char *sql,
		   json_t **ret_values)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, sql);
	json_t *values = json_array();
	char text[128];
	int result;

	while ((result = query_step(&query)) == 1) {
		(void)snprintf(text, sizeof(text), "%s=\"%s\"", label,
			       query_column_text(&query, 0));
		(void)json_array_append_new(
		    values,
		    json_pack("[s, I]", text,
			      (json_int_t)query_column_integer(&query, 1)));
	}
	if (result < 0) {
		json_decref(values);
		return result;
	}
	*ret_values = values;
	return 0;
}

/* Items are only ever added: those since the last time are counted. */
static int count_received(struct call *call, json_t **ret_values)
{
	static struct {
		const struct store *store;
		int64_t last;
		int64_t counts[CHANNEL_COUNT];
	} known;
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT number, channel FROM item WHERE number > ?"
		       " ORDER BY number");
	json_t *values = json_array();
	char text[64];
	int result;

	if (known.store != call->store) {
		known.store = call->store;
		known.last = 0;
		for (int i = 0; i < CHANNEL_COUNT; i++)
			known.counts[i] = 0;
	}
	query_integer(&query, known.last);
	while ((result = query_step(&query)) == 1) {
		known.last = query_column_integer(&query, 0);
		for (int i = 0; i < CHANNEL_COUNT; i++)
			known.counts[i] +=
			    strcmp(query_column_text(&query, 1),
				   channel_name((enum channel)i)) == 0;
	}
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		(void)snprintf(text, sizeof(text), "channel=\"%s\"",
			       channel_name((enum channel)i));
		(void)json_array_append_new(
		    values,
		    json_pack("[s, I]", text, (json_int_t)known.counts[i]));
	}
	*ret_values = values;
	return result;
}

int console_metrics(struct call *call)
{
	const struct audit_state *state = &call->store->audit.state;
	json_t *values = NULL;
	int error = parameters_end(call);

	if (error == 0)
		error = count_received(call, &values);
	if (error == 0)
		error =
		    put(call->answer, "sekisho_items_received_total", "counter",
			"Items on record, by the way they came.", values);
	if (error == 0)
		error = collect(call, "state",
				"SELECT state, count(*) FROM item"
				" GROUP BY state",
				&values);
	if (error == 0)
		error = put(call->answer, "sekisho_items", "gauge",
			    "Items on record, by state.", values);
	if (error == 0)
		error = put(
		    call->answer, "sekisho_audit_records", "gauge",
		    "Records in the log of this fiscal year.",
		    json_pack("[[s, I]]", "", (json_int_t)state->tree.size));
	if (error == 0)
		error = put(call->answer, "sekisho_audit_write_failures_total",
			    "counter",
			    "Transactions undone because they could not be "
			    "recorded.",
			    json_pack("[[s, I]]", "",
				      (json_int_t)call->store->failures));
	return error;
}
