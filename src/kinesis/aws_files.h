// aws_files - the INI files of ~/.aws, read as botocore reads them.
//
// Sections in brackets, "key = value" or "key: value" lines, keys in any case, whole-line comments
// by # or ;. A line indented deeper than the value before it continues that value: what it says is
// not a key of the section, and no value that we want has two lines. A line of another form makes
// the file invalid. What stands twice counts once, the first time; botocore refuses such a file.
//
// Memory: a file owns its text and wipes it when released; what it returns is borrowed from it.
#ifndef PGK_KINESIS_AWS_FILES_H
#define PGK_KINESIS_AWS_FILES_H

#include "base/buf.h"
#include "base/err.h"

enum {
    AWS_FILE_BYTES_MAX = 64 << 10
};

struct aws_file {
    struct buf path;
    struct buf text;
};

// A file that does not exist is an empty one. "~/" at the start of the path is the home directory.
// When false, there is nothing to release.
MUST_CHECK bool aws_file_read(struct aws_file *file, struct str path, struct err *err);
void aws_file_release(struct aws_file *file);

// What follows the section's header; false when there is none.
bool aws_file_section(const struct aws_file *file, struct str name, struct str *section);

// The same for a profile as ~/.aws/config names it: [default], [profile NAME], [profile "NAME"].
bool aws_file_profile(const struct aws_file *file, struct str name, struct str *section);

// The value of a key, given in lower case; "" when there is none, as when it is empty.
struct str aws_section_value(struct str section, struct str key);

#endif
