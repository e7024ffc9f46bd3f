CREATE SCHEMA "My Sch"
CREATE TYPE mood AS ENUM ('sad', 'ok')
CREATE TYPE "My Sch"."Wei]rd" AS (a int, b text)
CREATE DOMAIN posint AS int CHECK (VALUE > 0)
CREATE TABLE plain (id int PRIMARY KEY, t text)
CREATE TABLE "My Sch"."Tab:le ""q"" [x]" (id int, "user" text, "time" timestamptz, "a]:b" int, "UPPER" int, name text, "values" text, "née" text, _1 int, PRIMARY KEY (id, "user"))
CREATE TABLE numbers (i2 int2, i4 int4 PRIMARY KEY, i8 int8, o oid, f4 float4, f8 float8, n numeric(10, 2), n2 numeric, b bool, b2 bool, m money)
CREATE TABLE texts (id int PRIMARY KEY, c char(5), ch "char", v varchar(9), bi bit(3), vb varbit, y bytea, d date, iv interval, u uuid, j json, jb jsonb, x xid)
CREATE TABLE users (id posint PRIMARY KEY, m mood, ms mood[], na numeric[], ba bool[], w "My Sch"."Wei]rd", ws "My Sch"."Wei]rd"[], ov oidvector, it information_schema.sql_identifier)
CREATE TABLE full_rows (a int, b text, c text)
ALTER TABLE full_rows REPLICA IDENTITY FULL
CREATE TABLE by_index (a int NOT NULL, b text NOT NULL, c int)
CREATE UNIQUE INDEX by_index_b ON by_index (b)
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_b
CREATE TABLE toast (id int PRIMARY KEY, a int, big text)
ALTER TABLE toast ALTER big SET STORAGE EXTERNAL
CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)
CREATE TABLE parts_1 (v text, id int NOT NULL)
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (100)
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200)
CREATE TABLE without_columns ()
CREATE TABLE changing (id int PRIMARY KEY, gone int, v text)
CREATE TABLE dropped_later (id int PRIMARY KEY, m mood)
CREATE PUBLICATION golden FOR ALL TABLES
-- @workload
INSERT INTO plain VALUES (1, 'a''b\c'), (2, NULL), (3, '')
UPDATE plain SET t = 'z' WHERE id = 1
UPDATE plain SET id = 9001 WHERE id = 2
DELETE FROM plain WHERE id = 3
INSERT INTO "My Sch"."Tab:le ""q"" [x]" VALUES (1, '2', 'infinity', 3, 4, 'n', 'null', 'é', 5)
UPDATE "My Sch"."Tab:le ""q"" [x]" SET "user" = 'other'
INSERT INTO numbers VALUES (-1, 1, 9223372036854775807, 4294967295, 0.1, 'NaN', 1.5, 'NaN', true, false, 12.34), (NULL, 2, NULL, NULL, '-0', '-Infinity', NULL, 1e-7, NULL, NULL, NULL)
INSERT INTO texts VALUES (1, 'ab', 'x', 'varchar', B'101', B'1', '\xdeadbeef', '2026-11-22', '1 day 02:03', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1, "a" :2}', '{"b":1,"a":2}', '7')
INSERT INTO users VALUES (5, 'ok', '{sad,ok}', '{1.0,NaN}', '{t,f,NULL}', '(1,x)', '{"(1,\"x y\")"}', '1 2 3', 'an_identifier')
INSERT INTO full_rows VALUES (1, NULL, 'c'), (NULL, NULL, NULL)
UPDATE full_rows SET b = 'b' WHERE a = 1
UPDATE full_rows SET a = 2 WHERE a IS NULL
DELETE FROM full_rows
INSERT INTO by_index VALUES (1, 'key', 2)
UPDATE by_index SET c = 3
UPDATE by_index SET b = 'another'
DELETE FROM by_index
INSERT INTO toast VALUES (1, 1, repeat('x', 3000))
UPDATE toast SET a = 2
ALTER TABLE toast REPLICA IDENTITY FULL
UPDATE toast SET a = 3
DELETE FROM toast
INSERT INTO parts VALUES (1, 'one'), (150, 'two')
UPDATE parts SET id = 151 WHERE id = 1
TRUNCATE parts
INSERT INTO without_columns DEFAULT VALUES
TRUNCATE plain, full_rows RESTART IDENTITY CASCADE
BEGIN; INSERT INTO changing VALUES (1, 1, 'a'); ALTER TABLE changing DROP gone; INSERT INTO changing VALUES (2, 'b'); ALTER TABLE changing ALTER v TYPE varchar(7); INSERT INTO changing VALUES (3, 'c'); ALTER TABLE changing RENAME TO "Changed"; ALTER TABLE "Changed" ADD n int DEFAULT 7; UPDATE "Changed" SET id = 4 WHERE id = 3; SAVEPOINT s; INSERT INTO "Changed" VALUES (9, 'undone'); ROLLBACK TO s; DELETE FROM "Changed" WHERE id = 4; COMMIT
INSERT INTO dropped_later VALUES (1, 'sad')
DROP TABLE dropped_later
SELECT pg_logical_emit_message(true, 'my,prefix, sz: 3', 'transactional')
BEGIN; INSERT INTO plain VALUES (4, 'd'); SELECT pg_logical_emit_message(true, 'pre', 'inside'); UPDATE plain SET t = 'f' WHERE id = 4; COMMIT
SELECT pg_logical_emit_message(false, 'pre', 'by itself')
SELECT pg_replication_origin_create('elsewhere')
SELECT pg_replication_origin_session_setup('elsewhere')
BEGIN; SELECT pg_replication_origin_xact_setup('AB/12345678', '2026-01-02 03:04:05+00'); INSERT INTO plain VALUES (5, 'e'); COMMIT
SELECT pg_replication_origin_session_reset()
