#define _GNU_SOURCE
#include "gateway/directory/lookup.h"

#include "base/bytes.h"
#include "base/log.h"

#include <ldap.h>
#include <sys/time.h>

#include "base/banned.h"

enum { SECONDS_MAX = 5, FILTER_MAX = 1024, DN_MAX = 1024 };

int directory_filter(const char *pattern, const char *login, char *ret_filter,
		     size_t size)
{
	BUFFER_CLEANUP struct buffer filter = buffer_make(size - 1);
	bool found = false;

	for (const char *at = pattern; *at != '\0'; at++) {
		if (at[0] != '%' || at[1] != 's') {
			buffer_u8(&filter, (uint8_t)*at);
			continue;
		}
		for (const char *one = login; *one != '\0'; one++) {
			if (strchr("*()\\", *one) != NULL ||
			    (unsigned char)*one < 0x20 ||
			    (unsigned char)*one >= 0x7f)
				buffer_format(&filter, "\\%02x",
					      (unsigned char)*one);
			else
				buffer_u8(&filter, (uint8_t)*one);
		}
		found = true;
		at++;
	}
	if (!found || buffer_error(&filter) != 0)
		return -ERR_CONFIG;
	(void)!bytes_copy(ret_filter, size, buffer_contents(&filter));
	ret_filter[filter.size] = '\0';
	return 0;
}

static void say(const char *event, int code)
{
	log_line(LOG_LINE_WARNING, "%s problem=%s", event,
		 log_quoted(&(struct log_text){0}, ldap_err2string(code)));
}

/* The library's options: a certificate that fits, time limits, no referrals to
 * machines that nobody named. */
