-- For databases of earlier versions.
-- An address is of one stock location, as in Medusa.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  twice text;
BEGIN
  LOCK TABLE stock_location IN SHARE MODE; -- so that what is found is true until the index is there
  SELECT string_agg(format('%L: %s', t.value, t.ids), '; ') INTO twice FROM (
    SELECT address_id AS value, string_agg(id, ', ' ORDER BY id) AS ids FROM stock_location
    WHERE deleted_at IS NULL AND address_id IS NOT NULL GROUP BY address_id HAVING count(*) > 1 ORDER BY address_id LIMIT 20
  ) AS t;
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'live stock locations have the same address: %. Give all but one of each another address, or none', twice USING ERRCODE = 'LG002'; -- modules.blockedCode
  END IF;
END $$;
-- +goose StatementEnd

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_stock_location_address_id_unique" ON stock_location (address_id) WHERE deleted_at IS NULL;

-- +goose Down
-- What is made new has this index from the start: there is nothing to go back to.
