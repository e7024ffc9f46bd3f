#include "kinesis/credentials.h"

#include "base/alloc.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static struct str environment(const char *name)
{
    return str_from_c(getenv(name));
}

static struct str first_of(struct str a, struct str b)
{
    return a.len > 0 ? a : b;
}

bool aws_profile_read(struct aws_profile *profile, struct str chosen, struct err *err)
{
    struct str name = first_of(environment("AWS_PROFILE"), environment("AWS_DEFAULT_PROFILE"));
    *profile = (struct aws_profile){
        .name = first_of(chosen, first_of(name, STR("default"))),
        .chosen = chosen.len > 0,
    };
    struct str credentials_path = environment("AWS_SHARED_CREDENTIALS_FILE");
    struct str config_path = environment("AWS_CONFIG_FILE");
    if (!aws_file_read(
            &profile->credentials, first_of(credentials_path, STR("~/.aws/credentials")), err))
        return false;
    if (aws_file_read(&profile->config, first_of(config_path, STR("~/.aws/config")), err))
        return true;
    aws_file_release(&profile->credentials);
    return false;
}

void aws_profile_release(struct aws_profile *profile)
{
    aws_file_release(&profile->credentials);
    aws_file_release(&profile->config);
}

// The profile's section in each file, STR("") where there is none.
struct sections {
    struct str credentials;
    struct str config;
    bool found;
};

static struct sections profile_sections(const struct aws_profile *profile)
{
    struct sections sections = {.credentials = STR(""), .config = STR("")};
    bool in_credentials =
        aws_file_section(&profile->credentials, profile->name, &sections.credentials);
    bool in_config = aws_file_profile(&profile->config, profile->name, &sections.config);
    sections.found = in_credentials || in_config;
    return sections;
}

struct str aws_profile_value(const struct aws_profile *profile, struct str key)
{
    struct sections sections = profile_sections(profile);
    return first_of(
        aws_section_value(sections.credentials, key), aws_section_value(sections.config, key));
}

struct keys {
    struct str key_id;
    struct str secret;
    struct str session_token;
};

static struct keys environment_keys(void)
{
    return (struct keys){
        .key_id = environment("AWS_ACCESS_KEY_ID"),
        .secret = environment("AWS_SECRET_ACCESS_KEY"),
        .session_token = environment("AWS_SESSION_TOKEN"),
    };
}

static struct keys section_keys(struct str section)
{
    return (struct keys){
        .key_id = aws_section_value(section, STR("aws_access_key_id")),
        .secret = aws_section_value(section, STR("aws_secret_access_key")),
        .session_token = aws_section_value(section, STR("aws_session_token")),
    };
}

// They go into a header line, where a line end would begin another.
static bool is_header_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    }
    return true;
}

static struct str keep(struct credentials *credentials, struct str text)
{
    struct str kept = {.ptr = credentials->memory + credentials->memory_bytes, .len = text.len};
    memcpy(credentials->memory + credentials->memory_bytes, text.ptr, text.len);
    credentials->memory_bytes += text.len;
    return kept;
}

static bool credentials_from(
    struct credentials *credentials, struct keys keys, const char *where, struct err *err)
{
    if (keys.secret.len == 0)
        return err_set(err, ERR_OPERATOR, "there is an access key id in %s, but no secret", where);
    if (!is_header_text(keys.key_id) || !is_header_text(keys.secret) ||
        !is_header_text(keys.session_token)) {
        err_set(err, ERR_OPERATOR, "the keys in %s contain characters that no AWS key has", where);
        return err_hint(err, "blanks are such; a comment needs a line of its own");
    }

    *credentials = (struct credentials){.memory_bytes = 0};
    credentials->memory = alloc_bytes(keys.key_id.len + keys.secret.len + keys.session_token.len);
    credentials->key_id = keep(credentials, keys.key_id);
    credentials->secret = keep(credentials, keys.secret);
    credentials->session_token = keep(credentials, keys.session_token);
    return true;
}

// What in a profile stands for credentials we cannot get, NULL for nothing. As in botocore these
// come before keys of the same profile, which are then only the means to get them.
static const char *unsupported_setting(const struct aws_profile *profile)
{
    static const char *const settings[] = {
        "role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "login_session"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (aws_profile_value(profile, str_from_c(settings[i])).len > 0)
            return settings[i];
    }
    return NULL;
}

static bool refuse_setting(const struct aws_profile *profile, const char *setting, struct err *err)
{
    err_set(err, ERR_OPERATOR, "profile \"%s\" gets its credentials by %s, which is not supported",
        err_quote(profile->name).text, setting);
    return err_hint(err,
        "put keys in the environment: eval \"$(aws configure export-credentials --profile %s "
        "--format env)\"",
        err_quote(profile->name).text);
}

static bool refuse_nothing(const struct aws_profile *profile, bool profile_exists, struct err *err)
{
    if (!profile_exists && !str_equal(profile->name, STR("default")))
        err_set(err, ERR_OPERATOR, "there is no profile \"%s\" in " STR_FMT " or " STR_FMT,
            err_quote(profile->name).text, STR_ARG(buf_str(&profile->credentials.path)),
            STR_ARG(buf_str(&profile->config.path)));
    else
        err_set(err, ERR_OPERATOR,
            "no AWS credentials in %sprofile \"%s\" of " STR_FMT " or " STR_FMT,
            profile->chosen ? "" : "the environment or ", err_quote(profile->name).text,
            STR_ARG(buf_str(&profile->credentials.path)), STR_ARG(buf_str(&profile->config.path)));
    return err_hint(err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that "
                         "has aws_access_key_id and aws_secret_access_key with --profile");
}

static bool find_in_profile(
    struct credentials *credentials, const struct aws_profile *profile, struct err *err)
{
    const char *unsupported = unsupported_setting(profile);
    if (unsupported)
        return refuse_setting(profile, unsupported, err);

    struct sections sections = profile_sections(profile);
    struct keys keys = section_keys(sections.credentials);
    if (keys.key_id.len > 0)
        return credentials_from(credentials, keys, "the profile's credentials file", err);
    if (aws_profile_value(profile, STR("credential_process")).len > 0)
        return refuse_setting(profile, "credential_process", err);
    keys = section_keys(sections.config);
    if (keys.key_id.len > 0)
        return credentials_from(credentials, keys, "the profile's config file", err);
    return refuse_nothing(profile, sections.found, err);
}

bool credentials_find(
    struct credentials *credentials, const struct aws_profile *profile, struct err *err)
{
    struct keys keys = environment_keys();
    if (!profile->chosen && keys.key_id.len > 0)
        return credentials_from(credentials, keys, "the environment", err);
    return find_in_profile(credentials, profile, err);
}

void credentials_release(struct credentials *credentials)
{
    if (credentials->memory)
        OPENSSL_cleanse(credentials->memory, credentials->memory_bytes);
    free(credentials->memory);
    *credentials = (struct credentials){.memory = NULL};
}

bool credentials_equal(const struct credentials *a, const struct credentials *b)
{
    return str_equal(a->key_id, b->key_id) && str_equal(a->secret, b->secret) &&
           str_equal(a->session_token, b->session_token);
}
