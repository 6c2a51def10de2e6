-- The tables of modules that this program created. Another program may delete records from all others.
-- Earlier versions created this table and counted no version for it, so it may exist.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.module_table (
  schema_name text NOT NULL,
  table_name text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (schema_name, table_name)
);

-- Earlier versions listed the tables that they were about to create in module_table_missing, and moved them to module_table once
-- they existed. One that was killed in between left its list: it is moved here.
-- +goose StatementBegin
DO $$ BEGIN
  IF to_regclass('linkgraph.module_table_missing') IS NOT NULL THEN
    INSERT INTO linkgraph.module_table (schema_name, table_name)
    SELECT n.nspname, c.relname FROM linkgraph.module_table_missing AS m
    JOIN pg_class AS c ON c.oid = to_regclass(m.name) JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ON CONFLICT DO NOTHING;
    DROP TABLE linkgraph.module_table_missing;
  END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE IF EXISTS linkgraph.module_table;
