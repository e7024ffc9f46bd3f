// sink_probe STREAM URL [auto|cbor|json] - drives a kinesis_sink by lines of standard input, so
// that a test decides what happens between two requests. Each line is answered by one:
//   describe           "described SHARDS RECORD_BYTES_MAX", "assumed", or "error KIND TEXT"
//   put COUNT BYTES    "put STORED THROTTLED FAILED UNKNOWN", and " KIND TEXT" when it failed whole
#include "base/alloc.h"
#include "base/buf.h"
#include "kinesis/kinesis_sink.h"
#include "model/batch.h"
#include "model/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"NONE", "RETRY", "OPERATOR", "FINAL", "DATA", "USAGE"};

static void describe(struct kinesis_sink *kinesis)
{
    struct sink *sink = kinesis_sink_base(kinesis);
    struct stream_facts facts;
    struct err err;
    enum step step;
    kinesis_sink_describe_start(kinesis);
    while ((step = kinesis_sink_describe_step(kinesis, &facts, &err)) == STEP_BUSY)
        sink->wait(sink, NULL, 0, -1);
    if (step == STEP_FAILED)
        printf("error %s %s\n", kinds[err.kind], err.text);
    else if (facts.described)
        printf("described %zu %zu\n", facts.open_shards, facts.record_bytes_max);
    else
        printf("assumed\n");
}

static struct batch *batch_of(size_t count, size_t bytes)
{
    char *data = alloc_bytes(bytes);
    memset(data, 'd', bytes);
    struct batch *batch = alloc_zeroed(1, sizeof *batch);
    for (; batch->count < count; batch->count++) {
        char key[32];
        snprintf(key, sizeof key, "key %zu", batch->count);
        batch->records[batch->count] =
            record_new(str_from_c(key), (struct str){.ptr = data, .len = bytes});
    }
    free(data);
    return batch;
}

static void print_batch(const struct batch *batch)
{
    size_t counts[4] = {0};
    for (size_t i = 0; i < batch->count; i++)
        counts[batch->outcomes[i]]++;
    printf("put %zu %zu %zu %zu", counts[OUTCOME_STORED], counts[OUTCOME_THROTTLED],
        counts[OUTCOME_FAILED], counts[OUTCOME_UNKNOWN]);
    if (batch->err.kind != ERR_NONE)
        printf(" %s %s", kinds[batch->err.kind], batch->err.text);
    if (batch->retry_after_ms > 0)
        printf(" (not before %lld ms)", (long long)batch->retry_after_ms);
    putchar('\n');
}

static void put(struct sink *sink, size_t count, size_t bytes)
{
    sink->submit(sink, batch_of(count, bytes));
    struct batch *batch;
    while (!(batch = sink->next_done(sink)))
        sink->wait(sink, NULL, 0, -1);
    print_batch(batch);
    batch_free(batch);
}

static enum wire_choice wire_of(const char *name)
{
    if (strcmp(name, "auto") == 0)
        return WIRE_AUTO;
    return strcmp(name, "cbor") == 0 ? WIRE_CBOR : WIRE_JSON;
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4)
        return 2;
    const struct kinesis_options options = {
        .stream = str_from_c(argv[1]),
        .endpoint_url = str_from_c(argv[2]),
        .region = STR("us-east-1"),
        .profile = STR(""),
        .wire = wire_of(argc == 4 ? argv[3] : "auto"),
        .requests_max = 4,
    };
    struct err err;
    struct kinesis_sink *kinesis = kinesis_sink_new(&options, &err);
    if (!kinesis) {
        printf("error %s %s\n", kinds[err.kind], err.text);
        return 1;
    }
    struct sink *sink = kinesis_sink_base(kinesis);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char line[100];
    size_t count;
    size_t bytes;
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "describe\n") == 0)
            describe(kinesis);
        else if (sscanf(line, "put %zu %zu", &count, &bytes) == 2 && count <= BATCH_RECORDS_MAX)
            put(sink, count, bytes);
        else
            return 2;
    }
    sink->free(sink);
    return 0;
}
