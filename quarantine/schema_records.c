#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/* quarantine/certificate.h. What a row says is signed; that there is one is
 * under the seal. */
const char *const schema_certificate[] = {
    "CREATE TABLE certificate ("
    " item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"
    " tenant TEXT NOT NULL,"
    " text TEXT NOT NULL"
    ") STRICT",
    NULL,
};