static int set_options(LDAP *link, const struct config_directory *settings)
{
	const int version = LDAP_VERSION3;
	const int demand = LDAP_OPT_X_TLS_DEMAND;
	const int client = 0;
	struct timeval limit = {.tv_sec = SECONDS_MAX};

	if (ldap_set_option(link, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(link, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(link, LDAP_OPT_NETWORK_TIMEOUT, &limit) != 0 ||
	    ldap_set_option(link, LDAP_OPT_TIMEOUT, &limit) != 0 ||
	    ldap_set_option(link, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != 0 ||
	    ldap_set_option(link, LDAP_OPT_X_TLS_CACERTFILE, settings->ca) !=
		0 ||
	    ldap_set_option(link, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
		return -ERR_CONFIG;
	return 0;
}

static void link_release(LDAP **link)
{
	if (*link != NULL)
		(void)ldap_unbind_ext_s(*link, NULL, NULL);
}
#define LINK_CLEANUP __attribute__((cleanup(link_release)))

/* An encrypted connection; ldap:// is turned into one before anything else. */
static int open_link(const struct config_directory *settings, LDAP **ret_link)
{
	int code = ldap_initialize(ret_link, settings->url);
	int error;

	if (code != LDAP_SUCCESS) {
		*ret_link = NULL;
		say("directory-unusable", code);
		return -ERR_CONFIG;
	}
	error = set_options(*ret_link, settings);
	if (error != 0)
		return error;
	if (strncmp(settings->url, "ldaps://", 8) == 0)
		return 0; /* at the first question */
	code = ldap_start_tls_s(*ret_link, NULL, NULL);
	if (code == LDAP_SUCCESS)
		return 0;
	say("directory-not-trusted", code);
	return -ERR_UNAVAILABLE;
}

/* An empty password would be a bind as nobody, which succeeds. */
static int bind_as(LDAP *link, const char *name, const char *password)
{
	struct berval secret = {.bv_len = strlen(password)};
	int code;

	if (password[0] == '\0' || name[0] == '\0')
		return -ERR_LOGIN_REFUSED;
	/* The library does not change it. */
	secret.bv_val = (char *)(uintptr_t)password;
	code = ldap_sasl_bind_s(link, name, LDAP_SASL_SIMPLE, &secret, NULL,
				NULL, NULL);
	if (code == LDAP_SUCCESS)
		return 0;
	if (code == LDAP_INVALID_CREDENTIALS ||
	    code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_NO_SUCH_OBJECT)
		return -ERR_LOGIN_REFUSED;
	say("directory-failed", code);
	return -ERR_UNAVAILABLE;
}

static void read_value(LDAP *link, LDAPMessage *entry, const char *attribute,
		       char *text, size_t size)
{
	struct berval **values;

	text[0] = '\0';
	if (attribute[0] == '\0')
		return;
	values = ldap_get_values_len(link, entry, attribute);
	if (values != NULL && values[0] != NULL && values[0]->bv_len < size &&
	    memchr(values[0]->bv_val, 0, values[0]->bv_len) == NULL &&
	    bytes_copy(text, size - 1,
		       view_of(values[0]->bv_val, values[0]->bv_len)))
		text[values[0]->bv_len] = '\0';
	ldap_value_free_len(values);
}

static int read_entry(LDAP *link, const struct config_directory *settings,
		      LDAPMessage *result, char dn[DN_MAX],
		      struct directory_person *person)
{
	LDAPMessage *entry = ldap_first_entry(link, result);
	char *name;
	bool fits;

	/* Two of a name: nobody can say which one is meant. */
	if (entry == NULL || ldap_count_entries(link, result) != 1)
		return -ERR_LOGIN_REFUSED;
	name = ldap_get_dn(link, entry);
	fits = name != NULL && text_copy(dn, DN_MAX, name);
	ldap_memfree(name);
	if (!fits)
		return -ERR_LOGIN_REFUSED;
	read_value(link, entry, settings->name, person->name,
		   sizeof(person->name));
	read_value(link, entry, settings->mail, person->mail,
		   sizeof(person->mail));
	read_value(link, entry, settings->department, person->department,
		   sizeof(person->department));
	return 0;
}

static int search(LDAP *link, const struct config_directory *settings,
		  const char *login, char dn[DN_MAX],
		  struct directory_person *person)
{
	struct timeval limit = {.tv_sec = SECONDS_MAX};
	char filter[FILTER_MAX];
	const char *wanted[] = {settings->name, settings->mail,
				settings->department, NULL};
	LDAPMessage *result = NULL;
	int code;
	int error =
	    directory_filter(settings->filter, login, filter, sizeof(filter));

	if (error != 0)
		return error;
	code = ldap_search_ext_s(link, settings->base, LDAP_SCOPE_SUBTREE,
				 filter, (char **)(uintptr_t)wanted, 0, NULL,
				 NULL, &limit, 2, &result);
	if (code == LDAP_SUCCESS)
		error = read_entry(link, settings, result, dn, person);
	else if (code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_NO_SUCH_OBJECT)
		error = -ERR_LOGIN_REFUSED;
	else
		error = -ERR_UNAVAILABLE;
	if (error == -ERR_UNAVAILABLE)
		say("directory-search-failed", code);
	(void)ldap_msgfree(result);
	return error;
}

/* The person's own bind, on a connection of its own. */
static int check_password(const struct config_directory *settings,
			  const char *dn, const char *password)
{
	LINK_CLEANUP LDAP *link = NULL;
	int error = open_link(settings, &link);

	return error != 0 ? error : bind_as(link, dn, password);
}

int directory_lookup(const struct config_directory *settings,
		     const char *search_password, const char *login,
		     const char *password, struct directory_person *ret_person)
{
	LINK_CLEANUP LDAP *link = NULL;
	struct directory_person person = {0};
	char dn[DN_MAX];
	int error = open_link(settings, &link);

	if (error == 0)
		error = bind_as(link, settings->bind, search_password);
	if (error == -ERR_LOGIN_REFUSED) {
		log_line(LOG_LINE_ERROR, "directory-refuses directory.bind "
					 "or its password");
		error = -ERR_CONFIG;
	}
	if (error == 0)
		error = search(link, settings, login, dn, &person);
	if (error == 0)
		error = check_password(settings, dn, password);
	if (error == 0)
		*ret_person = person;
	return error;
}
