/* aes.c - aes_encrypt, aes_decrypt: AES with a key of 16, 24 or 32 bytes in the modes ECB, CBC and
 * GCM. Encrypted bytes begin with the initialization vector (CBC, GCM) and end with the tag (GCM).
 */
#include "functions/families.h"
#include "functions/text_out.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

enum { AES_BLOCK = 16, AES_TAG = 16, AES_IV_MAX = 16 };

typedef struct aes_mode {
    const char *name, *padding; /* padding beside DEFAULT */
    uint32_t iv_size, tag_size;
    const EVP_CIPHER *(*ciphers[3])(void); /* by key size */
} aes_mode;

static const aes_mode aes_modes[] = {
    {"ECB", "PKCS", 0, 0, {EVP_aes_128_ecb, EVP_aes_192_ecb, EVP_aes_256_ecb}},
    {"CBC", "PKCS", 16, 0, {EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc}},
    {"GCM", "NONE", 12, AES_TAG, {EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm}},
};

/* Arguments of one row. */
typedef struct aes_job {
    fn_call *call;
    EVP_CIPHER_CTX *context;
    bool encrypt;
    const aes_mode *mode;
    const EVP_CIPHER *cipher;
    string_view input, key, iv, aad;
} aes_job;

typedef struct aes_state {
    uint32_t count;
    bool encrypt, fail;
} aes_state;

static const char *aes_function(const aes_job *j) {
    return j->encrypt ? "`aes_encrypt`" : "`aes_decrypt`";
}

static dbx_status aes_raise_size(const aes_job *j, error_class cls, const char *parameter,
                                 size_t size) {
    const char *text = arena_printf(j->call->arena, "%zu", size);
    return error_raise(j->call->err, cls, j->call->position, "parameter", parameter, "functionName",
                       aes_function(j), "actualLength", text == NULL ? "" : text, "mode",
                       j->mode == NULL ? "" : j->mode->name, NULL);
}

static dbx_status aes_raise_crypto(const aes_job *j) {
    return error_raise(j->call->err, ERR_INVALID_PARAMETER_VALUE__AES_CRYPTO_ERROR,
                       j->call->position, "parameter", "`expr`, `key`", "functionName",
                       aes_function(j), "detailMessage", "the key or the bytes are not right",
                       NULL);
}

static dbx_status aes_find_mode(aes_job *j, string_view mode, string_view padding) {
    for (uint32_t i = 0; i < ARRAY_COUNT(aes_modes); i++) {
        const aes_mode *m = &aes_modes[i];
        if (!sv_equal_ignore_case(mode, sv_from(m->name))) continue;
        if (!sv_equal_ignore_case(padding, SV("DEFAULT")) &&
            !sv_equal_ignore_case(padding, sv_from(m->padding)))
            continue;
        j->mode = m;
        return DBX_OK;
    }
    string_view copy = arena_copy_string(j->call->arena, mode),
                copy_padding = arena_copy_string(j->call->arena, padding);
    if (copy.data == NULL || copy_padding.data == NULL) return error_nomem(j->call->err);
    return error_raise(j->call->err, ERR_UNSUPPORTED_FEATURE__AES_MODE, j->call->position, "mode",
                       copy.data, "padding", copy_padding.data, "functionName", aes_function(j),
                       NULL);
}

static dbx_status aes_check(aes_job *j) {
    if (j->iv.size > 0 && j->mode->iv_size == 0)
        return error_raise(j->call->err, ERR_UNSUPPORTED_FEATURE__AES_MODE_CUSTOM_IV,
                           j->call->position, "mode", j->mode->name, "functionName",
                           aes_function(j), NULL);
    if (j->iv.size > 0 && j->iv.size != j->mode->iv_size)
        return aes_raise_size(j, ERR_INVALID_PARAMETER_VALUE__AES_IV_LENGTH, "`iv`", j->iv.size);
    if (j->aad.size > 0 && j->mode->tag_size == 0)
        return error_raise(j->call->err, ERR_UNSUPPORTED_FEATURE__AES_MODE_CUSTOM_AAD,
                           j->call->position, "mode", j->mode->name, "functionName",
                           aes_function(j), NULL);
    return DBX_OK;
}

