-- For databases of earlier versions.
-- No two keys have the same token, deleted ones included, as in Medusa. Their index leaves out deleted ones.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  twice text;
BEGIN
  LOCK TABLE api_key IN SHARE MODE; -- so that what is found is true until the index is there
  SELECT string_agg(t.ids, '; ') INTO twice FROM (
    SELECT token AS value, string_agg(id, ', ' ORDER BY id) AS ids FROM api_key
    GROUP BY token HAVING count(*) > 1 ORDER BY token LIMIT 20
  ) AS t;
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'keys, of which some are deleted, have the same token: %. Give the deleted ones another token', twice USING ERRCODE = 'LG002'; -- modules.blockedCode
  END IF;
  IF pg_get_indexdef(to_regclass('"IDX_api_key_token_unique"')) LIKE '%(token) WHERE (deleted_at IS NULL)' THEN
    DROP INDEX "IDX_api_key_token_unique";
  END IF;
END $$;
-- +goose StatementEnd

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_api_key_token_unique" ON api_key (token);

-- +goose Down
-- What is made new has this index from the start: there is nothing to go back to.
