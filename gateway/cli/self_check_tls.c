/*
 * Whether mail between hosts is encrypted (DATA-3), as Postfix is configured to
 * do it: where the mail of this instance goes next, and what it asks for on
 * that link; what it offers to those who bring mail; and what the gateway sends
 * by itself, which it does without TLS and therefore on this host only.
 */
#define _GNU_SOURCE
#include "gateway/cli/postfix.h"
#include "gateway/cli/self_check.h"

#include "base/banned.h"

enum { VALUE_SIZE = 4096 };

static void value_of(const struct check *check, const char *name,
		     char value[VALUE_SIZE])
{
	postconf_value(buffer_contents(&check->text), name, value, VALUE_SIZE);
}

static bool is_one_of(const char *word, size_t length, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == length &&
		    strncmp(word, *words, length) == 0)
			return true;
	return false;
}

static bool encrypts(const char *level)
{
	static const char *const levels[] = {
	    "encrypt", "dane-only", "fingerprint", "verify", "secure", NULL};

	return is_one_of(level, strcspn(level, " ,\t"), levels);
}

static bool offers(const char *level)
{
	static const char *const levels[] = {"may", "encrypt", "dane", NULL};

	return encrypts(level) ||
	       is_one_of(level, strcspn(level, " ,\t"), levels);
}

/* "[127.0.0.1]:25", "localhost", "unix:/path": nothing leaves this host. */
static bool stays_here(const char *hop)
{
	hop += *hop == '[';
	return strncmp(hop, "127.", 4) == 0 || strncmp(hop, "::1]", 4) == 0 ||
	       strncmp(hop, "localhost", 9) == 0 || hop[0] == '/' ||
	       strncmp(hop, "unix:", 5) == 0;
}

/* --- the links --- */

/* "relay:[127.0.0.1]:10035" is "[127.0.0.1]:10035"; "smtp:" is "". */
static const char *hop_of(const char *transport)
{
	const char *colon = strchr(transport, ':');

	return colon == NULL ? "" : colon + 1;
}

static void check_link(struct check *check, const char *name, const char *hop)
{
	char maps[VALUE_SIZE];
	char level[VALUE_SIZE];
	char shown[VALUE_SIZE];
	const char *folder = check->options->postfix;

	if (hop[0] == '\0')
		return;
	value_of(check, "smtp_tls_policy_maps", maps);
	if (!postmap_find(folder, maps, hop, level, sizeof(level)))
		value_of(check, "smtp_tls_security_level", level);
	(void)snprintf(shown, sizeof(shown), "%.200s %.200s", hop,
		       level[0] == '\0' ? "none" : level);
	check_tell(check, GROUP_TLS, encrypts(level) || stays_here(hop), name,
		   shown,
		   "ほかの装置へのメールを暗号化させるため、smtp_tls_policy_"
		   "maps (または smtp_tls_security_level) を secure か verify "
		   "にします。",
		   "Mail leaves this host: smtp_tls_policy_maps (or "
		   "smtp_tls_security_level) must say secure or verify for "
		   "that server.");
}

/* Where mail for this domain goes. */
static void check_domain(struct check *check, const char *domain)
{
	char maps[VALUE_SIZE];
	char transport[VALUE_SIZE];

	value_of(check, "transport_maps", maps);
	if (postmap_find(check->options->postfix, maps, domain, transport,
			 sizeof(transport))) {
		check_link(check, "link inward", hop_of(transport));
		return;
	}
	value_of(check, "relay_transport", transport);
	check_link(check, "link inward", hop_of(transport));
}

static void check_links(struct check *check)
{
	const struct config_list *local = &check->config->mail.local;
	char hop[VALUE_SIZE];

	/* Patterns of addresses; those that name one domain can be asked for.
	 */
	for (size_t i = 0; i < local->count; i++)
		if (strncmp(local->items[i], "*@", 2) == 0 &&
		    strpbrk(local->items[i] + 2, "*?[") == NULL)
			check_domain(check, local->items[i] + 2);
	/* The edge's other mail goes to the Internet, whose servers may know
	 * no TLS; the inner instance's goes to the edge. */
	value_of(check, "relayhost", hop);
	if (check->options->inner)
		check_link(check, "link outward", hop);
}

/* --- what is offered, and how --- */

static bool is_recent(const char *protocols)
{
	return strstr(protocols, ">=TLSv1.2") != NULL ||
	       strstr(protocols, ">=TLSv1.3") != NULL ||
	       (strstr(protocols, "!TLSv1,") != NULL &&
		strstr(protocols, "!TLSv1.1") != NULL) ||
	       (strstr(protocols, "!TLSv1 ") != NULL &&
		strstr(protocols, "!TLSv1.1") != NULL);
}

static void check_protocols(struct check *check, const char *name)
{
	char value[VALUE_SIZE];

	value_of(check, name, value);
	check_tell(check, GROUP_TLS, is_recent(value), name, value,
		   ">=TLSv1.2 にします。", "Must be >=TLSv1.2.");
}

static void check_client(struct check *check)
{
	char value[VALUE_SIZE];

	value_of(check, "smtp_tls_security_level", value);
	check_tell(check, GROUP_TLS, offers(value), "smtp_tls_security_level",
		   value,
		   "相手が TLS を使えるときは使うよう、may 以上にします。",
		   "Must be may or more: TLS wherever the other side has it.");
	check_protocols(check, "smtp_tls_mandatory_protocols");
}

static void check_server(struct check *check)
{
	char level[VALUE_SIZE];
	char file[VALUE_SIZE];
	char files[VALUE_SIZE];

	value_of(check, "smtpd_tls_security_level", level);
	check_tell(check, GROUP_TLS, offers(level), "smtpd_tls_security_level",
		   level,
		   "メールを持ってくる装置が暗号化できるよう、may か encrypt "
		   "にします。",
		   "Must be may or encrypt, so that who brings mail can "
		   "encrypt it.");
	value_of(check, "smtpd_tls_cert_file", file);
	value_of(check, "smtpd_tls_chain_files", files);
	check_tell(check, GROUP_TLS, file[0] == '/' || files[0] == '/',
		   "smtpd_tls_cert_file", file[0] == '\0' ? files : file,
		   "証明書がないと TLS を使えません。smtpd_tls_cert_file "
		   "(または smtpd_tls_chain_files) を指定します。",
		   "Without a certificate there is no TLS: set "
		   "smtpd_tls_cert_file or smtpd_tls_chain_files.");
	check_protocols(check, "smtpd_tls_mandatory_protocols");
}

/* --- what the gateway sends by itself --- */

static void check_own(struct check *check, const char *key, const char *place)
{
	const char *at = strchr(place, '@');

	if (place[0] == '\0')
		return;
	check_tell(check, GROUP_TLS, stays_here(at == NULL ? place : at + 1),
		   key, place,
		   "ゲートウェイ自身は TLS を使いません。この装置の SMTP "
		   "サーバー (127.0.0.1、unix:) を指定し、そこから暗号化して送"
		   "ります。",
		   "The gateway itself speaks no TLS: name an SMTP server on "
		   "this host (127.0.0.1, unix:), which encrypts from there.");
}

int check_tls(struct check *check)
{
	const struct config *config = check->config;

	check_client(check);
	check_server(check);
	check_links(check);
	if (check->options->inner)
		return 0;
	check_own(check, "mail.next_hop", config->mail.next_hop);
	check_own(check, "mail.next_hop_out", config->mail.next_hop_out);
	check_own(check, "alarms.server", config->alarms.server);
	return 0;
}
