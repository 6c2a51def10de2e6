-- The program's own tables as the version of 30 November 2026 made them, as pg_dump prints them, and some rows.
CREATE SCHEMA linkgraph;
CREATE TABLE linkgraph.api_key_role (
    api_key_id text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT api_key_role_role_check CHECK ((role = ANY (ARRAY['read-only'::text, 'read-write'::text])))
);
CREATE TABLE linkgraph.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    caller_kind text NOT NULL,
    caller_id text NOT NULL,
    caller_name text NOT NULL,
    caller_role text NOT NULL,
    request_id text NOT NULL,
    operation text NOT NULL,
    field text NOT NULL,
    document_hash text NOT NULL,
    action text NOT NULL,
    receipt jsonb NOT NULL,
    truncated boolean NOT NULL
);
CREATE TABLE linkgraph.demo_store (
    only_row boolean DEFAULT true NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT demo_store_only_row_check CHECK (only_row)
);
CREATE TABLE linkgraph.link_import (
    file text NOT NULL,
    name text NOT NULL,
    progress jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE linkgraph.module_table (
    schema_name text NOT NULL,
    table_name text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE linkgraph.module_table_missing (
    name text NOT NULL
);
ALTER TABLE linkgraph.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME linkgraph.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY linkgraph.api_key_role
    ADD CONSTRAINT api_key_role_pkey PRIMARY KEY (api_key_id);
ALTER TABLE ONLY linkgraph.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY linkgraph.demo_store
    ADD CONSTRAINT demo_store_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY linkgraph.link_import
    ADD CONSTRAINT link_import_pkey PRIMARY KEY (file);
ALTER TABLE ONLY linkgraph.module_table_missing
    ADD CONSTRAINT module_table_missing_pkey PRIMARY KEY (name);
ALTER TABLE ONLY linkgraph.module_table
    ADD CONSTRAINT module_table_pkey PRIMARY KEY (schema_name, table_name);
CREATE INDEX audit_at ON linkgraph.audit USING btree (at);
CREATE INDEX audit_caller ON linkgraph.audit USING btree (caller_id, at);
-- The server was killed after it created the table brand, and before it created the table label.
CREATE TABLE brand (id text PRIMARY KEY);
CREATE TABLE product (id text PRIMARY KEY);
INSERT INTO linkgraph.module_table (schema_name, table_name) VALUES ('public', 'product');
INSERT INTO linkgraph.module_table_missing (name) VALUES ('brand'), ('label');
INSERT INTO linkgraph.api_key_role (api_key_id, role) VALUES ('apk_1', 'read-only');
INSERT INTO linkgraph.audit (caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action, receipt, truncated)
VALUES ('admin', 'apk_1', 'A', 'read-write', 'r', '', 'deleteLinks', '', 'delete_links', '{"deletion_id": "del_1"}', false);
INSERT INTO linkgraph.link_import (file, name, progress) VALUES ('f', 'links.csv', '{"offset": 7}');
INSERT INTO linkgraph.demo_store DEFAULT VALUES;