/* Runs the cipher over `in`; the tag is made or checked at `tag`. False when it does not fit. */
static bool aes_run(const aes_job *j, const unsigned char *iv, string_view in, unsigned char *out,
                    size_t *out_size, unsigned char *tag) {
    EVP_CIPHER_CTX *c = j->context;
    int n = 0, total = 0, ignored;
    bool gcm = j->mode->tag_size > 0;
    if (in.size > INT32_MAX - 2 * AES_BLOCK || j->aad.size > INT32_MAX) return false;
    if (EVP_CIPHER_CTX_reset(c) != 1 ||
        EVP_CipherInit_ex(c, j->cipher, NULL, (const unsigned char *)j->key.data, iv, j->encrypt) !=
            1)
        return false;
    if (j->aad.size > 0 && EVP_CipherUpdate(c, NULL, &ignored, (const unsigned char *)j->aad.data,
                                            (int)j->aad.size) != 1)
        return false;
    if (EVP_CipherUpdate(c, out, &n, (const unsigned char *)in.data, (int)in.size) != 1)
        return false;
    total = n;
    if (gcm && !j->encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, AES_TAG, tag) != 1)
        return false;
    if (EVP_CipherFinal_ex(c, out + total, &n) != 1) return false;
    total += n;
    if (gcm && j->encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, AES_TAG, tag) != 1)
        return false;
    *out_size = (size_t)total;
    return true;
}

static dbx_status aes_encrypt_row(const aes_job *j, vector *out, uint32_t row) {
    uint32_t iv_size = j->mode->iv_size, tag_size = j->mode->tag_size;
    char *room = text_room(j->call, j->input.size + iv_size + tag_size + AES_BLOCK);
    if (room == NULL) return error_nomem(j->call->err);
    unsigned char *bytes = (unsigned char *)room, tag[AES_TAG];
    size_t size = 0;
    if (j->iv.size > 0)
        memcpy(bytes, j->iv.data, iv_size);
    else if (iv_size > 0 && RAND_bytes(bytes, (int)iv_size) != 1)
        return aes_raise_crypto(j);
    if (!aes_run(j, bytes, j->input, bytes + iv_size, &size, tag)) return aes_raise_crypto(j);
    if (tag_size > 0) memcpy(bytes + iv_size + size, tag, tag_size);
    text_borrow(out, row, room, iv_size + size + tag_size);
    return DBX_OK;
}

static dbx_status aes_decrypt_row(const aes_job *j, vector *out, uint32_t row) {
    uint32_t iv_size = j->mode->iv_size, tag_size = j->mode->tag_size;
    if (j->input.size < iv_size + tag_size) return aes_raise_crypto(j);
    string_view body = {j->input.data + iv_size, j->input.size - iv_size - tag_size};
    char *room = text_room(j->call, body.size + AES_BLOCK);
    if (room == NULL) return error_nomem(j->call->err);
    unsigned char tag[AES_TAG];
    size_t size = 0;
    if (tag_size > 0) memcpy(tag, body.data + body.size, tag_size);
    if (!aes_run(j, (const unsigned char *)j->input.data, body, (unsigned char *)room, &size, tag))
        return aes_raise_crypto(j);
    text_borrow(out, row, room, size);
    return DBX_OK;
}

static dbx_status aes_row(aes_job *j, string_view mode, string_view padding, vector *out,
                          uint32_t row) {
    if (j->key.size != 16 && j->key.size != 24 && j->key.size != 32)
        return aes_raise_size(j, ERR_INVALID_PARAMETER_VALUE__AES_KEY_LENGTH, "`key`", j->key.size);
    TRY(aes_find_mode(j, mode, padding));
    j->cipher = j->mode->ciphers[j->key.size / 8 - 2]();
    TRY(aes_check(j));
    return j->encrypt ? aes_encrypt_row(j, out, row) : aes_decrypt_row(j, out, row);
}

