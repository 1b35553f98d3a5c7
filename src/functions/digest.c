/* digest.c - md5, sha1, sha2, crc32 of bytes. */
#include "functions/families.h"
#include "functions/text_out.h"

#include <openssl/evp.h>
#include <zlib.h>

static dbx_status digest_raise(fn_call *call) {
    return error_raise(call->err, ERR_INTERNAL_ERROR, call->position, "message",
                       "the cryptographic library has no such digest", NULL);
}

static dbx_status digest_row(fn_call *call, const EVP_MD *digest, const vstring *s, vector *out,
                             uint32_t row) {
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (digest == NULL || EVP_Digest(vstring_data(s), s->size, bytes, &size, digest, NULL) != 1)
        return digest_raise(call);
    for (unsigned i = 0; i < size; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    return text_copy(call, out, row, text, 2 * (size_t)size);
}

static dbx_status digest_rows(fn_call *call, const vector *args, vector *out,
                              const EVP_MD *digest) {
    vector_view in = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) TRY(digest_row(call, digest, text_arg(&in, r), out, r));
    return DBX_OK;
}
static dbx_status digest_md5(fn_call *call, const vector *args, vector *out) {
    return digest_rows(call, args, out, EVP_md5());
}
static dbx_status digest_sha1(fn_call *call, const vector *args, vector *out) {
    return digest_rows(call, args, out, EVP_sha1());
}

/* Other lengths give NULL. */
static dbx_status digest_sha2(fn_call *call, const vector *args, vector *out) {
    vector_view in = vector_view_of(&args[0]), bits = vector_view_of(&args[1]);
    FN_FOR_EACH_ROW(call, r) {
        int32_t n = int_arg(&bits, r);
        const EVP_MD *digest = n == 0 || n == 256 ? EVP_sha256()
                               : n == 224         ? EVP_sha224()
                               : n == 384         ? EVP_sha384()
                               : n == 512         ? EVP_sha512()
                                                  : NULL;
        if (digest == NULL)
            TRY(fn_set_null(call, out, r));
        else
            TRY(digest_row(call, digest, text_arg(&in, r), out, r));
    }
    return DBX_OK;
}

static dbx_status digest_crc32(fn_call *call, const vector *args, vector *out) {
    vector_view in = vector_view_of(&args[0]);
    FN_FOR_EACH_ROW(call, r) {
        const vstring *s = text_arg(&in, r);
        VECTOR_DATA(out, int64_t)
        [r] = (int64_t)crc32(crc32(0, NULL, 0), (const Bytef *)vstring_data(s), s->size);
    }
    return DBX_OK;
}

#define DIGEST_ROW(text, sig, extra, k, about, sample)                                             \
    {                                                                                              \
        .name = text, .signature = sig, .flags = FN_NEVER_FAILS | (extra), .kernel = k,            \
        .category = "hash", .doc = about, .examples = sample                                       \
    }

const function_row digest_functions[] = {
    DIGEST_ROW("md5", "(expr binary) -> string", 0, digest_md5, "MD5 digest in hexadecimal.",
               "md5('Spark') => 8cde774d6f7333752ed72cacddb05126"),
    DIGEST_ROW("sha", "(expr binary) -> string", 0, digest_sha1, "SHA-1 digest in hexadecimal.",
               "sha('Spark') => 85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c"),
    DIGEST_ROW("sha1", "(expr binary) -> string", 0, digest_sha1, "SHA-1 digest in hexadecimal.",
               "sha1('Spark') => 85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c"),
    DIGEST_ROW("sha2", "(expr binary, bitLength int) -> string", FN_ALWAYS_NULLABLE, digest_sha2,
               "SHA-2 digest of 224, 256 (or 0), 384 or 512 bits in hexadecimal.",
               "sha2('Spark', 256) => "
               "529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b; "
               "sha2('Spark', 1) => NULL"),
    DIGEST_ROW("crc32", "(expr binary) -> bigint", 0, digest_crc32, "Cyclic redundancy check.",
               "crc32('Spark') => 1557323817"),
};
const uint32_t digest_functions_count = ARRAY_COUNT(digest_functions);
