#include "kinesis/endpoint.h"

#include "kinesis/credentials.h"
#include "kinesis/stream_name.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str first_given(const struct str *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i].len > 0)
            return places[i];
    }
    return STR("");
}

static bool find_region(struct endpoint *endpoint, const struct endpoint_options *options,
    const struct stream_name *stream, const struct aws_profile *profile, struct err *err)
{
    const struct str places[] = {
        options->region,
        stream->region,
        str_from_c(getenv("AWS_REGION")),
        str_from_c(getenv("AWS_DEFAULT_REGION")),
        aws_profile_value(profile, STR("region")),
    };
    struct str region = first_given(places, sizeof places / sizeof *places);
    if (region.len == 0) {
        err_set(err, ERR_OPERATOR, "the AWS region is not known");
        return err_hint(err, "give --region, set AWS_REGION, or name the stream by its ARN");
    }
    if (!region_is_valid(region))
        return err_set(err, ERR_USAGE, "\"%s\" is no AWS region", err_quote(region).text);
    snprintf(endpoint->region, sizeof endpoint->region, STR_FMT, STR_ARG(region));
    return true;
}

static struct str configured_url(
    const struct endpoint_options *options, const struct aws_profile *profile)
{
    struct str ignore = str_from_c(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"));
    if (options->url.len > 0 || str_equal(ignore, STR("true")))
        return options->url;
    const struct str places[] = {
        str_from_c(getenv("AWS_ENDPOINT_URL_KINESIS")),
        str_from_c(getenv("AWS_ENDPOINT_URL")),
        aws_profile_value(profile, STR("endpoint_url")),
    };
    return first_given(places, sizeof places / sizeof *places);
}

// https://docs.aws.amazon.com/general/latest/gr/ak.html; the partitions as in botocore's
// endpoints.json.
static const char *dns_suffix(const char *region)
{
    static const struct {
        const char *prefix;
        const char *suffix;
    } partitions[] = {
        {"cn-", "amazonaws.com.cn"},
        {"us-iso-", "c2s.ic.gov"},
        {"us-isob-", "sc2s.sgov.gov"},
        {"eu-isoe-", "cloud.adc-e.uk"},
        {"us-isof-", "csp.hci.ic.gov"},
        {"eusc-", "amazonaws.eu"},
    };
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++) {
        if (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) == 0)
            return partitions[i].suffix;
    }
    return "amazonaws.com";
}

struct url_parts {
    char *scheme;
    char *host;
    char *port; // NULL for the scheme's own.
    char *path;
    char *other; // A user, a password, a query or a fragment, NULL when there is none.
};

static void url_parts_get(CURLU *url, struct url_parts *parts)
{
    static const CURLUPart others[] = {
        CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
    *parts = (struct url_parts){.scheme = NULL};
    curl_url_get(url, CURLUPART_SCHEME, &parts->scheme, 0);
    curl_url_get(url, CURLUPART_HOST, &parts->host, 0);
    curl_url_get(url, CURLUPART_PORT, &parts->port, CURLU_NO_DEFAULT_PORT);
    curl_url_get(url, CURLUPART_PATH, &parts->path, 0);
    for (size_t i = 0; i < sizeof others / sizeof *others && !parts->other; i++)
        curl_url_get(url, others[i], &parts->other, 0);
}

static void url_parts_release(struct url_parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->path);
    curl_free(parts->other);
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

static bool check_parts(const struct url_parts *parts, bool insecure, struct err *err)
{
    bool secure = parts->scheme && strcmp(parts->scheme, "https") == 0;
    bool plain = parts->scheme && strcmp(parts->scheme, "http") == 0;
    if (!secure && !plain)
        return err_set(err, ERR_USAGE, "it begins with neither https:// nor http://");
    if (!parts->host || !parts->path || strcmp(parts->path, "/") != 0 || parts->other)
        return err_set(err, ERR_USAGE, "it is more than a scheme, a host and a port");
    if (plain && !insecure && !is_loopback(parts->host)) {
        err_set(err, ERR_USAGE, "plain http would show every row to the network");
        return err_hint(err, "use https, or allow it with --insecure-endpoint");
    }
    return true;
}

static bool write_address(struct endpoint *endpoint, const struct url_parts *parts, struct err *err)
{
    int host_len = snprintf(endpoint->host, sizeof endpoint->host, "%s%s%s", parts->host,
        parts->port ? ":" : "", parts->port ? parts->port : "");
    int url_len =
        snprintf(endpoint->url, sizeof endpoint->url, "%s://%s/", parts->scheme, endpoint->host);
    bool fits = (size_t)host_len < sizeof endpoint->host && (size_t)url_len < sizeof endpoint->url;
    return fits || err_set(err, ERR_USAGE, "its host name is too long");
}

static bool set_address(struct endpoint *endpoint, const char *text, bool insecure, struct err *err)
{
    CURLU *url = curl_url();
    struct url_parts parts = {.scheme = NULL};
    CURLUcode code = url ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        url_parts_get(url, &parts);
    bool ok = code == CURLUE_OK
                  ? check_parts(&parts, insecure, err) && write_address(endpoint, &parts, err)
                  : err_set(err, ERR_USAGE, "%s", curl_url_strerror(code));
    url_parts_release(&parts);
    curl_url_cleanup(url);
    return ok;
}

bool endpoint_resolve(struct endpoint *endpoint, const struct endpoint_options *options,
    const struct stream_name *stream, const struct aws_profile *profile, struct err *err)
{
    *endpoint = (struct endpoint){.url = ""};
    if (!find_region(endpoint, options, stream, profile, err))
        return false;

    char text[sizeof endpoint->url];
    struct str configured = configured_url(options, profile);
    if (configured.len >= sizeof text || memchr(configured.ptr, 0, configured.len))
        return err_set(err, ERR_USAGE, "the endpoint URL is too long");
    if (configured.len > 0)
        snprintf(text, sizeof text, STR_FMT, STR_ARG(configured));
    else
        snprintf(text, sizeof text, "https://kinesis.%s.%s", endpoint->region,
            dns_suffix(endpoint->region));
    // The URL is not repeated as it is: someone may have put a password into it.
    return set_address(endpoint, text, options->insecure, err) ||
           err_wrap(err, "cannot use the endpoint URL");
}
