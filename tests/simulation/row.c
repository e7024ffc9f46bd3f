#include "row.h"

enum {
    LARGE_NOTE_BYTES = 48
};

bool row_key_has_id(enum key_kind key)
{
    return key == KEY_ID || key == KEY_BOTH;
}

bool row_key_has_code(enum key_kind key)
{
    return key == KEY_CODE || key == KEY_BOTH;
}

bool row_key_moves(enum key_kind key, const struct row *old_row, const struct row *new_row)
{
    return (row_key_has_id(key) && old_row->id != new_row->id) ||
           (row_key_has_code(key) && old_row->code != new_row->code);
}

static void write_digits(char *text, uint64_t number)
{
    size_t digits = 1;
    for (uint64_t rest = number; rest >= 10; rest /= 10)
        digits++;
    for (text[digits] = '\0'; digits > 0; number /= 10)
        text[--digits] = (char)('0' + number % 10);
}

static struct cell number_cell(const char *name, uint64_t number, bool is_key)
{
    struct cell cell = {
        .name = name, .type = "integer", .type_oid = TYPE_INTEGER, .is_key = is_key};
    write_digits(cell.text, number);
    return cell;
}

static struct cell seq_cell(uint64_t seq)
{
    struct cell cell = number_cell("seq", seq, false);
    cell.type = "bigint";
    cell.type_oid = TYPE_BIGINT;
    return cell;
}

static size_t note_bytes(const struct row *row)
{
    return row->note * 7919 % 97;
}

bool row_has_large_note(const struct row *row)
{
    return note_bytes(row) >= LARGE_NOTE_BYTES;
}

// Texts of all lengths, with what must be doubled in a literal.
static struct cell note_cell(const struct row *row)
{
    struct cell cell = {.name = "note", .type = "text", .type_oid = TYPE_TEXT, .is_quoted = true};
    cell.is_unchanged = row->lacks_note;
    for (size_t i = 0; i < note_bytes(row); i++)
        cell.text[i] = i % 11 == 3 ? '\'' : 'n';
    return cell;
}

// A row that was written before there was the column holds nothing in it.
static struct cell extra_cell(const struct shape *shape, const struct row *row)
{
    unsigned extra = shape->extra;
    struct cell cell = number_cell(shape->extra_name, extra, false);
    if (extra % 2 == 0) {
        cell.type = "mood";
        cell.type_oid = TYPE_MOOD;
        cell.is_quoted = true;
    }
    cell.is_null = row->extra != extra || row->seq % 3 == 0;
    return cell;
}

size_t row_cells(const struct shape *shape, const struct row *row, struct cell *cells)
{
    size_t count = 0;
    cells[count++] = number_cell("id", (uint64_t)row->id, row_key_has_id(shape->key));
    cells[count++] = number_cell("code", (uint64_t)row->code, row_key_has_code(shape->key));
    cells[count++] = seq_cell(row->seq);
    cells[count++] = note_cell(row);
    if (shape->extra > 0)
        cells[count++] = extra_cell(shape, row);
    return count;
}
