// Takes aggregates apart by the package that AWS gives to consumers which do not use its KCL.
//
// Reads a JSON array of records, their data in Base64, and writes one of their rows, each as
// [partition key, explicit hash key or null, data in Base64].
'use strict';

const { deaggregateSync } = require('../node/node_modules/aws-kinesis-agg');

const CHECKSUMS = true;
const rows = [];
for (const data of JSON.parse(require('fs').readFileSync(0))) {
    const record = { kinesisSchemaVersion: '1.0', partitionKey: 'outer', sequenceNumber: '1', data };
    deaggregateSync(record, CHECKSUMS, (error, found) => {
        if (error) {
            throw error;
        }
        for (const row of found) {
            rows.push([row.partitionKey, row.explicitPartitionKey ?? null, row.data]);
        }
    });
}
process.stdout.write(JSON.stringify(rows));
