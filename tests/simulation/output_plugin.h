// output_plugin - what an output plugin of the server tells of the history, message by message.
//
// Each function adds the payload of one message to the buffer.
#ifndef PGK_SIMULATION_OUTPUT_PLUGIN_H
#define PGK_SIMULATION_OUTPUT_PLUGIN_H

#include "history.h"
#include "world.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

// What the reader of a stream was told already. It begins as zero, and may fall back to it: then
// it is told again.
struct told_before {
    unsigned shapes[TABLES_MAX]; // The versions of the tables' shapes, plus one.
    uint32_t origin_of;          // A transaction.
    bool type;                   // Of the table that is described next.
};

struct output_plugin {
    // False: nothing of the item is told, or that is for the publication to decide.
    bool (*tells)(const struct item *item);

    // The transaction's beginning is told before the item, if it was not yet.
    bool (*opens)(const struct item *item);
    void (*begin)(struct buf *buf, const struct entry *entry);

    // Something that the reader has to know before the item; false: it knows everything.
    bool (*prepare)(struct told_before *told, struct buf *buf, const struct entry *entry,
        const struct item *item);
    void (*item)(struct buf *buf, const struct entry *entry, const struct item *item);
    void (*commit)(struct buf *buf, const struct entry *entry);
};

extern const struct output_plugin test_decoding_plugin;
extern const struct output_plugin pgoutput_plugin;

// The one that the scenario is played with.
static inline const struct output_plugin *output_plugin(void)
{
    bool is_pgoutput = world.scenario.plugin == PLUGIN_PGOUTPUT;
    return is_pgoutput ? &pgoutput_plugin : &test_decoding_plugin;
}

#endif
