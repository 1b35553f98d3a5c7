/* adbc_stream.c - a result set of an ADBC statement: the result's Arrow stream, with ADBC errors.
 *
 *   open --last batch--> done     open --next execution of the statement--> invalidated
 * In every state the stream holds its statement until it is released. While it is open, its
 * connection and statement point at it.
 */
#include "api/adbc_int.h"

#include <errno.h>
#include <stdlib.h>

struct adbc_stream {
    struct ArrowArrayStream inner; /* owns the result; released when invalidated */
    dbx_result *result;            /* inside inner */
    adbc_statement *statement;     /* counted */
    struct AdbcError error;        /* of the last failure */
    AdbcStatusCode status;
};

static void adbc_stream_close(adbc_stream *s) {
    adbc_connection *c = s->statement->connection;
    if (c->open == s) c->open = NULL;
}

static int adbc_stream_failed(adbc_stream *s, int code) {
    dbx_connection *c = s->statement->connection->con;
    const error *e = &c->session->error;
    s->status = adbc_fail_dbx(&s->error, c, e->status != DBX_OK ? e->status : DBX_NOMEM);
    adbc_stream_close(s);
    return code;
}

static int adbc_stream_gone(adbc_stream *s) {
    s->status = adbc_fail(&s->error, ADBC_STATUS_INVALID_STATE,
                          "The result set is gone: its statement was executed again");
    return EINVAL;
}

static int adbc_stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    adbc_stream *s = stream->private_data;
    if (s->inner.release == NULL) return adbc_stream_gone(s);
    int code = s->inner.get_schema(&s->inner, out);
    return code == 0 ? 0 : adbc_stream_failed(s, code);
}

static int adbc_stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    adbc_stream *s = stream->private_data;
    memset(out, 0, sizeof(*out));
    if (s->inner.release == NULL) return adbc_stream_gone(s);
    int code = s->inner.get_next(&s->inner, out);
    if (code != 0) return adbc_stream_failed(s, code);
    if (out->release == NULL) adbc_stream_close(s);
    return 0;
}

static const char *adbc_stream_last_error(struct ArrowArrayStream *stream) {
    return ((adbc_stream *)stream->private_data)->error.message;
}

static void adbc_stream_release(struct ArrowArrayStream *stream) {
    adbc_stream *s = stream->private_data;
    adbc_stream_invalidate(s);
    if (s->error.release != NULL) s->error.release(&s->error);
    adbc_statement_unref(s->statement);
    free(s);
    stream->release = NULL;
}

void adbc_stream_invalidate(adbc_stream *s) {
    adbc_stream_close(s);
    if (s->statement->open == s) s->statement->open = NULL;
    if (s->inner.release != NULL) s->inner.release(&s->inner);
}

dbx_status adbc_stream_keep(adbc_stream *s) {
    dbx_status status = api_result_keep(s->result);
    adbc_stream_close(s);
    return status;
}

AdbcStatusCode adbc_stream_new(adbc_statement *statement, dbx_result *result,
                               struct ArrowArrayStream *out, struct AdbcError *e) {
    adbc_stream *s = calloc(1, sizeof(*s));
    if (s == NULL || dbx_result_arrow(result, &s->inner) != DBX_OK) {
        free(s);
        dbx_result_free(result);
        return adbc_fail_nomem(e);
    }
    s->result = result;
    s->statement = statement;
    s->error.vendor_code = ADBC_ERROR_VENDOR_CODE_PRIVATE_DATA;
    atomic_fetch_add(&statement->refs, 1);
    statement->open = s;
    if (result->result->execution != NULL) statement->connection->open = s;
    *out = (struct ArrowArrayStream){.get_schema = adbc_stream_get_schema,
                                     .get_next = adbc_stream_get_next,
                                     .get_last_error = adbc_stream_last_error,
                                     .release = adbc_stream_release,
                                     .private_data = s};
    return ADBC_STATUS_OK;
}

const struct AdbcError *adbc_error_from_stream(struct ArrowArrayStream *stream,
                                               AdbcStatusCode *status) {
    bool ours = stream != NULL && stream->release == adbc_stream_release;
    if (!ours) return NULL;
    const adbc_stream *s = stream->private_data;
    if (status != NULL) *status = s->status;
    return &s->error;
}
