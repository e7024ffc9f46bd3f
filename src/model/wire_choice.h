// wire_choice - the form in which requests go to the service, as the operator wants it.
#ifndef PGK_MODEL_WIRE_CHOICE_H
#define PGK_MODEL_WIRE_CHOICE_H

enum wire_choice {
    WIRE_AUTO, // CBOR, or JSON once the first request in CBOR was refused.
    WIRE_CBOR,
    WIRE_JSON
};

#endif
