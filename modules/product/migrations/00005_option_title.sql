-- For databases of earlier versions.
-- Options that products share have titles of their own, as in Medusa.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  twice text;
BEGIN
  LOCK TABLE product_option IN SHARE MODE; -- so that what is found is true until the index is there
  SELECT string_agg(format('%L: %s', t.value, t.ids), '; ') INTO twice FROM (
    SELECT title AS value, string_agg(id, ', ' ORDER BY id) AS ids FROM product_option
    WHERE deleted_at IS NULL AND is_exclusive = false GROUP BY title HAVING count(*) > 1 ORDER BY title LIMIT 20
  ) AS t;
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'live product options that are not exclusive have the same title: %. Give all but one of each another title', twice USING ERRCODE = 'LG002'; -- modules.blockedCode
  END IF;
END $$;
-- +goose StatementEnd

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_option_global_title_unique" ON product_option (title) WHERE deleted_at IS NULL AND is_exclusive = false;

-- +goose Down
-- What is made new has this index from the start: there is nothing to go back to.
