// replay - a main() for a fuzz target without libFuzzer: runs the target over each file of the
// corpus directories given, and over every prefix of it, for what arrives may end anywhere.
#include "base/alloc.h"
#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_BYTES_MAX = 64 << 10
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input lies in memory of exactly its size, so that a sanitizer sees one byte too many.
static void run(struct str input)
{
    uint8_t *exact = alloc_bytes(input.len);
    memcpy(exact, input.ptr, input.len);
    LLVMFuzzerTestOneInput(exact, input.len);
    free(exact);
}

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    static char input[INPUT_BYTES_MAX];
    size_t len = fread(input, 1, sizeof input, file);
    bool whole = !ferror(file) && len < sizeof input;
    fclose(file);
    for (size_t prefix = 0; whole && prefix <= len; prefix++)
        run((struct str){.ptr = input, .len = prefix});
    return whole;
}

// The number of files replayed, below 0 on failure.
static int replay_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory) {
        perror(path);
        return -1;
    }
    int replayed = 0;
    struct dirent *entry;
    while (replayed >= 0 && (entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        struct buf name;
        buf_init(&name, 4096);
        buf_printf(&name, "%s/%s", path, entry->d_name);
        if (replay_file(buf_c(&name))) {
            replayed++;
        } else {
            fprintf(stderr, "%s: cannot be read, or is not below %d bytes\n", buf_c(&name),
                INPUT_BYTES_MAX);
            replayed = -1;
        }
        buf_release(&name);
    }
    closedir(directory);
    return replayed;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int replayed = replay_directory(argv[i]);
        if (replayed <= 0)
            return 1; // An empty corpus would test nothing and say "passed".
        printf("%s: %d files\n", argv[i], replayed);
    }
    return argc > 1 ? 0 : 1;
}
