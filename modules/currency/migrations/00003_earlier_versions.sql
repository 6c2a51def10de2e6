-- For databases of earlier versions.
-- They are brought to the structure that new ones have. Nothing else is touched: what has another name or another definition than
-- these had is another program's, and stays.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  v record;
BEGIN
  -- Definitions of indexes; those without one now are dropped.
  FOR v IN
    SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS owner, k.name, k.now
    FROM (VALUES
      ('IDX_currency_deleted_at', '(deleted_at)', NULL::text)
    ) AS k(name, earlier, now)
    JOIN pg_index AS i ON i.indexrelid = to_regclass(quote_ident(k.name))
    WHERE regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', '') = k.earlier
  LOOP
    EXECUTE format('DROP INDEX %s', v.index);
    IF v.now IS NOT NULL THEN
      EXECUTE format('CREATE INDEX %I ON %s USING btree %s', v.name, v.owner, v.now);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
-- What is made new has this structure from the start: there is nothing to go back to.
