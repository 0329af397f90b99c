#include "sanitizers/decoder/trust.h"

#include "sanitizers/mail/signature.h"

#include "base/banned.h"

static const char *used_certificates = "";
static const char *used_keyring = "";

void signature_use(const char *certificates, const char *keyring)
{
	used_certificates = certificates;
	used_keyring = keyring;
}

int signature_prepare(void)
{
	int error = cms_prepare(used_certificates);

	return error != 0 ? error : openpgp_prepare(used_keyring);
}
