// test_decoding_vectors - lines that PostgreSQL 15 and 18 wrote, or by their grammar might, and
// what they say in words of the tests' own.
#ifndef PGK_TESTS_UNIT_TEST_DECODING_VECTORS_H
#define PGK_TESTS_UNIT_TEST_DECODING_VECTORS_H

struct vector {
    const char *line;
    const char *shown;
};
static const struct vector vectors[] = {
    {"table public.plain: INSERT: id[integer]:1 t[text]:'a''b\\c\nx'",
        "insert <public> <plain> new id:integer=1 t:text='a'b\\c\nx'"},
    {"table public.plain: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:10 t[text]:'z'",
        "update <public> <plain> old id:integer=1 t:text=absent new id:integer=10 t:text='z'"},
    {"table public.plain: UPDATE: old-key: id[integer]:3 new-tuple: id[integer]:3 t[text]:'q'",
        "update <public> <plain> old id:integer=3 t:text=absent new id:integer=3 t:text='q'"},
    {"table public.plain: DELETE: id[integer]:7", "delete <public> <plain> old id:integer=7"},
    {"table public.plain: DELETE: (no-tuple-data)", "delete <public> <plain>"},
    {"table public.plain: UPDATE: (no-tuple-data)", "update <public> <plain>"},
    {"table public.plain: INSERT: (no-tuple-data)", "insert <public> <plain>"},
    {"table public.z: INSERT:", "insert <public> <z> new"},
    {"table public.nul: DELETE:", "delete <public> <nul> old"},
    {"table public.nul: UPDATE: old-key: new-tuple: a[integer]:1 b[text]:null",
        "update <public> <nul> old a:integer=absent b:text=absent new a:integer=1 b:text=NULL"},
    {"table \"My Sch\".\"Tab:le \"\"q\"\" [x]\": INSERT: id[integer]:1 \"user\"[text]:'2' "
     "\"time\"[timestamp with time zone]:'infinity' \"a]:b\"[integer]:3 \"UPPER\"[integer]:4 "
     "name[text]:'n' new[text]:'o' \"new-tuple\"[integer]:5 \"old-key\"[integer]:6 "
     "\"null\"[text]:'null'",
        "insert <My Sch> <Tab:le \"q\" [x]> new id:integer=1 user:text='2' "
        "time:timestamp with time zone='infinity' a]:b:integer=3 UPPER:integer=4 name:text='n' "
        "new:text='o' new-tuple:integer=5 old-key:integer=6 null:text='null'"},
    {"table public.n: INSERT: f8[double precision]:NaN n[numeric]:1.50 n2[numeric]:Infinity "
     "bi[bit]:B'101' vb[bit varying]:B'' b[boolean]:true c[character]:'ab   ' ch[\"char\"]:'x'",
        "insert <public> <n> new f8:double precision=NaN n:numeric=1.50 n2:numeric=Infinity "
        "bi:bit='101' vb:bit varying='' b:boolean=true c:character='ab   ' ch:\"char\"='x'"},
    {"table public.y: INSERT: na[numeric[]]:'{1.0,NaN}' bita[bit[]]:'{10,11}' m[mood]:'ok' "
     "dm[posint]:'5' comp[\"My Sch\".\"Wei]rd\"]:'(1,x)' "
     "compa[\"My Sch\".\"Wei]rd\"[]]:'{\"(1,\\\"x y\\\")\"}' ov[oidvector]:'1 2 3'",
        "insert <public> <y> new na:numeric[]='{1.0,NaN}' bita:bit[]='{10,11}' m:mood='ok' "
        "dm:posint='5' comp:\"My Sch\".\"Wei]rd\"='(1,x)' "
        "compa:\"My Sch\".\"Wei]rd\"[]='{\"(1,\\\"x y\\\")\"}' ov:oidvector='1 2 3'"},
    {"table public.q: INSERT: a[\"o\"\"]:[\"]:'x' b[text]:'''' c[text]:'' d[text]:''''''",
        "insert <public> <q> new a:\"o\"\"]:[\"='x' b:text=''' c:text='' d:text=''''"},
    {"table public.toast: UPDATE: id[integer]:1 a[integer]:2 big[text]:unchanged-toast-datum",
        "update <public> <toast> new id:integer=1 a:integer=2 big:text=unchanged"},
    {"table public.toast: UPDATE: old-key: id[integer]:5 a[integer]:3 big[text]:'yyy' new-tuple: "
     "id[integer]:5 a[integer]:4 big[text]:unchanged-toast-datum",
        "update <public> <toast> old id:integer=5 a:integer=3 big:text='yyy' "
        "new id:integer=5 a:integer=4 big:text=unchanged"},
    {"table public.toastk: UPDATE: old-key: k[text]:'kkk' new-tuple: k[text]:unchanged-toast-datum "
     "a[integer]:2",
        "update <public> <toastk> old k:text='kkk' a:integer=absent "
        "new k:text=unchanged a:integer=2"},
    {"table public.s: INSERT: a[text]:'null' b[text]:null c[text]:'unchanged-toast-datum'",
        "insert <public> <s> new a:text='null' b:text=NULL c:text='unchanged-toast-datum'"},
    {"table public.s: INSERT: a[text]:' new-tuple: x[y]:1' b[text]:' (no-tuple-data)'",
        "insert <public> <s> new a:text=' new-tuple: x[y]:1' b:text=' (no-tuple-data)'"},
    {"table public.part, public.part1, \"a, b\".\"c: TRUNCATE:\": TRUNCATE: (no-flags)",
        "truncate public.part public.part1 \"a, b\".\"c: TRUNCATE:\""},
    {"table public.tr1, public.tr2: TRUNCATE: restart_seqs cascade",
        "truncate public.tr1 public.tr2"},
    {"table public.tr1: TRUNCATE: cascade", "truncate public.tr1"},
    {"table public.\"a: INSERT\": TRUNCATE: (no-flags)", "truncate public.\"a: INSERT\""},
    {"message: transactional: 1 prefix: my prefix, sz: 5 content:hello",
        "message 1 <my prefix> <hello>"},
    {"message: transactional: 0 prefix: my,prefix sz: 3, sz: 8 content:nontrans",
        "message 0 <my,prefix sz: 3> <nontrans>"},
    {"message: transactional: 0 prefix: a, sz: 3 content:b, sz: 2 content:xy",
        "message 0 <a, sz: 3 content:b> <xy>"},
    {"message: transactional: 0 prefix: , sz: 20 content:x, sz: 3 content:abc",
        "message 0 <> <x, sz: 3 content:abc>"},
    {"message: transactional: 0 prefix: , sz: 0 content:", "message 0 <> <>"},
    {"COMMIT 7 (at 2026-11-22 08:47:02.186642+00)", "commit 7"},
    {"COMMIT 7", "commit 7"},
    {"PREPARE TRANSACTION E'gi''d\\\\x', txid 831 (at 2026-11-22 08:47:36.318378+00)", "unknown"},
    {"COMMIT PREPARED 'gid', txid 831", "unknown"},
    {"ROLLBACK PREPARED 'gid'", "unknown"},
    {"opening a streamed block for transaction TXN 5", "unknown"},
    {"streaming change for TXN 5", "unknown"},
    {"", "unknown"},
    {"table public.pg_temp_12345: INSERT: id[integer]:1", "unknown"},
    {"table public.pg_temp_x: INSERT: id[integer]:1",
        "insert <public> <pg_temp_x> new id:integer=1"},
};
enum {
    VECTOR_COUNT = sizeof vectors / sizeof *vectors
};

#endif
