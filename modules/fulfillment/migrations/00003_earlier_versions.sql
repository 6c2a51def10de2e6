-- For databases of earlier versions.
-- They are brought to the structure that new ones have. Nothing else is touched: what has another name or another definition than
-- these had is another program's, and stays.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  v record;
BEGIN
  -- Names of foreign keys.
  FOR v IN
    SELECT c.conrelid::regclass AS owner, c.conname, k.name
    FROM (VALUES
      ('geo_zone', 'geo_zone_service_zone_id_fkey', 'geo_zone_service_zone_id_foreign'),
      ('service_zone', 'service_zone_fulfillment_set_id_fkey', 'service_zone_fulfillment_set_id_foreign')
    ) AS k(owner, earlier, name)
    JOIN pg_constraint AS c ON c.conrelid = to_regclass(k.owner) AND c.conname = k.earlier
    WHERE NOT EXISTS (SELECT 1 FROM pg_constraint AS o WHERE o.conrelid = c.conrelid AND o.conname = k.name)
  LOOP
    EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', v.owner, v.conname, v.name);
  END LOOP;
  -- Definitions of indexes; those without one now are dropped.
  FOR v IN
    SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS owner, k.name, k.now
    FROM (VALUES
      ('IDX_fulfillment_set_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NOT NULL)'::text),
      ('IDX_geo_zone_city', '(city) WHERE (deleted_at IS NULL)', '(city) WHERE ((deleted_at IS NULL) AND (city IS NOT NULL))'),
      ('IDX_geo_zone_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NOT NULL)'),
      ('IDX_geo_zone_province_code', '(province_code) WHERE (deleted_at IS NULL)', '(province_code) WHERE ((deleted_at IS NULL) AND (province_code IS NOT NULL))'),
      ('IDX_service_zone_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NOT NULL)')
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
