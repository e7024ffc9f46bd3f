// step - how far something that takes long has come, for callers that must not block.
#ifndef PGK_BASE_STEP_H
#define PGK_BASE_STEP_H

enum step {
    STEP_BUSY, // Not done: sleep on its descriptors, then take the next step.
    STEP_DONE,
    STEP_FAILED // The struct err says why.
};

#endif
