#include "sim/options.h"

#include <getopt.h>
#include <stdlib.h>

const char options_help[] =
    "Usage: kinesis_sim [OPTION]...\n"
    "A strict Kinesis Data Streams endpoint on 127.0.0.1, for tests and demonstrations.\n"
    "The first line of its output is its URL. It checks every signature, in any region,\n"
    "and places every record by the MD5 of its partition key or its explicit hash key.\n"
    "\n"
    "  --port N                   listen there; any free port when 0 or not given\n"
    "  --stream NAME:SHARDS       create this stream at the start; repeatable\n"
    "  --credentials KEY:SECRET   the only ones that may sign (test:test)\n"
    "  --region NAME              be this region's endpoint: no other may be signed for\n"
    "  --deny OPERATION           they may not do this, such as DescribeStreamSummary\n"
    "  --certificate FILE --key FILE\n"
    "                             serve by TLS; both in PEM, neither is checked\n"
    "  --max-record-kib N         the largest record of streams, data and key (1024)\n"
    "  --no-cbor                  refuse requests in CBOR, as an endpoint does that never heard\n"
    "                             of it\n"
    "  --discard                  forget the data of records; keys and sequence numbers stay\n"
    "  --log-arrivals FILE        write a line for each record stored: microseconds since 1970\n"
    "                             and the partition key\n"
    "  --limits                   throttle each shard at 1000 records and 1 MiB a second, as\n"
    "                             AWS does; off by default, for tests at full speed\n"
    "  --seed N                   of the faults' random numbers (1)\n"
    "  --fault RULE               a fault by rule; --fault help tells the words of rules\n"
    "  --help, --version\n"
    "\n"
    "Faults, which POST /control can change while it runs (percent may have a fraction):\n"
    "  --fail-records PERCENT     fail so many records, half of them as InternalFailure, half\n"
    "                             as ProvisionedThroughputExceededException\n"
    "  --drop-replies PERCENT     store the records of so many PutRecords requests, then close\n"
    "                             the connection without an answer\n"
    "  --delay MS                 let every answer wait\n"
    "  --stall-after N            after N PutRecords requests answer nothing any more\n";

enum option_code {
    OPTION_PORT = 256, // No option has a letter.
    OPTION_STREAM,
    OPTION_CREDENTIALS,
    OPTION_REGION,
    OPTION_DENY,
    OPTION_CERTIFICATE,
    OPTION_KEY,
    OPTION_MAX_RECORD_KIB,
    OPTION_NO_CBOR,
    OPTION_DISCARD,
    OPTION_LOG_ARRIVALS,
    OPTION_LIMITS,
    OPTION_SEED,
    OPTION_FAIL_RECORDS,
    OPTION_DROP_REPLIES,
    OPTION_DELAY,
    OPTION_STALL_AFTER,
    OPTION_FAULT,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPTION_PORT},
    {"stream", required_argument, NULL, OPTION_STREAM},
    {"credentials", required_argument, NULL, OPTION_CREDENTIALS},
    {"region", required_argument, NULL, OPTION_REGION},
    {"deny", required_argument, NULL, OPTION_DENY},
    {"certificate", required_argument, NULL, OPTION_CERTIFICATE},
    {"key", required_argument, NULL, OPTION_KEY},
    {"max-record-kib", required_argument, NULL, OPTION_MAX_RECORD_KIB},
    {"no-cbor", no_argument, NULL, OPTION_NO_CBOR},
    {"discard", no_argument, NULL, OPTION_DISCARD},
    {"log-arrivals", required_argument, NULL, OPTION_LOG_ARRIVALS},
    {"limits", no_argument, NULL, OPTION_LIMITS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"fail-records", required_argument, NULL, OPTION_FAIL_RECORDS},
    {"drop-replies", required_argument, NULL, OPTION_DROP_REPLIES},
    {"delay", required_argument, NULL, OPTION_DELAY},
    {"stall-after", required_argument, NULL, OPTION_STALL_AFTER},
    {"fault", required_argument, NULL, OPTION_FAULT},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool parse_percent(const char *text, double *percent)
{
    char *end;
    *percent = strtod(text, &end);
    return end != text && *end == 0 && *percent >= 0 && *percent <= 100;
}

