// plugin - what an output plugin writes about the history. Each writes to the empty buffer what the
// server would send as the payload of one message.
#ifndef PGK_SIMULATION_PLUGIN_H
#define PGK_SIMULATION_PLUGIN_H

struct buf;
struct entry;
struct item;

struct plugin {
    const char *name;
    void (*begin)(struct buf *buf, const struct entry *entry);
    void (*item)(struct buf *buf, const struct entry *entry, const struct item *item);
    void (*commit)(struct buf *buf, const struct entry *entry);
};

extern const struct plugin test_decoding_plugin;

#endif