static dbx_status aes_rows(fn_call *call, const vector *args, vector *out) {
    const aes_state *s = call->state;
    vector_view views[6];
    fn_call inner = *call;
    dbx_status status = DBX_OK;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) return error_nomem(call->err);
    if (!s->fail) inner.err = NULL;
    for (uint32_t i = 0; i < s->count; i++) views[i] = vector_view_of(&args[i]);
    FN_FOR_EACH_ROW(call, r) {
        string_view a[6] = {{0}, {0}, SV("GCM"), SV("DEFAULT"), SV(""), SV("")};
        for (uint32_t i = 0; i < s->count; i++) {
            uint32_t slot = !s->encrypt && i == 4 ? 5 : i; /* decryption takes no vector */
            a[slot] = vstring_view(text_arg(&views[i], r));
        }
        aes_job j = {.call = &inner,
                     .context = context,
                     .encrypt = s->encrypt,
                     .input = a[0],
                     .key = a[1],
                     .iv = a[4],
                     .aad = a[5]};
        status = aes_row(&j, a[2], a[3], out, r);
        if (status == DBX_ERROR && !s->fail) status = fn_set_null(call, out, r);
        if (status != DBX_OK) break;
    }
    EVP_CIPHER_CTX_free(context);
    return status;
}

static dbx_status aes_bind(fn_bind *b, bool encrypt, bool fail) {
    aes_state *s = ARENA_NEW(b->arena, aes_state);
    if (s == NULL) return error_nomem(b->err);
    *s = (aes_state){b->arg_count, encrypt, fail};
    b->state = s;
    return DBX_OK;
}
static dbx_status aes_bind_encrypt(fn_bind *b) {
    return aes_bind(b, true, true);
}
static dbx_status aes_bind_decrypt(fn_bind *b) {
    return aes_bind(b, false, true);
}
static dbx_status aes_bind_try_decrypt(fn_bind *b) {
    return aes_bind(b, false, false);
}

const function_row aes_functions[] = {
    {.name = "aes_encrypt",
     .signature = "(expr binary, key binary, [mode string], [padding string], [iv binary], "
                  "[aad binary]) -> binary",
     .kernel = aes_rows,
     .bind = aes_bind_encrypt,
     .category = "misc",
     .doc = "Encrypts with AES in the mode 'GCM' (the default), 'CBC' or 'ECB'.",
     .examples =
         "base64(aes_encrypt('Spark', 'abcdefghijklmnop12345678ABCDEFGH', 'CBC', 'DEFAULT', "
         "unhex('00000000000000000000000000000000'))) => "
         "AAAAAAAAAAAAAAAAAAAAAPSd4mWyMZ5mhvjiAPQJnfg="},
    {.name = "aes_decrypt",
     .signature =
         "(expr binary, key binary, [mode string], [padding string], [aad binary]) -> binary",
     .kernel = aes_rows,
     .bind = aes_bind_decrypt,
     .category = "misc",
     .doc = "Decrypts what aes_encrypt made.",
     .examples = "aes_decrypt(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdef', 'ECB') => "
                 "Spark SQL; aes_decrypt(aes_encrypt('abc', '0000111122223333'), "
                 "'0000111122223333') => abc"},
    {.name = "try_aes_decrypt",
     .signature =
         "(expr binary, key binary, [mode string], [padding string], [aad binary]) -> binary",
     .flags = FN_ALWAYS_NULLABLE,
     .kernel = aes_rows,
     .bind = aes_bind_try_decrypt,
     .category = "misc",
     .doc = "Decrypts what aes_encrypt made; NULL when it cannot be.",
     .examples = "try_aes_decrypt(X'00', '0000111122223333', 'GCM') => NULL"},
};
const uint32_t aes_functions_count = ARRAY_COUNT(aes_functions);