static bool parse_stream(struct options *options, struct str text)
{
    if (options->streams_count == OPTIONS_STREAMS_MAX)
        return false;
    struct stream_plan *plan = &options->streams[options->streams_count++];
    uint64_t shards;
    plan->name = str_cut(&text, ':');
    if (!stream_name_is_valid(plan->name) || !str_to_u64(text, 1, LIMIT_STREAM_SHARDS, &shards))
        return false;
    plan->shards_count = (uint32_t)shards;
    return true;
}

static bool parse_credentials(struct credentials *credentials, struct str text)
{
    credentials->key_id = str_cut(&text, ':');
    credentials->secret = text;
    return credentials->key_id.len > 0 && credentials->secret.len > 0;
}

static bool take_fault(struct options *options, struct str rule, struct err *err)
{
    if (str_equal(rule, STR("help")))
        options->wish = WISH_FAULT_HELP;
    return options->wish == WISH_FAULT_HELP || fault_rules_add(&options->fault_rules, rule, err);
}

// False when the option's value is none.
static bool take_option(struct options *options, int option, const char *value)
{
    struct str text = str_from_c(value);
    uint64_t number = 0;
    switch (option) {
    case OPTION_PORT:
        if (!str_to_u64(text, 0, UINT16_MAX, &number))
            return false;
        options->port = (uint16_t)number;
        return true;
    case OPTION_STREAM:
        return parse_stream(options, text);
    case OPTION_CREDENTIALS:
        return parse_credentials(&options->credentials, text);
    case OPTION_REGION:
        options->credentials.region = text;
        return true;
    case OPTION_DENY:
        options->credentials.denied_operation = text;
        return true;
    case OPTION_CERTIFICATE:
        options->certificate_path = value;
        return true;
    case OPTION_KEY:
        options->key_path = value;
        return true;
    case OPTION_MAX_RECORD_KIB:
        if (!str_to_u64(text, LIMIT_RECORD_KIB_DEFAULT, LIMIT_RECORD_KIB_MAX, &number))
            return false;
        options->rules.record_kib_max = (uint32_t)number;
        return true;
    case OPTION_NO_CBOR:
        options->rules.only_json = true;
        return true;
    case OPTION_DISCARD:
        options->rules.discards_data = true;
        return true;
    case OPTION_LOG_ARRIVALS:
        options->arrivals_path = value;
        return true;
    case OPTION_LIMITS:
        options->rules.paced = true;
        return true;
    case OPTION_SEED:
        return str_to_u64(text, 0, UINT64_MAX, &options->seed);
    case OPTION_FAIL_RECORDS:
        return parse_percent(value, &options->rates.fail_records);
    case OPTION_DROP_REPLIES:
        return parse_percent(value, &options->rates.drop_replies);
    case OPTION_DELAY:
        if (!str_to_u64(text, 0, 3600000, &number))
            return false;
        options->rates.delay_ms = (int64_t)number;
        return true;
    case OPTION_STALL_AFTER:
        return str_to_u64(text, 1, INT64_MAX, &options->rates.stall_after);
    case OPTION_HELP:
        options->wish = WISH_HELP;
        return true;
    case OPTION_VERSION:
        options->wish = WISH_VERSION;
        return true;
    default:
        return false;
    }
}

bool options_parse(struct options *options, int argc, char **argv, struct err *err)
{
    *options = (struct options){
        .credentials = {.key_id = STR("test"), .secret = STR("test")},
        .rules.record_kib_max = LIMIT_RECORD_KIB_DEFAULT,
        .seed = 1,
        .rates.throttled_shard = FAULT_NO_SHARD,
    };
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "", long_options, NULL);
        if (option == -1)
            break;
        if (option == '?')
            return err_set(
                err, ERR_USAGE, "unknown or incomplete option %s; see --help", argv[optind - 1]);
        if (option == OPTION_FAULT && !take_fault(options, str_from_c(optarg), err))
            return err_wrap(err, "--fault");
        if (option != OPTION_FAULT && !take_option(options, option, optarg))
            return err_set(err, ERR_USAGE, "%s has no such value; see --help", argv[optind - 1]);
    }
    if (!options->certificate_path != !options->key_path)
        return err_set(err, ERR_USAGE, "--certificate and --key go together");
    if (optind < argc)
        return err_set(err, ERR_USAGE, "unexpected argument %s; see --help", argv[optind]);
    return true;
}
