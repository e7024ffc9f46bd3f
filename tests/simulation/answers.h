// answers - what the simulated server answers to the questions that the program asks. It knows them
// by what only they contain.
#ifndef PGK_SIMULATION_ANSWERS_H
#define PGK_SIMULATION_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ROWS_OF_ANSWER_MAX = 8,
    COLUMNS_OF_ANSWER_MAX = 8,
    CELL_BYTES = 64,
    PARAMETERS_MAX = 12,
    PARAMETER_BYTES = 512
};

struct question {
    char sql[8192];
    char parameters[PARAMETERS_MAX][PARAMETER_BYTES];
};

struct rows {
    size_t count;
    bool is_copy;
    bool present[ROWS_OF_ANSWER_MAX][COLUMNS_OF_ANSWER_MAX];
    char cells[ROWS_OF_ANSWER_MAX][COLUMNS_OF_ANSWER_MAX][CELL_BYTES];
};

// Fills the empty rows; ends the process when nobody taught the server the question.
void answer(const struct question *question, struct rows *rows);

#endif
